//! A text continued token by token.

use tenon_layers::prelude::*;
use tenon_layers::state_dict;
use tenon_peers_protocol::{Fallible, Run, digest};

use crate::files::Input;
use crate::work::Work;
use crate::workloads::{LargerGpt, SEED, Workload};

/// How many tokens are read at once, before those that are timed.
const PROMPT: usize = 64;
/// How many tokens then come one at a time; a run is all of them, its time that of one.
const DECODED: usize = 64;

type Caches = [KvCache<U384>; 6];

/// The tokens come from the batch instead of from the scores, so that a score that is rounded
/// otherwise cannot lead a library into another text.
struct Decoding {
    model: LargerGpt,
    tokens: Vec<Ids<(Dyn, Dyn), U65>>,
    after_prompt: Caches,
    scores: Vec<f32>,
}

impl Run for Decoding {
    fn run(&mut self) -> Fallible<()> {
        let mut caches = self.after_prompt.clone();
        for token in &self.tokens {
            let mut ctx = Context::eval();
            self.scores = self.model.scores_after(token, Some(&mut caches), &mut ctx).to_vec();
        }
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        Ok(digest(&self.scores))
    }

    fn units(&self) -> usize {
        DECODED
    }
}

pub(crate) fn by_gpt() -> Workload {
    let model = || LargerGpt::init(&mut SeededRng::new(SEED));
    let text = |tokens: &[u32]| Ids::<_, U65>::try_from_vec((Dyn(1), Dyn(tokens.len())), tokens.to_vec());
    Workload {
        inputs: vec![Input::classes("tokens", &[1, PROMPT + DECODED], U65::N)],
        weights: Some(Box::new(move || state_dict::to_bytes(&model()))),
        work: Box::new(move || {
            // Without attention to the tokens before, which is little beside the parameters.
            let token = text(&[0]).expect("0 is a token");
            Work::of_forward(&model(), |model, _, ctx| {
                model.scores_after(&token, None, ctx);
            })
        }),
        load: Box::new(move |files| {
            let mut model = model();
            files.initialize(&mut model)?;
            let tokens = files.classes("tokens")?;
            let (prompt, decoded) = tokens.split_at(PROMPT);
            let mut after_prompt = Caches::default();
            model.scores_after(&text(prompt)?, Some(&mut after_prompt), &mut Context::<Cpu>::eval());
            let tokens = decoded.iter().map(|&token| text(&[token])).collect::<Result<_, _>>()?;
            Ok(Box::new(Decoding { model, tokens, after_prompt, scores: Vec::new() }))
        }),
    }
}

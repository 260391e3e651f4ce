//! Texts encoded by all-MiniLM-L6-v2.

use tenon_layers::prelude::*;
use tenon_layers::state_dict;
use tenon_models::{AllMiniLmL6, Texts, UncasedVocabulary};

use crate::files::Input;
use crate::inference::computation;
use crate::work::Work;
use crate::workloads::{SEED, Workload};

/// `[N, T]`: so many texts of so many tokens, none of them padding.
pub(crate) fn by_minilm([n, t]: [usize; 2]) -> Workload {
    let model = || AllMiniLmL6::init(&mut SeededRng::new(SEED));
    let texts = move |tokens: Vec<u32>| {
        let texts: Vec<Vec<u32>> = tokens.chunks(t).map(<[u32]>::to_vec).collect();
        Texts::<_, _, UncasedVocabulary>::padded(&texts)
    };
    Workload {
        inputs: vec![Input::classes("tokens", &[n, t], UncasedVocabulary::N)],
        weights: Some(Box::new(move || state_dict::to_bytes(&model()))),
        work: Box::new(move || {
            let texts = texts(vec![0; n * t]).expect("0 is a token");
            Work::of_forward(&model(), |model, _, ctx| {
                model.forward(texts, ctx);
            })
        }),
        load: Box::new(move |files| {
            let mut model = model();
            files.initialize(&mut model)?;
            let texts = texts(files.classes("tokens")?)?;
            Ok(computation(move || model.forward(texts.clone(), &mut Context::<Cpu>::eval()).array().clone()))
        }),
    }
}

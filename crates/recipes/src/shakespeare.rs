//! What the recipes on Shakespeare have in common.

use tenon_datasets::{Alphabet, Characters, Dataset, Loader, Shakespeare};
use tenon_layers::prelude::*;
use tenon_models::{Generator, LanguageModel, NGram, Sampler};
use tenon_optim::schedule::Cosine;
use tenon_optim::{ClipNorm, Optimizer, Rule};
use tenon_train::report::TextReport;
use tenon_train::{Data, EpochMetrics, NextToken, RunError, RunFolder, TextBatch, Trainer};

use crate::error::Error;
use crate::recipe::{Plan, Quality, Summary, Writer};

/// A model of text, and what differs from one to another in how it is trained and used.
pub(crate) trait TextModel: Init + LanguageModel<Characters> + 'static {
    /// How a text is cut into what the model is given.
    type Text: Dataset<Batch = TextBatch<Characters>>;

    /// A text to learn from, in batches of so many stretches.
    fn to_learn(text: Vec<u32>, batch_size: usize, seed: u64) -> Loader<Self::Text>;

    /// A text to be measured on.
    fn to_measure(text: Vec<u32>) -> Loader<Self::Text>;

    /// The model as something that writes.
    fn generator(self) -> Box<dyn Generator>;
}

/// Steps before the learning rate is at its highest, where that is less than a tenth of the run.
const N_WARMUP: u64 = 200;
/// The learning rate at the end, as a share of the highest.
const END: f64 = 0.05;
/// The largest norm of all gradients of a step.
const CLIP: ClipNorm = ClipNorm { max_norm: 1.0 };
/// The file of a run that holds the characters of its text.
const VOCABULARY: &str = "vocabulary.txt";
/// How many characters the report shows of what the model writes.
const N_SAMPLE: usize = 1200;

/// Trains a model on the text with a rule, under a cosine schedule with warm-up.
pub(crate) fn train<M: TextModel, R: Rule>(plan: &Plan, optimizer: Optimizer<R>) -> Result<Summary, Error> {
    let info = &plan.info;
    let directory = plan.data.clone().unwrap_or_else(Shakespeare::directory);
    let works = Shakespeare::read(&directory)?;
    let alphabet = Shakespeare::alphabet();
    let encode = |what, text| alphabet.encode(text).map_err(|cause| Error::Characters { what, cause });
    let mut text = encode("training text", works.train())?;
    let held_out = encode("held-out text", works.held_out())?;
    let n_train = text.len().checked_sub(info.validation);
    let n_train =
        n_train.ok_or(tenon_datasets::Error::Split { expected: text.len(), found: info.validation })?;
    let five_grams = NGram::<5>::new(Characters::N, &text).nats_per_token(&held_out);
    let validation = text.split_off(n_train);
    let data = Data {
        train: M::to_learn(text, info.batch_size, info.seed),
        validation: (info.validation > 0).then(|| M::to_measure(validation)),
        test: M::to_measure(held_out),
    };
    data.check()?;

    let mut model = M::init(&mut SeededRng::new(info.seed));
    let n_steps = info.epochs * data.train.n_batches() as u64;
    let (peak, n_warmup) = (info.learning_rate, N_WARMUP.min(n_steps / 10));
    let schedule = Cosine { peak, end: END * peak, n_warmup, n_steps };
    let examples = [
        ("training characters", n_train),
        ("validation characters", info.validation),
        ("held-out characters", works.held_out().len()),
    ];
    let mut settings = plan.settings(&directory, optimizer.rule(), parameter_count(&model), examples);
    settings.push(("gradients", format!("of norm {} together, at most", CLIP.max_norm)));
    let mut trainer = Trainer::new(info.seed, optimizer, schedule)
        .clip(CLIP)
        .patience(plan.patience)
        .interrupt(plan.interrupt.clone());

    let folder = RunFolder::create(&plan.out, info)?;
    folder.write(VOCABULARY, Shakespeare::ALPHABET.as_bytes())?;
    println!(
        "training {} on {n_train} characters: seed {}, {} epochs of {} steps; {}",
        info.recipe,
        info.seed,
        info.epochs,
        data.train.n_batches(),
        folder.path().display(),
    );
    println!("five-grams need {five_grams:.4} nats per character of the held-out text");
    let history = trainer.fit(&mut model, &NextToken, data, info.epochs, |metrics, best| {
        print_epoch(metrics, info.epochs);
        folder.append_metrics(metrics)?;
        best.map_or(Ok::<(), RunError>(()), |model| folder.save_model(model))
    })?;

    let report = TextReport {
        title: &format!("{}: {}", info.recipe, plan.about),
        settings,
        history: &history,
        baseline: ("nats per character is what five-grams need", five_grams),
        sample: &sample(model.generator().as_mut(), &alphabet, info.seed),
    };
    folder.write("report.html", report.to_html().as_bytes())?;
    let quality = Quality::Language {
        nats_per_character: history.test.loss(),
        five_gram_nats_per_character: five_grams,
    };
    Ok(Summary::new(plan, &history, quality, &folder))
}

fn print_epoch(metrics: &EpochMetrics, n_epochs: u64) {
    let validation = metrics
        .validation
        .map_or_else(String::new, |on_validation| format!("  validation {:.4}", on_validation.loss));
    println!(
        "epoch {}/{n_epochs}: training {:.4} nats per character{validation}  held-out {:.4}  {:.1} s, \
         {:.0} characters/s",
        metrics.epoch, metrics.train.loss, metrics.test.loss, metrics.seconds, metrics.samples_per_second,
    );
}

/// What a model writes after a line break.
fn sample(generator: &mut dyn Generator, alphabet: &Alphabet<Characters>, seed: u64) -> String {
    let sampler = Sampler { temperature: 0.8, ..Sampler::default() };
    let mut rng = SeededRng::new(seed);
    let mut tokens = alphabet.encode("\n").expect("the text has lines");
    for _ in 0..N_SAMPLE {
        let scores = generator.feed(&tokens[tokens.len() - 1..]);
        tokens.push(sampler.choose(&scores, &mut rng));
    }
    alphabet.decode(&tokens[1..])
}

/// The model of a run, ready to write.
pub(crate) fn writer<M: TextModel>(run: &RunFolder) -> Result<Writer, Error> {
    let vocabulary = run.read(VOCABULARY)?;
    let path = || run.path().join(VOCABULARY);
    let alphabet = Alphabet::new(&vocabulary).map_err(|cause| Error::Vocabulary { path: path(), cause })?;
    let mut model = M::init(&mut SeededRng::new(0));
    run.load_model(&mut model)?;
    Ok(Writer { generator: model.generator(), alphabet })
}

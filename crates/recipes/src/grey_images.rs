//! What the recipes that classify grey images of 28 × 28 pixels have in common.

use tenon_datasets::grey_images::{Collection, GreyImages};
use tenon_datasets::image::Picture;
use tenon_datasets::transform::Transform;
use tenon_datasets::{Dataset, Loader, train_validation_split};
use tenon_layers::prelude::*;
use tenon_optim::schedule::Cosine;
use tenon_optim::{Optimizer, Rule};
use tenon_train::report::{Mistake, Report};
use tenon_train::{Augmented, Classification, Classifier, Data, EpochMetrics, RunError, RunFolder, Trainer};

use crate::error::Error;
use crate::recipe::{Plan, Predictions, Quality, Summary};

/// Images as a model is given them.
type Images = (Dyn, U1, U28, U28);

/// How many test images are looked at together; it only affects speed.
const TEST_BATCH: usize = 500;
/// Steps before the learning rate is at its highest, where that is less than a tenth of the run.
const N_WARMUP: u64 = 200;
/// How many mistakes the report shows.
const N_MISTAKES: usize = 32;

/// Trains a model on the training images of a collection, each changed by a transform when it is
/// looked at, under a cosine schedule with warm-up.
pub(crate) fn train<C, M, R, T>(plan: &Plan, optimizer: Optimizer<R>, transform: T) -> Result<Summary, Error>
where
    C: Collection,
    M: Init + Classifier<Images, U10>,
    R: Rule,
    T: Transform<Tensor<Images>>,
{
    let info = &plan.info;
    let directory = plan.data.clone().unwrap_or_else(GreyImages::<C>::directory);
    let test = GreyImages::<C>::test(&directory)?;
    let train = GreyImages::<C>::train(&directory)?;
    let (train, validation) = train_validation_split(train, info.validation, info.seed)?;
    let data = Data {
        train: Loader::new(train, info.batch_size).shuffle(info.seed),
        validation: (info.validation > 0).then(|| Loader::new(validation, TEST_BATCH)),
        test: Loader::new(test.clone(), TEST_BATCH),
    };

    data.check()?;

    let mut model = M::init(&mut SeededRng::new(info.seed));
    let n_steps = info.epochs * data.train.n_batches() as u64;
    let schedule =
        Cosine { peak: info.learning_rate, end: 0.0, n_warmup: N_WARMUP.min(n_steps / 10), n_steps };
    let examples = [
        ("training images", data.train.dataset().len()),
        ("validation images", info.validation),
        ("test images", data.test.dataset().len()),
    ];
    let settings = plan.settings(&directory, optimizer.rule(), parameter_count(&model), examples);
    let mut trainer = Trainer::new(info.seed, optimizer, schedule)
        .patience(plan.patience)
        .interrupt(plan.interrupt.clone());

    let folder = RunFolder::create(&plan.out, info)?;
    let n_examples = data.train.dataset().len();
    println!(
        "training {} on {n_examples} images: seed {}, {} epochs of {} steps; {}",
        info.recipe,
        info.seed,
        info.epochs,
        data.train.n_batches(),
        folder.path().display(),
    );
    let objective = Augmented { objective: Classification, transform };
    let history = trainer.fit(&mut model, &objective, data, info.epochs, |metrics, best| {
        print_epoch(metrics, info.epochs);
        folder.append_metrics(metrics)?;
        best.map_or(Ok::<(), RunError>(()), |model| folder.save_model(model))
    })?;

    let report = Report {
        title: &format!("{}: {}", info.recipe, plan.about),
        settings,
        history: &history,
        classes: C::CLASS_NAMES.map(str::to_owned).to_vec(),
        mistakes: mistakes(&model, &test)?,
    };
    folder.write("report.html", report.to_html().as_bytes())?;
    let quality = Quality::Classification { test_accuracy: history.test.accuracy() };
    Ok(Summary::new(plan, &history, quality, &folder))
}

fn print_epoch(metrics: &EpochMetrics, n_epochs: u64) {
    let validation = metrics.validation.map_or_else(String::new, |on_validation| {
        format!("  validation {:.2} %", 100.0 * on_validation.accuracy)
    });
    println!(
        "epoch {}/{n_epochs}: loss {:.4}  training {:.2} %{validation}  test {:.2} %  {:.1} s, {:.0} images/s",
        metrics.epoch,
        metrics.train.loss,
        100.0 * metrics.train.accuracy,
        100.0 * metrics.test.accuracy,
        metrics.seconds,
        metrics.samples_per_second,
    );
}

/// The test images that the model is wrong about, the most confident answers first.
fn mistakes<C: Collection>(
    model: &impl Classifier<Images, U10>,
    test: &GreyImages<C>,
) -> Result<Vec<Mistake>, Error> {
    let mut mistakes = Vec::new();
    let examples: Vec<usize> = (0..test.len()).collect();
    for examples in examples.chunks(TEST_BATCH) {
        let (images, _) = test.batch(examples)?;
        for (&example, probabilities) in examples.iter().zip(probabilities(model, images)) {
            let (answer, probability) = likeliest(&probabilities);
            let label = usize::from(test.labels()[example]);
            if answer != label {
                let pixels = test.image(example).to_vec();
                let width = GreyImages::<C>::SIDE as u32;
                mistakes.push(Mistake { width, pixels, label, answer, probability: f64::from(probability) });
            }
        }
    }
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    mistakes.truncate(N_MISTAKES);
    Ok(mistakes)
}

/// The probabilities that a trained model gives to the classes of a collection, for each picture.
pub(crate) fn predict<C, M>(run: &RunFolder, pictures: &[Picture]) -> Result<Predictions, Error>
where
    C: Collection,
    M: Init + Classifier<Images, U10>,
{
    let mut model = M::init(&mut SeededRng::new(0));
    run.load_model(&mut model)?;
    let images: Vec<_> = pictures.iter().map(Picture::to_mnist).collect();
    let images = GreyImages::<C>::images_to_tensor(images.iter().map(|image| image.as_slice()));
    Ok(Predictions { class_names: C::CLASS_NAMES.to_vec(), probabilities: probabilities(&model, images) })
}

fn probabilities(model: &impl Classifier<Images, U10>, images: Tensor<Images>) -> Vec<Vec<f32>> {
    let scores: Tensor<(Dyn, U10)> = model.forward(images, &mut Context::eval());
    scores.softmax::<1>().to_vec().chunks(U10::N).map(<[f32]>::to_vec).collect()
}

/// The most probable class and its probability.
pub(crate) fn likeliest(probabilities: &[f32]) -> (usize, f32) {
    let numbered = probabilities.iter().copied().enumerate();
    numbered.max_by(|a, b| a.1.total_cmp(&b.1)).expect("there are classes")
}

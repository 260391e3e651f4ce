//! The verb `summary`.

use std::process::ExitCode;

use tenon_layers::prelude::*;
use tenon_layers::{Summary, Trace, Traced};
use tenon_models::{AllMiniLmL6, Gpt2, LanguageModel, LeNet5, Mlp, ResNet18, ResNet20, Texts};

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The model; all of them are listed if none is named.
    model: Option<String>,
    /// Examples in the batch that goes through.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: u32,
    /// Print one line of JSON per row, and one for the total.
    #[arg(long)]
    json: bool,
}

/// A model that can be summarized.
struct Entry {
    name: &'static str,
    about: &'static str,
    summarize: fn(usize) -> Summary,
}

const MODELS: &[Entry] = &[
    Entry { name: "lenet5", about: "LeNet-5 on 28×28 images", summarize: image::<LeNet5, U1, U28> },
    Entry {
        name: "mlp",
        about: "a perceptron of three layers on 28×28 images",
        summarize: image::<Mlp, U1, U28>,
    },
    Entry {
        name: "resnet20",
        about: "a residual network of 20 layers on 28×28 images",
        summarize: image::<ResNet20<U1>, U1, U28>,
    },
    Entry {
        name: "resnet18",
        about: "ResNet-18 on 224×224 images of ImageNet",
        summarize: image::<ResNet18, U3, U224>,
    },
    Entry {
        name: "char-lstm",
        about: "the LSTM of the recipe on 64 characters",
        summarize: |batch| text::<crate::recipes::CharLstm, _>(batch, 64),
    },
    Entry {
        name: "shakespeare-gpt",
        about: "the GPT of the recipe on 256 characters",
        summarize: |batch| text::<crate::recipes::ShakespeareGpt, _>(batch, 256),
    },
    Entry {
        name: "gpt2",
        about: "GPT-2 in its smallest size on 128 tokens",
        summarize: |batch| text::<Gpt2, _>(batch, 128),
    },
    Entry {
        name: "minilm",
        about: "all-MiniLM-L6-v2, a BERT, on 128 tokens",
        summarize: |batch| {
            let model = AllMiniLmL6::init(&mut SeededRng::new(0));
            let trace = Trace::new();
            let texts: Texts<Dyn, Dyn, tenon_models::UncasedVocabulary> =
                Texts::padded(&vec![vec![1; 128]; batch]).expect("a token of the vocabulary");
            model.forward(texts, &mut trace.context::<Cpu>(&model));
            Summary::from_steps(&trace.steps(), parameter_count(&model))
        },
    },
];

/// One line of `--json`.
#[derive(serde::Serialize)]
struct Line<'a> {
    layer: &'a str,
    operation: &'a str,
    output: &'a [usize],
    parameters: usize,
    flops: u64,
    kept_bytes: usize,
}

/// Prints what a model is made of and what it costs.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let Some(asked) = &arguments.model else {
        for model in MODELS {
            println!("{:14} {}", model.name, model.about);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let model = MODELS.iter().find(|model| model.name == asked).ok_or_else(|| Error::UnknownModel {
        expected: MODELS.iter().map(|model| model.name).collect::<Vec<_>>().join(", "),
        found: asked.clone(),
    })?;
    let summary = (model.summarize)(arguments.batch as usize);
    if arguments.json {
        let rows = summary.rows.iter().map(|row| Line {
            layer: &row.layer,
            operation: row.operation,
            output: &row.output,
            parameters: row.parameters,
            flops: row.flops,
            kept_bytes: row.kept_bytes,
        });
        let total = Line {
            layer: "total",
            operation: "",
            output: &[],
            parameters: summary.parameters,
            flops: summary.flops,
            kept_bytes: summary.kept_bytes,
        };
        for line in rows.chain([total]) {
            println!("{}", serde_json::to_string(&line).expect("a line is plain data"));
        }
    } else {
        println!("{}: {}, for a batch of {}\n\n{summary}", model.name, model.about, arguments.batch);
    }
    Ok(ExitCode::SUCCESS)
}

/// The summary of a model of images with `Channels` channels and sides of `Side`.
fn image<M, Channels: StaticDim, Side: StaticDim>(batch: usize) -> Summary
where
    M: Init + Module + Layer<Tensor<(Dyn, Channels, Side, Side), Traced<Cpu>>, Traced<Cpu>>,
{
    let model = M::init(&mut SeededRng::new(0));
    let shape = (Dyn(batch), Channels::default(), Side::default(), Side::default());
    Summary::of(&model, &Tensor::from_fn(shape, |_| 0.5), |x, ctx| {
        model.forward(x, ctx);
    })
}

/// The summary of a model of texts with so many tokens.
fn text<M: Init + LanguageModel<V>, V: StaticDim>(batch: usize, n_tokens: usize) -> Summary {
    let model = M::init(&mut SeededRng::new(0));
    let trace = Trace::new();
    let tokens: Ids<(Dyn, Dyn), V> =
        Ids::try_from_vec((Dyn(batch), Dyn(n_tokens)), vec![0; batch * n_tokens])
            .expect("a token of the vocabulary");
    model.scores(&tokens, &mut M::Memory::default(), &mut trace.context::<Cpu>(&model));
    Summary::from_steps(&trace.steps(), parameter_count(&model))
}

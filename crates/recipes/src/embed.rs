//! The verb `embed`.

use std::path::PathBuf;
use std::process::ExitCode;

use tenon_datasets::packages::MINILM;

use crate::error::Error;
use crate::sentence_encoder::{MOST_TOKENS, SentenceEncoder, WordPieces};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Texts to compare.
    #[arg(required = true)]
    texts: Vec<String>,
    /// Print a line of JSON for each text: its vector.
    #[arg(long)]
    json: bool,
    /// The folder of the encoder, if not where `cargo xtask data minilm` puts it.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
}

/// One line of `--json`.
#[derive(serde::Serialize)]
struct Line<'a> {
    text: &'a str,
    embedding: &'a [f32],
}

/// Prints how similar texts are to each other, or their vectors.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let folder = arguments.model.clone().unwrap_or_else(|| MINILM.folder());
    let pieces = WordPieces::read(&folder)?;
    let texts = arguments.texts.iter().map(|text| pieces.tokenize(text)).collect::<Result<Vec<_>, _>>()?;
    let embeddings = SentenceEncoder::read(&folder)?.embed(&texts);
    for (text, tokenized) in arguments.texts.iter().zip(&texts) {
        if tokenized.is_cut {
            let start: String = text.chars().take(40).collect();
            eprintln!("note: only the first {MOST_TOKENS} tokens are read of the text \"{start}…\"");
        }
    }
    if arguments.json {
        for (text, embedding) in arguments.texts.iter().zip(&embeddings) {
            println!("{}", serde_json::to_string(&Line { text, embedding }).expect("plain data"));
        }
    } else {
        print_similarities(&arguments.texts, &embeddings);
    }
    Ok(ExitCode::SUCCESS)
}

/// The cosine of the angle between any two texts: 1 for texts that mean the same.
fn print_similarities(texts: &[String], embeddings: &[Vec<f32>]) {
    for (i, text) in (1..).zip(texts) {
        println!("{i:>3}  {text}");
    }
    println!();
    let numbers: String = (1..=texts.len()).map(|i| format!("{i:>8}")).collect();
    println!("   {numbers}");
    for (i, row) in (1..).zip(embeddings) {
        let cosine = |other: &Vec<f32>| {
            let products = row.iter().zip(other);
            products.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>()
        };
        let cosines: String = embeddings.iter().map(|other| format!("{:>8.4}", cosine(other))).collect();
        println!("{i:>3}{cosines}");
    }
}

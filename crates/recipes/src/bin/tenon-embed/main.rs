//! The binary behind `cargo xtask embed`.
//!
//! Apart from the recipes, and built where it is asked for: the tokenizer and what it depends on
//! take longer to build than all else that training depends on.

#![forbid(unsafe_code)]

mod error;
mod sentence_encoder;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tenon_datasets::packages::MINILM;

use error::Error;
use sentence_encoder::{MOST_TOKENS, SentenceEncoder, WordPieces};

/// Compares texts by their meaning, with a pretrained encoder.
#[derive(Debug, Parser)]
#[command(name = "tenon-embed", version)]
struct Arguments {
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

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints how similar texts are to each other, or their vectors.
fn run(arguments: &Arguments) -> Result<(), Error> {
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
    Ok(())
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

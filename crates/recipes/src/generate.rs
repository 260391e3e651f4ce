//! The verb `generate`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use tenon_layers::SeededRng;
use tenon_models::Sampler;

use crate::error::Error;
use crate::recipe::{Skill, Writer};
use crate::recipes;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a trained run.
    run: PathBuf,
    /// The text to go on from.
    #[arg(long)]
    prompt: String,
    /// How many tokens to write; here, a token is a character.
    #[arg(long, default_value_t = 500)]
    tokens: usize,
    /// What scores are divided by: above 1 the text is bolder, towards 0 safer; 0 takes the
    /// likeliest token.
    #[arg(long, default_value_t = 0.8, value_parser = at_least_zero, allow_negative_numbers = true)]
    temperature: f64,
    /// Choose among so many of the likeliest tokens only.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    top_k: Option<u64>,
    /// Choose among the likeliest tokens that have this much probability together.
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    top_p: f64,
    /// Seed of the choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one line of JSON instead of the text as it comes.
    #[arg(long)]
    json: bool,
}

/// The line of `--json`.
#[derive(serde::Serialize)]
struct Generated<'a> {
    prompt: &'a str,
    /// What was written after the prompt.
    text: &'a str,
    tokens: usize,
    seconds: f64,
    tokens_per_second: f64,
}

/// Writes on from a prompt, and says how fast.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (run, recipe) = recipes::of_run(&arguments.run)?;
    let Skill::Write(writer) = recipe.skill else {
        return Err(Error::Skill { recipe: recipe.name, expected: "generate", found: recipe.skill.verb() });
    };
    if arguments.prompt.is_empty() {
        return Err(Error::EmptyPrompt);
    }
    let Writer { mut generator, alphabet } = writer(&run)?;
    let prompt =
        alphabet.encode(&arguments.prompt).map_err(|cause| Error::Characters { what: "prompt", cause })?;
    if let Some(longest) = generator.longest_prompt().filter(|&longest| prompt.len() > longest) {
        return Err(Error::LongPrompt { expected: longest, found: prompt.len() });
    }
    let sampler = Sampler {
        temperature: arguments.temperature,
        top_k: arguments.top_k.map(|k| usize::try_from(k).unwrap_or(usize::MAX)),
        top_p: arguments.top_p,
    };

    let mut out = io::stdout().lock();
    if !arguments.json {
        write!(out, "{}", arguments.prompt)?;
    }
    let mut rng = SeededRng::new(arguments.seed);
    let mut text = String::new();
    let start = Instant::now();
    let mut scores = generator.feed(&prompt);
    for i in 0..arguments.tokens {
        let token = sampler.choose(&scores, &mut rng);
        let piece = alphabet.decode(&[token]);
        if !arguments.json {
            write!(out, "{piece}")?;
            out.flush()?;
        }
        text += &piece;
        if i + 1 < arguments.tokens {
            scores = generator.feed(&[token]);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let tokens_per_second = arguments.tokens as f64 / seconds;
    if arguments.json {
        let prompt = &arguments.prompt;
        let line = Generated { prompt, text: &text, tokens: arguments.tokens, seconds, tokens_per_second };
        writeln!(out, "{}", serde_json::to_string(&line).expect("a text is plain data"))?;
    } else {
        writeln!(out)?;
    }
    eprintln!("{} tokens in {seconds:.2} s: {tokens_per_second:.0} tokens per second", arguments.tokens);
    Ok(ExitCode::SUCCESS)
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number >= 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number of at least 0".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err("expected a number above 0 and at most 1".to_owned()),
    }
}

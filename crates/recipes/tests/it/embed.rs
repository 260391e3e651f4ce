//! The pretrained encoder, against PyTorch's; runs where `cargo xtask data minilm` has put it.

use std::fs;
use std::path::{Path, PathBuf};

use tenon_datasets::packages::MINILM;

use crate::binary::Folder;

/// The folder of the encoder, unless it was not fetched.
fn minilm() -> Option<PathBuf> {
    let folder = MINILM.cached();
    if folder.join("model.safetensors").exists() {
        return Some(folder);
    }
    eprintln!("skipped: `cargo xtask data minilm` fetches what this test reads");
    None
}

fn folder(name: &str) -> Folder {
    Folder::new(name).running(env!("CARGO_BIN_EXE_tenon-embed"))
}

/// The vectors of texts.
fn embed(model: &Path, texts: &[&str]) -> Vec<Vec<f64>> {
    let folder = folder(&format!("embed-{}", texts.len()));
    let arguments = [&["--json", "--model", model.to_str().unwrap(), "--"], texts].concat();
    let lines = folder.lines(&arguments);
    assert_eq!(lines.len(), texts.len());
    lines.iter().zip(texts).map(|(line, text)| vector(line, text)).collect()
}

fn vector(line: &str, text: &str) -> Vec<f64> {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["text"], text);
    line["embedding"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn farthest(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn embeddings_are_those_of_pytorch_alone_and_in_a_batch() {
    let Some(model) = minilm() else { return };
    // `fixtures/minilm.py` wrote it.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/minilm.jsonl");
    let lines = fs::read_to_string(path).unwrap();
    let text = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].clone();
    let texts: Vec<String> = lines.lines().map(|line| text(line).as_str().unwrap().to_owned()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = embed(&model, &texts);
    for ((line, text), found) in lines.lines().zip(&texts).zip(&together) {
        let error = farthest(found, &vector(line, text));
        assert!(error < 1e-6, "{text}: {error}");
    }
    // The shortest is padded most.
    let alone = embed(&model, &texts[1..2]);
    assert!(farthest(&alone[0], &together[1]) < 1e-6);
}

#[test]
fn similarities_are_printed_and_long_texts_cut() {
    let Some(model) = minilm() else { return };
    let folder = folder("similarities");
    let long = "word ".repeat(300);
    let texts = ["This is an example sentence", "Each sentence is converted", &long];
    let output = folder.run(&[&["--model", model.to_str().unwrap()][..], &texts].concat());
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    assert!(lines[5].starts_with("  1  1.0000  0.4046") && lines[6].starts_with("  2  0.4046  1.0000"));
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("only the first 256 tokens are read") && notes.lines().count() == 1, "{notes}");
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let Some(model) = minilm() else { return };
    let folder = folder("unfit");
    let copy = folder.join("model");
    fs::create_dir(&copy).unwrap();
    let read = |name: &str| fs::read(model.join(name)).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(copy.join(name), bytes).unwrap();
    let embed = ["--model", "model", "a text"];

    folder.refuses(&embed, 1, &["model/tokenizer.json", "expected this file"]);
    write("tokenizer.json", b"{}");
    folder.refuses(&embed, 1, &["model/tokenizer.json: not a tokenizer"]);
    let tokenizer = String::from_utf8(read("tokenizer.json")).unwrap();
    let smaller = tokenizer.replacen(",\"##～\":30521", "", 1);
    assert_ne!(smaller, tokenizer);
    write("tokenizer.json", smaller.as_bytes());
    folder.refuses(&embed, 1, &["vocabulary: expected the 30522 tokens of the model, found 30521"]);
    write("tokenizer.json", tokenizer.as_bytes());

    write("config.json", b"{\"model_type\": \"gpt2\"}");
    folder.refuses(&embed, 1, &["model/config.json: model_type: expected \"bert\", found \"gpt2\""]);
    write("config.json", b"{");
    folder.refuses(&embed, 1, &["model/config.json: EOF"]);
    write("config.json", &read("config.json"));

    let weights = read("model.safetensors");
    write("model.safetensors", &weights[..weights.len() - 1]);
    folder.refuses(&embed, 1, &["model/model.safetensors: not a safetensors file"]);
    let rename = |from: &str, to: &str| {
        let header = 8 + u64::from_le_bytes(weights[..8].try_into().unwrap()) as usize;
        let start = weights[..header].windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut renamed = weights.clone();
        renamed[start..start + from.len()].copy_from_slice(to.as_bytes());
        renamed
    };
    write("model.safetensors", &rename("pooler.dense.bias", "pooler.dense.bios"));
    folder.refuses(&embed, 1, &["key `pooler.dense.bias` is missing: expected a tensor of dims [384]"]);
}

#[test]
fn texts_without_known_tokens_are_refused() {
    let Some(model) = minilm() else { return };
    let folder = folder("unknown");
    for text in ["", "  ", "\u{13000}\u{13001}"] {
        let arguments = ["--model", model.to_str().unwrap(), "a", text];
        folder.refuses(&arguments, 1, &["at least one token of the vocabulary"]);
    }
}

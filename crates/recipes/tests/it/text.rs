//! Models of text: what a run leaves, and what it writes.

use std::fs;

use serde_json::Value;

use crate::binary::{Folder, names_in};

const TRAIN: &[&str] =
    &["train", "char-lstm", "--data", "works", "--epochs", "2", "--batch-size", "4", "--json"];
const RUN: &str = "runs/char-lstm-1";

impl Folder {
    /// Writes a small work, in which one word follows another in a way that can be learned.
    fn with_work(self) -> Self {
        let works = self.join("works");
        fs::create_dir(&works).unwrap();
        let lines = ["To be, or not to be\n", "The rest is silence.\n", "Good night, sweet prince\n"];
        let text: String = (0..160_usize).map(|i| lines[(i * i / 5) % 3]).collect();
        fs::write(works.join("hamlet.txt"), text).unwrap();
        self
    }

    fn generated(&self, more: &[&str]) -> Value {
        let lines = self.lines(&[&["generate", RUN, "--prompt", "To be", "--json"], more].concat());
        assert_eq!(lines.len(), 1);
        serde_json::from_str(&lines[0]).unwrap()
    }
}

#[test]
fn a_run_leaves_a_model_that_writes() {
    let folder = Folder::new("writes").with_work();
    let lines = folder.lines(TRAIN);
    let summary: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    // A model that knows nothing of 84 characters needs ln 84 = 4.43.
    assert!(summary["nats_per_character"].as_f64().unwrap() < 4.0, "{summary}");
    assert!(summary["five_gram_nats_per_character"].as_f64().unwrap() < 1.0, "{summary}");
    assert!(summary["test_accuracy"].is_null() && summary["seconds"].as_f64().unwrap() > 0.0);
    let expected = ["metrics.jsonl", "model.safetensors", "report.html", "run.json", "vocabulary.txt"];
    assert_eq!(names_in(&folder.join(RUN)), expected);
    let html = fs::read_to_string(folder.join(RUN).join("report.html")).unwrap();
    assert!(html.contains("nats per character") && html.contains("<h2>What it writes</h2>"));

    let text = folder.generated(&["--tokens", "40", "--seed", "7"]);
    assert_eq!(text["text"].as_str().unwrap().chars().count(), 40);
    assert!(text["tokens_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(text["text"], folder.generated(&["--tokens", "40", "--seed", "7"])["text"]);
    assert_ne!(text["text"], folder.generated(&["--tokens", "40", "--seed", "8"])["text"]);

    // The likeliest characters do not depend on the seed, nor does the only one of one.
    let greedy = folder.generated(&["--temperature", "0", "--tokens", "30"]);
    assert_eq!(greedy["text"], folder.generated(&["--top-k", "1", "--tokens", "30", "--seed", "9"])["text"]);
    assert_eq!(greedy["text"], folder.generated(&["--top-p", "1e-9", "--tokens", "30"])["text"]);

    let plain = folder.run(&["generate", RUN, "--prompt", "To be", "--tokens", "30", "--temperature", "0"]);
    let written = String::from_utf8(plain.stdout).unwrap();
    assert_eq!(written, format!("To be{}\n", greedy["text"].as_str().unwrap()));
    assert!(String::from_utf8(plain.stderr).unwrap().contains("tokens per second"));

    refuses_what_it_cannot_do(&folder);
}

fn refuses_what_it_cannot_do(folder: &Folder) {
    folder.refuses(&["generate", RUN, "--prompt", ""], 1, &["prompt", "at least one character"]);
    folder.refuses(&["generate", RUN, "--prompt", "né à"], 1, &["'à', 'é'"]);
    folder.refuses(&["generate", RUN, "--prompt", "a", "--temperature", "-1"], 2, &["--temperature"]);
    folder.refuses(&["generate", RUN, "--prompt", "a", "--top-p", "0"], 2, &["--top-p"]);
    folder.refuses(&["generate", RUN, "--prompt", "a", "--top-k", "0"], 2, &["--top-k"]);
    folder.refuses(&["generate", "runs/none", "--prompt", "a"], 1, &["runs/none"]);
    folder.refuses(&["predict", RUN, "x.png"], 1, &["char-lstm", "`predict`", "`generate`"]);

    let vocabulary = folder.join(RUN).join("vocabulary.txt");
    let characters = fs::read_to_string(&vocabulary).unwrap();
    fs::write(&vocabulary, "abc").unwrap();
    folder.refuses(&["generate", RUN, "--prompt", "a"], 1, &["vocabulary.txt", "84", "3"]);
    fs::write(&vocabulary, characters).unwrap();

    let info = folder.join(RUN).join("run.json");
    let text = fs::read_to_string(&info).unwrap();
    fs::write(&info, text.replace("char-lstm", "lenet5-mnist")).unwrap();
    folder.refuses(&["generate", RUN, "--prompt", "a"], 1, &["lenet5-mnist", "`predict`"]);
    fs::write(&info, text.replace("char-lstm", "shakespeare-gpt")).unwrap();
    folder.refuses(&["generate", RUN, "--prompt", "a"], 1, &["model.safetensors"]);
}

#[test]
fn works_that_are_not_there_or_too_short_are_refused() {
    let folder = Folder::new("short");
    folder.refuses(&["train", "char-lstm", "--data", "works"], 1, &["works"]);
    fs::create_dir(folder.join("works")).unwrap();
    fs::write(folder.join("works/a.txt"), "To be\n").unwrap();
    folder.refuses(&["train", "char-lstm", "--data", "works"], 1, &["at least 1"]);
}

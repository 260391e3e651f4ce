//! What a training leaves behind, and what it says.

use std::fs;

use serde_json::Value;

use crate::binary::{Folder, names_in};

const SHORT: &[&str] = &["train", "--data", "data", "--epochs", "2", "--batch-size", "50", "--json"];

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn a_run_leaves_a_complete_folder() {
    let folder = Folder::new("complete").with_mnist(300, 100);
    let lines = folder.lines(SHORT);
    assert!(lines[0].contains("seed 1") && lines[0].contains("2 epochs"), "{}", lines[0]);

    let run = folder.join("runs/lenet5-mnist-1");
    let expected = ["metrics.jsonl", "model.safetensors", "report.html", "run.json"];
    assert_eq!(names_in(&run), expected);

    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let epochs: Vec<Value> = metrics.lines().map(json).collect();
    assert_eq!(epochs.len(), 2);
    assert_eq!((epochs[1]["epoch"].as_u64(), epochs[1]["steps"].as_u64()), (Some(2), Some(12)));
    for epoch in &epochs {
        for part in ["train", "test"] {
            assert!(epoch[part]["loss"].as_f64().unwrap() > 0.0);
            assert!((0.0..=1.0).contains(&epoch[part]["accuracy"].as_f64().unwrap()));
        }
    }
    let info = json(&fs::read_to_string(run.join("run.json")).unwrap());
    assert_eq!((info["recipe"].as_str(), info["seed"].as_u64()), (Some("lenet5-mnist"), Some(1)));
}

#[test]
fn the_last_line_is_the_summary() {
    let folder = Folder::new("summary").with_mnist(300, 100);
    let lines = folder.lines(SHORT);
    let summary = json(lines.last().unwrap());
    let mut keys: Vec<&String> = summary.as_object().unwrap().keys().collect();
    keys.sort();
    let expected = [
        "epochs",
        "peak_rss_mb",
        "recipe",
        "run",
        "samples_per_second",
        "seconds",
        "seed",
        "test_accuracy",
        "train_loss",
    ];
    assert_eq!(keys, expected);
    assert_eq!(summary["run"], "runs/lenet5-mnist-1");
    assert_eq!(summary["epochs"], 2);
    assert!(summary["samples_per_second"].as_f64().unwrap() > 0.0);
    if cfg!(target_os = "linux") {
        assert!(summary["peak_rss_mb"].as_f64().unwrap() > 1.0);
    }
}

#[test]
fn the_report_needs_nothing_else() {
    let folder = Folder::new("report").with_mnist(300, 100);
    folder.lines(SHORT);
    let html = fs::read_to_string(folder.join("runs/lenet5-mnist-1/report.html")).unwrap();
    for word in ["http", "<script", "<link", "@import", "url("] {
        assert!(!html.contains(word), "{word}");
    }
    assert_eq!(html.matches("<svg").count(), 2);
    assert!(html.contains("class=\"confusion\"") && html.contains("data:image/png;base64,"));
    assert!(html.contains("prefers-color-scheme: dark"));
}

#[test]
fn a_run_never_touches_another_one() {
    let folder = Folder::new("another").with_mnist(100, 50);
    for seed in ["1", "2"] {
        let arguments =
            ["train", "mlp-mnist", "--data", "data", "--epochs", "1", "--out", "out/deep", "--seed"];
        folder.lines(&[&arguments[..], &[seed]].concat());
    }
    assert_eq!(names_in(&folder.join("out/deep")), ["mlp-mnist-1", "mlp-mnist-2"]);
    let weights = |n| fs::read(folder.join(&format!("out/deep/mlp-mnist-{n}/model.safetensors"))).unwrap();
    assert_ne!(weights(1), weights(2));
}

#[test]
fn weights_are_chosen_by_validation_when_there_is_some() {
    let folder = Folder::new("validation").with_mnist(400, 100);
    let arguments = ["--validation", "100", "--patience", "1", "--epochs", "30", "--learning-rate", "0.01"];
    folder.lines(&[&["train", "--data", "data"][..], &arguments].concat());
    let run = folder.join("runs/lenet5-mnist-1");
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let accuracies: Vec<f64> =
        metrics.lines().map(|line| json(line)["validation"]["accuracy"].as_f64().unwrap()).collect();
    // A hundred images cannot improve thirty times in a row.
    assert!(accuracies.len() < 30, "{accuracies:?}");
    let best = accuracies.iter().copied().fold(0.0, f64::max);
    let kept = accuracies.iter().position(|&accuracy| accuracy == best).unwrap() + 1;
    let html = fs::read_to_string(run.join("report.html")).unwrap();
    let marked = html.split("class=\"kept\"><th>").nth(1).unwrap();
    let marked: usize = marked.split('<').next().unwrap().parse().unwrap();
    // Among equally accurate epochs the one of lower loss is kept.
    assert!(accuracies[marked - 1] == best && marked >= kept, "epoch {marked} of {accuracies:?}");
}

#[test]
fn recipes_are_listed() {
    let folder = Folder::new("lists");
    let recipes = folder.lines(&["train", "--list"]);
    assert!(recipes.iter().any(|line| line == "lenet5-mnist"));
    assert!(recipes.iter().any(|line| line == "mlp-mnist"));
}

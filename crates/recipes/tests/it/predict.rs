//! What a trained run says about pictures.

use serde_json::Value;
use tenon_datasets::{FashionMnist, Mnist};

use crate::binary::{Folder, write_png};

#[test]
fn a_trained_run_reads_digits() {
    let folder = Folder::new("digits").with_mnist(2000, 100);
    folder.lines(&["train", "--data", "data", "--epochs", "6", "--batch-size", "20"]);
    let test = Mnist::test(&Mnist::directory()).unwrap();
    let digits: Vec<String> = (0..20).map(|example| format!("{example}.png")).collect();
    for (example, name) in digits.iter().enumerate() {
        write_png(&folder.join(name), test.image(example));
    }

    let names = digits.iter().map(String::as_str);
    let arguments: Vec<&str> =
        ["predict", "runs/lenet5-mnist-1", "--json"].into_iter().chain(names).collect();
    let lines = folder.lines(&arguments);
    assert_eq!(lines.len(), digits.len());
    let mut n_right = 0;
    for (example, line) in lines.iter().enumerate() {
        let prediction: Value = serde_json::from_str(line).unwrap();
        assert_eq!(prediction["image"], digits[example]);
        let probabilities = prediction["probabilities"].as_array().unwrap();
        let sum: f64 = probabilities.iter().map(|p| p.as_f64().unwrap()).sum();
        assert!(probabilities.len() == 10 && (sum - 1.0).abs() < 1e-5);
        n_right += usize::from(prediction["class"] == test.labels()[example]);
    }
    // Two thousand images make a model that is right nine times out of ten.
    assert!(n_right >= 15, "{n_right} of 20");

    let text = folder.lines(&["predict", "runs/lenet5-mnist-1", "0.png"]);
    assert!(text[0].starts_with("0.png: ") && text[1].contains("9: "), "{text:?}");
}

#[test]
fn classes_go_by_their_names() {
    // Digits serve as well as clothes where only the way to an answer is looked at.
    let folder = Folder::new("names").with_mnist(64, 16);
    folder.lines(&["train", "fashion-resnet", "--data", "data", "--epochs", "1", "--batch-size", "32"]);
    write_png(&folder.join("0.png"), &[0; 28 * 28]);
    let lines = folder.lines(&["predict", "runs/fashion-resnet-1", "0.png", "--json"]);
    let prediction: Value = serde_json::from_str(&lines[0]).unwrap();
    let class = prediction["class"].as_u64().unwrap() as usize;
    assert_eq!(prediction["name"], FashionMnist::CLASS_NAMES[class]);
    let text = folder.lines(&["predict", "runs/fashion-resnet-1", "0.png"]);
    assert!(text[1].contains("T-shirt: ") && text[1].contains("ankle boot: "), "{text:?}");
    let report = std::fs::read_to_string(folder.join("runs/fashion-resnet-1/report.html")).unwrap();
    assert!(report.contains("ankle boot"));
}

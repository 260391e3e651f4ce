//! Bad input: one clear error, an exit code, nothing left behind.

use std::fs;

use crate::binary::{Folder, write_png};

impl Folder {
    /// Asserts that the binary refuses the arguments with this exit code and one line that contains
    /// all `parts`, and leaves the folder as it was.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        let before = self.names();
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.starts_with("error: ") && !errors.contains("panicked"), "{errors}");
        if code == 1 {
            assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        }
        for part in parts {
            assert!(errors.contains(part), "`{part}` is not in: {errors}");
        }
        assert_eq!(self.names(), before, "something was left behind");
    }
}

#[test]
fn wrong_words_on_the_command_line() {
    let folder = Folder::new("words");
    folder.refuses(&["train", "lenet"], 2, &["`lenet`", "lenet5-mnist, mlp-mnist"]);
    folder.refuses(&["data", "cifar"], 2, &["`cifar`", "mnist"]);
    folder.refuses(&["train", "--epoch", "1"], 2, &["--epoch"]);
    folder.refuses(&["train", "--epochs", "0"], 2, &["'0'", "--epochs"]);
    folder.refuses(&["train", "--batch-size", "-1"], 2, &["-1"]);
    folder.refuses(&["train", "--learning-rate", "nan"], 2, &["nan", "--learning-rate"]);
    folder.refuses(&["train", "--threads", "0"], 2, &["--threads"]);
    folder.refuses(&["predict", "runs/none"], 2, &["<IMAGES>"]);
    folder.refuses(&["fly"], 2, &["fly"]);
}

#[test]
fn data_that_is_not_there_or_not_right() {
    let folder = Folder::new("data");
    folder.refuses(&["train", "--data", "nowhere"], 1, &["nowhere", "idx3-ubyte", "found neither"]);

    let folder = Folder::new("broken").with_mnist(60, 20);
    let train = ["train", "--data", "data"];
    let images = folder.join("data/train-images-idx3-ubyte");
    let labels = folder.join("data/train-labels-idx1-ubyte");
    let (good_images, good_labels) = (fs::read(&images).unwrap(), fs::read(&labels).unwrap());

    fs::write(&images, &good_images[..good_images.len() - 1]).unwrap();
    folder.refuses(&train, 1, &["data/train-images-idx3-ubyte", "expected", "found"]);
    fs::write(&images, [&good_images[..], &[0]].concat()).unwrap();
    folder.refuses(&train, 1, &["data/train-images-idx3-ubyte", "expected", "found"]);
    fs::write(&images, [&[1], &good_images[1..]].concat()).unwrap();
    folder.refuses(&train, 1, &["data/train-images-idx3-ubyte", "expected", "found"]);
    fs::write(&images, &good_labels).unwrap();
    folder.refuses(&train, 1, &["data/train-images-idx3-ubyte", "rank", "expected 3, found 1"]);
    fs::write(&images, &good_images).unwrap();

    let mut wrong_labels = good_labels.clone();
    wrong_labels[8] = 10;
    fs::write(&labels, &wrong_labels).unwrap();
    folder.refuses(&train, 1, &["data/train-labels-idx1-ubyte", "label of example 0", "found 10"]);
    fs::write(&labels, [&[0, 0, 8, 1, 0, 0, 0, 59], &good_labels[8..67]].concat()).unwrap();
    folder.refuses(&train, 1, &["number of labels", "expected 60, found 59"]);
    fs::remove_file(&labels).unwrap();
    fs::write(labels.with_extension("gz"), b"\x1f\x8b\x08not really").unwrap();
    folder.refuses(&train, 1, &["data/train-labels-idx1-ubyte"]);
}

#[test]
fn nothing_to_learn_from() {
    let folder = Folder::new("nothing").with_mnist(10, 5);
    let train = ["train", "--data", "data", "--validation"];
    folder.refuses(&[&train[..], &["11"]].concat(), 1, &["validation split", "at most 10", "found 11"]);
    let folder = Folder::new("empty").with_mnist(0, 5);
    folder.refuses(&["train", "--data", "data"], 1, &["no training examples", "at least 1, found 0"]);
}

#[test]
fn folders_that_cannot_be_written() {
    let folder = Folder::new("unwritable").with_mnist(10, 5);
    // A file in the way stops even those whom permissions do not.
    fs::write(folder.join("file"), "").unwrap();
    folder.refuses(&["train", "--data", "data", "--out", "file"], 1, &["run folder", "file"]);
    folder.refuses(&["train", "--data", "data", "--out", "file/runs"], 1, &["run folder", "file/runs"]);
}

#[test]
fn a_learning_rate_that_is_too_high() {
    let folder = Folder::new("diverges").with_mnist(60, 20);
    // Several steps an epoch: the loss of a step is that before its update.
    let arguments = ["train", "mlp-mnist", "--data", "data", "--batch-size", "10", "--learning-rate", "1e30"];
    let output = folder.run(&arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("training diverged in epoch 1"), "{errors}");
}

#[test]
fn runs_and_pictures_that_do_not_fit() {
    let folder = Folder::new("misfits").with_mnist(60, 20);
    folder.lines(&["train", "--data", "data", "--epochs", "1"]);
    folder.lines(&["train", "mlp-mnist", "--data", "data", "--epochs", "1"]);
    write_png(&folder.join("blank.png"), &[0; 28 * 28]);
    let run = "runs/lenet5-mnist-1";
    let predict = ["predict", run, "blank.png"];
    folder.lines(&predict);

    folder.refuses(&["predict", "runs/none", "blank.png"], 1, &["runs/none/run.json", "cannot read"]);
    folder.refuses(&["predict", run, "blank.png", "gone.png"], 1, &["gone.png"]);
    fs::write(folder.join("text.png"), "not a picture").unwrap();
    folder.refuses(&["predict", run, "text.png"], 1, &["text.png"]);

    let weights = folder.join("runs/lenet5-mnist-1/model.safetensors");
    let good = fs::read(&weights).unwrap();
    fs::write(&weights, &good[..good.len() / 2]).unwrap();
    folder.refuses(&predict, 1, &["model.safetensors", "not a safetensors file"]);
    fs::copy(folder.join("runs/mlp-mnist-1/model.safetensors"), &weights).unwrap();
    folder.refuses(&predict, 1, &["model.safetensors", "`conv1.weight` is missing", "[6, 1, 5, 5]"]);
    fs::remove_file(&weights).unwrap();
    folder.refuses(&predict, 1, &["model.safetensors", "cannot read"]);

    let info = folder.join("runs/lenet5-mnist-1/run.json");
    let text = fs::read_to_string(&info).unwrap();
    fs::write(&info, text.replace("lenet5-mnist", "resnet")).unwrap();
    folder.refuses(&predict, 1, &["run.json", "lenet5-mnist, mlp-mnist", "found `resnet`"]);
    fs::write(&info, "{").unwrap();
    folder.refuses(&predict, 1, &["run.json", "settings of a run"]);
}

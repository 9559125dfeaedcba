//! The power of the naive model (`oracle/whole`): planted bugs in a copy of the product, each of which a run with the default number of
//! cases must find.
//!
//! `cargo test -p allotment --test planted -- --ignored --nocapture`, some seconds each; `ONLY=text` for those whose name holds
//! the text. A bug whose text is not there exactly once, that does not compile or that survives fails the test.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

mod bugs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use bugs::{BUGS, Bug};

/// The parts of the workspace that a copy needs.
const PARTS: [&str; 3] = ["core", "Cargo.lock", "README.md"];
const TEST: &str = "whole::d5_d14_g6_every_answer_of_a_random_history_is_the_models";

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(to).ok() != fs::read(from).ok() {
        // Untouched files keep their time, so that the next bug builds only what has changed.
        fs::copy(from, to).unwrap();
    }
}

/// What the model says first about the product with `bug` in it; an error if it says nothing.
fn plant(bug: &Bug, root: &Path, work: &Path) -> Result<String, String> {
    let &Bug(_, file, from, to) = bug;
    for part in PARTS {
        copy(&root.join(part), &work.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let only_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(only_ours).collect();
    let manifest = manifest.join("\n").replacen("[workspace]", "[workspace]\nmembers = [\"core\"]", 1);
    fs::write(work.join("Cargo.toml"), manifest).unwrap();

    let file = work.join("core/src").join(file);
    let source = fs::read_to_string(&file).unwrap();
    if source.matches(from).count() != 1 {
        return Err("does not apply: its text is not there exactly once".to_owned());
    }
    fs::write(&file, source.replace(from, to)).unwrap();

    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(work)
        .args(["test", "-p", "allotment", "--test", "oracle", "--", "--exact", TEST])
        .env("RUSTFLAGS", "-A warnings")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("RUST_BACKTRACE", "0")
        // What it fails with is enough; how short that can be made is not asked here.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env_remove("PROPTEST_CASES")
        .output()
        .unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if printed.contains(&format!("test {TEST} ... FAILED")) {
        let said = printed.lines().chain(errors.lines()).find(|line| line.starts_with("assertion"));
        Ok(said.unwrap_or("it panics").chars().take(160).collect())
    } else if printed.contains(&format!("test {TEST} ... ok")) {
        Err("survives".to_owned())
    } else {
        Err(format!("did not run:\n{errors}"))
    }
}

#[test]
#[ignore = "a build for each: some minutes"]
fn every_planted_bug_is_found_by_the_model() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("planted");
    for part in PARTS {
        // Files of an earlier run that are no longer there would be built too.
        let _ = fs::remove_dir_all(work.join(part));
    }
    let only = env::var("ONLY").unwrap_or_default();
    let mut survivors = Vec::new();
    for bug in BUGS.iter().filter(|bug| bug.0.contains(&only)) {
        match plant(bug, root, &work) {
            Ok(said) => println!("{}: found\n  {said}", bug.0),
            Err(problem) => {
                println!("{}: NOT FOUND\n  {problem}", bug.0);
                survivors.push(bug.0);
            }
        }
    }
    assert!(survivors.is_empty(), "{} of {}: {survivors:?}", survivors.len(), BUGS.len());
}

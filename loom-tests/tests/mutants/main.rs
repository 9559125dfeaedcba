//! The power of the searches: planted bugs in a copy of the product, each of which the named search must find.
//!
//! Not under `--cfg loom` itself: it builds the copies that are. A mutant that no longer applies, that does not compile
//! or that survives fails the test.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

mod admission;
mod carving;
mod enforcer;
mod executions;
mod leaves;
mod lifecycle;
mod limiter;
mod limits;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// One planted bug.
struct Mutant {
    name: &'static str,
    file: &'static str,
    /// The product's text, which occurs once.
    from: &'static str,
    to: &'static str,
    /// The search that finds it: file and test.
    found_by: (&'static str, &'static str),
}

/// All of them, by the file of the search that finds them.
const MUTANTS: [&[Mutant]; 8] = [
    admission::MUTANTS,
    carving::MUTANTS,
    enforcer::MUTANTS,
    executions::MUTANTS,
    leaves::MUTANTS,
    lifecycle::MUTANTS,
    limiter::MUTANTS,
    limits::MUTANTS,
];

/// The parts of the workspace that a copy needs.
const PARTS: [&str; 3] = ["core", "loom-tests", "Cargo.lock"];

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(to).ok() != fs::read(from).ok() {
        // Untouched files keep their time, so that the next mutant builds only what has changed.
        fs::copy(from, to).unwrap();
    }
}

/// What happened to `mutant`: an error unless its search found it.
fn plant(mutant: &Mutant, root: &Path, work: &Path) -> Result<(), String> {
    for part in PARTS {
        copy(&root.join(part), &work.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let only_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(only_ours).collect();
    let members = "[workspace]\nmembers = [\"core\", \"loom-tests\"]";
    fs::write(work.join("Cargo.toml"), manifest.join("\n").replacen("[workspace]", members, 1)).unwrap();

    let file = work.join(mutant.file);
    let source = fs::read_to_string(&file).unwrap();
    if source.matches(mutant.from).count() != 1 {
        return Err(format!("does not apply: its text is not there exactly once in {}", mutant.file));
    }
    fs::write(&file, source.replace(mutant.from, mutant.to)).unwrap();

    let (test_file, test) = mutant.found_by;
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(work)
        .args(["test", "-p", "loom-tests", "--profile", "loom", "--test", test_file, "--", "--exact", test])
        .env("RUSTFLAGS", "--cfg loom -A warnings")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .output()
        .unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // loom aborts where a failed execution panics again while it is unwound.
    let aborted = errors.contains(&format!("thread '{test}'")) && errors.contains("panicked at");
    if printed.contains(&format!("test {test} ... FAILED")) || aborted {
        Ok(())
    } else if printed.contains(&format!("test {test} ... ok")) {
        Err(format!("survives {test}"))
    } else {
        Err(format!("did not run:\n{errors}"))
    }
}

#[test]
fn every_planted_bug_is_found_by_the_search_that_claims_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    for part in PARTS {
        // Files of an earlier run that are no longer there would be built too.
        let _ = fs::remove_dir_all(work.join(part));
    }
    let mut survivors = Vec::new();
    for mutant in MUTANTS.iter().copied().flatten() {
        let result = plant(mutant, root, &work);
        println!("{}: {}", mutant.name, if result.is_ok() { "found" } else { "NOT FOUND" });
        survivors.extend(result.err().map(|problem| format!("{}: {problem}", mutant.name)));
    }
    assert!(
        survivors.is_empty(),
        "{} of {}:\n{}",
        survivors.len(),
        MUTANTS.iter().map(|group| group.len()).sum::<usize>(),
        survivors.join("\n")
    );
}

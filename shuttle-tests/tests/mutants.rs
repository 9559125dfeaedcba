//! The power of the histories: planted races in a copy of the product, and in how many schedules each is caught.
//!
//! Not under `--cfg shuttle` itself: it builds the copies that are. A mutant that no longer applies, that does not compile or that is
//! never caught fails the test.
#![cfg(not(shuttle))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// One planted race: its name, its file, the product's text, which occurs once, and what stands there instead.
struct Mutant(&'static str, &'static str, &'static str, &'static str);

const MUTANTS: [Mutant; 10] = [
    Mutant(
        "the debit forgets the budget that the look has checked (check-then-act)",
        "core/src/admission.rs",
        "meter.debit_below(threshold, after, take, limit, minted, hold)",
        "meter.debit_below(threshold, after, take, Limit { budget: Limit::NO_BUDGET, ..limit }, minted, hold)",
    ),
    Mutant(
        "a refusal before the gate takes nothing back",
        "core/src/admission.rs",
        "                self.undo_above(index, now);",
        "",
    ),
    Mutant(
        "a refusal at the gate takes nothing back",
        "core/src/admission.rs",
        "            self.undo_above(usize::MAX, now);",
        "",
    ),
    Mutant(
        "the gate is debited first",
        "core/src/admission.rs",
        "        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {
            if !self.charges[index].debit(true) {
                self.undo_above(index, now);
                return false;
            }
        }
        if !self.charges[self.gate].debit(false) {
            self.undo_above(usize::MAX, now);
            return false;
        }
",
        "        if !self.charges[self.gate].debit(false) {
            return false;
        }
        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {
            if !self.charges[index].debit(true) {
                self.undo_above(index, now);
                let gate = &self.charges[self.gate];
                gate.meter.credit(gate.take, 0, None, 0, now);
                return false;
            }
        }
",
    ),
    Mutant(
        "a look takes held funds for spent ones",
        "core/src/admission.rs",
        "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => seen.holds() == 0,",
        "Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => true,",
    ),
    Mutant(
        "a refusal keeps to the budget that was read before a top-up",
        "core/src/admission.rs",
        "        self.limit = self.limit_now();\n",
        "",
    ),
    Mutant(
        "what is charged past a budget does not wait for holds",
        "core/src/meter/mod.rs",
        "if before.is_held() && change.overruns(limit) {",
        "if false {",
    ),
    Mutant(
        "an overrun is judged by the budget that was read before a top-up",
        "core/src/carve.rs",
        "above() | change.overruns(charge.limit_now())",
        "above() | change.overruns(charge.limit)",
    ),
    Mutant(
        "the seal does not wait for holds",
        "core/src/meter/word.rs",
        "            0 => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
        "            0..HOLDS_MAX => Ok(Self(self.0 | u128::from(HOLDS) << HOLDS_AT)),",
    ),
    Mutant(
        "the gate is not looked at in the compare-and-swap",
        "core/src/meter/word.rs",
        "        if !self.is_open() {\n            return Err(Lack::Shut(self.gate()));\n        }\n",
        "",
    ),
];

/// The parts of the workspace that a copy needs.
const PARTS: [&str; 3] = ["core", "shuttle-tests", "Cargo.lock"];

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

/// What the searches print about `mutant`, a line each, and whether one of them caught it.
fn plant(mutant: &Mutant, root: &Path, work: &Path) -> (bool, String) {
    let &Mutant(_, file, from, to) = mutant;
    for part in PARTS {
        copy(&root.join(part), &work.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let only_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(only_ours).collect();
    let members = "[workspace]\nmembers = [\"core\", \"shuttle-tests\"]";
    fs::write(work.join("Cargo.toml"), manifest.join("\n").replacen("[workspace]", members, 1)).unwrap();

    let source = fs::read_to_string(work.join(file)).unwrap();
    if source.matches(from).count() != 1 {
        return (false, format!("does not apply: its text is not there exactly once in {file}"));
    }
    fs::write(work.join(file), source.replace(from, to)).unwrap();

    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(work)
        .args([
            "test",
            "-p",
            "shuttle-tests",
            "--profile",
            "loom",
            "--test",
            "histories",
            "--",
            "--nocapture",
        ])
        .env("RUSTFLAGS", "--cfg shuttle -A warnings")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("COUNT", "1")
        .env("MIXES", "200")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<&str> = printed.lines().filter(|line| line.contains(" unexplained, ")).collect();
    if figures.len() != 2 {
        return (false, format!("did not run:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    (figures.iter().any(|line| !line.contains(" 0 unexplained, ")), figures.join("\n  "))
}

#[test]
fn every_planted_race_is_caught_in_some_schedule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("shuttle-mutants");
    for part in PARTS {
        // Files of an earlier run that are no longer there would be built too.
        let _ = fs::remove_dir_all(work.join(part));
    }
    let mut survivors = Vec::new();
    for mutant in &MUTANTS {
        let (caught, figures) = plant(mutant, root, &work);
        println!("{}: {}\n  {figures}", mutant.0, if caught { "caught" } else { "NOT CAUGHT" });
        survivors.extend((!caught).then_some(mutant.0));
    }
    assert!(survivors.is_empty(), "{} of {}: {survivors:?}", survivors.len(), MUTANTS.len());
}

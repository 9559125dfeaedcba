//! The power of the soak: planted bugs in a copy of the product, each of which a run of a few seconds must report, and how.
//!
//! `cargo test -p allotment-soak --test mutants -- --ignored --nocapture`; a release build for each, some minutes in all. A mutant
//! that no longer applies, that does not compile or that the soak does not report in any of its runs fails the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// One planted bug.
struct Mutant {
    name: &'static str,
    file: &'static str,
    /// The product's text, which occurs once, and what stands there instead.
    from: &'static str,
    to: &'static str,
    /// A part of what the soak has to say about it.
    says: &'static str,
}

const MUTANTS: [Mutant; 12] = [
    Mutant {
        name: "a refusal before the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "                self.undo_above(index, now);",
        to: "",
        says: "the law of sums is broken",
    },
    Mutant {
        name: "a debit forgets the budget that the look has checked (check-then-act)",
        file: "core/src/admission.rs",
        from: "meter.debit_below(threshold, after, take, limit, minted, hold)",
        to: "meter.debit_below(threshold, after, take, Limit { budget: Limit::NO_BUDGET, ..limit }, minted, hold)",
        says: " unasked",
    },
    Mutant {
        name: "a commit leaves its hold",
        file: "core/src/meter/mod.rs",
        from: "Ok::<_, core::convert::Infallible>(word.committed())",
        to: "Ok::<_, core::convert::Infallible>(word)",
        says: "the law of sums is broken",
    },
    Mutant {
        name: "a settlement gives back one unit more",
        file: "core/src/reservation.rs",
        from: "meter.credit(part(reserved - actual)",
        to: "meter.credit(part(reserved - actual + 1)",
        says: "the law of sums is broken",
    },
    Mutant {
        name: "a release gives back twice",
        file: "core/src/enforcer/reserve.rs",
        from: "        self.charge(Usage::NONE);\n        Ok(())",
        to: "        self.charge(Usage::NONE);\n        self.charge(Usage::NONE);\n        Ok(())",
        says: "the law of sums is broken",
    },
    Mutant {
        name: "a reservation may end twice",
        file: "core/src/enforcer/reserve.rs",
        from: "        if self.ended.shut() { Ok(self.charge(actual)) }",
        to: "        if self.ended.shut() || true { Ok(self.charge(actual)) }",
        says: "it ended twice",
    },
    Mutant {
        name: "what is left of a carve-out does not return",
        file: "core/src/carve.rs",
        from: "        if let Some(change) = sealed {",
        to: "        if let Some(change) = sealed.filter(|_| false) {",
        says: "the law of sums is broken",
    },
    Mutant {
        name: "a session's end does not give back its tenant's place",
        file: "core/src/store/mod.rs",
        from: "            tenant.sessions.release();",
        to: "            let _ = tenant;",
        says: "too many sessions",
    },
    Mutant {
        name: "a creation without a place in the store keeps the agent's",
        file: "core/src/enforcer/create.rs",
        from: "            (_, tenant) => {\n                leave_agent();",
        to: "            (_, tenant) => {",
        says: "sessions of ",
    },
    Mutant {
        name: "agents and tenants without sessions are never forgotten",
        file: "core/src/store/party.rs",
        from: "        let Some(empty) = party.sessions.empty() else { return };",
        to: "        let Some(empty) = party.sessions.empty().filter(|_| false) else { return };",
        says: "",
    },
    Mutant {
        name: "a limiter forgets keys whose buckets are not full",
        file: "core/src/meter/mod.rs",
        from: "if word.is_blank(minted) { Ok(shut(word)) }",
        to: "if true || word.is_blank(minted) { Ok(shut(word)) }",
        says: "its rate allows",
    },
    Mutant {
        name: "an ended session stays in the agenda of deadlines",
        file: "core/src/store/mod.rs",
        from: "        self.due.remove(deadline, id);\n        entry.agent",
        to: "        entry.agent",
        says: "memory grows",
    },
];

/// The parts of the workspace that a copy needs.
const PARTS: [&str; 4] = ["core", "soak", "Cargo.lock", "README.md"];
/// How long a run may take that was asked for some seconds; a mutant may make threads wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long each of the runs lasts. The last is for what needs its time, or makes memory grow.
const RUNS: [&str; 3] = ["5", "5", "20"];

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

/// What the soak says about the product with `mutant` in it.
fn plant(mutant: &Mutant, root: &Path, work: &Path) -> Result<String, String> {
    for part in PARTS {
        copy(&root.join(part), &work.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let only_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(only_ours).collect();
    let members = "[workspace]\nmembers = [\"core\", \"soak\"]";
    let manifest = manifest.join("\n").replacen("[workspace]", members, 1);
    fs::write(work.join("Cargo.toml"), manifest).unwrap();

    let source = fs::read_to_string(work.join(mutant.file)).unwrap();
    if source.matches(mutant.from).count() != 1 {
        return Err(format!("does not apply: its text is not there exactly once in {}", mutant.file));
    }
    fs::write(work.join(mutant.file), source.replace(mutant.from, mutant.to)).unwrap();

    let target = work.join("target");
    let built = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(work)
        .args(["build", "-p", "allotment-soak", "--release"])
        .env("RUSTFLAGS", "-A warnings")
        // Without the whole program's optimisation each builds in a fraction of the time.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    if !built.status.success() {
        return Err(format!("does not compile:\n{}", String::from_utf8_lossy(&built.stderr)));
    }
    let mut last = String::new();
    for (seed, seconds) in RUNS.iter().enumerate() {
        let soak = Command::new(target.join("release/allotment-soak"))
            .args(["--seconds", seconds, "--seed", &seed.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (printed, failed) = finish(soak);
        last = printed;
        if failed {
            break;
        }
    }
    if last.contains("VIOLATION") && last.contains(mutant.says) {
        Ok(last)
    } else {
        Err(format!("not reported: {last}"))
    }
}

/// The last line that `soak` prints, and whether it failed; it is ended where it does not end.
fn finish(mut soak: std::process::Child) -> (String, bool) {
    let begun = Instant::now();
    while soak.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            soak.kill().unwrap();
            soak.wait().unwrap();
            return ("it does not end".to_owned(), true);
        }
        thread::sleep(Duration::from_millis(50));
    }
    let output = soak.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed.lines().last().unwrap_or_default().to_owned(), !output.status.success())
}

#[test]
#[ignore = "a release build for each: some minutes"]
fn every_planted_bug_is_reported_by_the_soak() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soak-mutants");
    for part in PARTS {
        // Files of an earlier run that are no longer there would be built too.
        let _ = fs::remove_dir_all(work.join(part));
    }
    let only = env::var("ONLY").unwrap_or_default();
    let mut survivors = Vec::new();
    for mutant in MUTANTS.iter().filter(|mutant| mutant.name.contains(&only)) {
        match plant(mutant, root, &work) {
            Ok(said) => println!("{}:\n  {said}", mutant.name),
            Err(problem) => {
                println!("{}: NOT CAUGHT\n  {problem}", mutant.name);
                survivors.push(mutant.name);
            }
        }
    }
    assert!(survivors.is_empty(), "{} of {}: {survivors:?}", survivors.len(), MUTANTS.len());
}

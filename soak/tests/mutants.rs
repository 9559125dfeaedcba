//! The power of the soak: planted bugs in a copy of the product, each of which a run of a few seconds must report, and how.
//!
//! `cargo test -p allotment-soak --test mutants -- --ignored --nocapture`; a release build for each, some minutes in all. A mutant
//! that no longer applies, that does not compile or that the soak does not report in any of its runs fails the test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use planted_bugs::{Bug, Copy, each_is_found};

/// By a part of what the soak has to say about it.
type Mutant = Bug<&'static str>;

const MUTANTS: [Mutant; 12] = [
    Mutant {
        name: "a refusal before the gate takes nothing back",
        file: "core/src/admission.rs",
        from: "                self.undo_above(index, now);",
        to: "",
        found_by: "",
    },
    Mutant {
        name: "a debit forgets the budget that the look has checked (check-then-act)",
        file: "core/src/admission.rs",
        from: "meter.debit_below(threshold, after, take, limit, minted, hold)",
        to: "meter.debit_below(threshold, after, take, Limit { budget: Limit::NO_BUDGET, ..limit }, minted, hold)",
        found_by: " unasked",
    },
    Mutant {
        name: "a commit leaves its hold",
        file: "core/src/meter/mod.rs",
        from: "Ok::<_, core::convert::Infallible>(word.committed())",
        to: "Ok::<_, core::convert::Infallible>(word)",
        found_by: "the law of sums is broken",
    },
    Mutant {
        name: "a settlement gives back one unit more",
        file: "core/src/reservation.rs",
        from: "meter.credit(part(reserved - actual)",
        to: "meter.credit(part(reserved - actual + 1)",
        found_by: "the law of sums is broken",
    },
    Mutant {
        name: "a release gives back twice",
        file: "core/src/enforcer/reserve.rs",
        from: "        self.charge(Usage::NONE);\n        Ok(())",
        to: "        self.charge(Usage::NONE);\n        self.charge(Usage::NONE);\n        Ok(())",
        found_by: "the law of sums is broken",
    },
    Mutant {
        name: "a reservation may end twice",
        file: "core/src/enforcer/reserve.rs",
        from: "        if self.ended.shut() { Ok(self.charge(actual)) }",
        to: "        if self.ended.shut() || true { Ok(self.charge(actual)) }",
        found_by: "it ended twice",
    },
    Mutant {
        name: "what is left of a carve-out does not return",
        file: "core/src/carve.rs",
        from: "            Some(change) => _ = pass_up(lineage.clone(), resource, change),",
        to: "            Some(_) => {}",
        found_by: "the law of sums is broken",
    },
    Mutant {
        name: "a session's end does not give back its tenant's place",
        file: "core/src/store/mod.rs",
        from: "            tenant.sessions.release();",
        to: "            let _ = tenant;",
        found_by: "too many sessions",
    },
    Mutant {
        name: "a creation without a place in the store keeps the agent's",
        file: "core/src/enforcer/create.rs",
        from: "            (_, tenant) => {\n                leave_agent();",
        to: "            (_, tenant) => {",
        found_by: "sessions of ",
    },
    Mutant {
        name: "agents and tenants without sessions are never forgotten",
        file: "core/src/store/party.rs",
        from: "party.sessions.empty().filter(|_| party.placed.is_shut()) else { return };",
        to: "party.sessions.empty().filter(|_| false) else { return };",
        found_by: "",
    },
    Mutant {
        name: "a limiter forgets keys whose buckets are not full",
        file: "core/src/meter/mod.rs",
        from: "if word.is_blank(minted) { Ok(shut(word)) }",
        to: "if true || word.is_blank(minted) { Ok(shut(word)) }",
        found_by: "its rate allows",
    },
    Mutant {
        name: "an ended session stays in the agenda of deadlines",
        file: "core/src/store/mod.rs",
        from: "        self.due.remove(deadline, id);\n        self.members",
        to: "        self.members",
        found_by: "memory grows",
    },
];

/// How long a run may take that was asked for some seconds; a mutant may make threads wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long each of the runs lasts. The last is for what needs its time, or makes memory grow.
const RUNS: [&str; 3] = ["5", "5", "20"];

/// What the soak says about `product`, in which `mutant` is.
fn soak(product: &Copy, mutant: &Mutant) -> Result<String, String> {
    let mut cargo = product.cargo();
    cargo.args(["build", "-p", "allotment-soak", "--release"]).env("RUSTFLAGS", "-A warnings");
    // Without the whole program's optimisation each builds in a fraction of the time.
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    let built = cargo.output().unwrap();
    if !built.status.success() {
        return Err(format!("it does not compile:\n{}", String::from_utf8_lossy(&built.stderr)));
    }
    let mut last = String::new();
    for (seed, seconds) in RUNS.iter().enumerate() {
        let soak = Command::new(product.target().join("release/allotment-soak"))
            .args(["--seconds", seconds, "--seed", &seed.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (printed, failed) = finish(soak);
        last = printed;
        // A short run may also fail because it came to too little.
        if failed && last.contains(mutant.found_by) {
            break;
        }
    }
    let reported = last.contains("VIOLATION") && last.contains(mutant.found_by);
    if reported { Ok(format!("\n  {last}")) } else { Err(format!("it is not reported: {last}")) }
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
    let product = Copy::of(&["core", "soak", "planted-bugs"], env!("CARGO_TARGET_TMPDIR"), "soak-mutants");
    each_is_found(&product, &MUTANTS, |mutant| soak(&product, mutant));
}

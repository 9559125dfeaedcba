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

use planted_bugs::{Bug, Copy, each_is_found};

/// By the search that finds it: file and test.
type Mutant = Bug<(&'static str, &'static str)>;

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

/// Whether the search that claims `mutant` fails in `product`.
fn search(product: &Copy, mutant: &Mutant) -> Result<String, String> {
    let (file, test) = mutant.found_by;
    let mut cargo = product.cargo();
    cargo.args(["test", "-p", "loom-tests", "--profile", "loom", "--test", file, "--", "--exact", test]);
    let output = cargo.env("RUSTFLAGS", "--cfg loom -A warnings").output().unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // loom aborts where a failed execution panics again while it is unwound.
    let aborted = errors.contains(&format!("thread '{test}'")) && errors.contains("panicked at");
    if printed.contains(&format!("test {test} ... FAILED")) || aborted {
        Ok(format!(" by `{test}`"))
    } else if printed.contains(&format!("test {test} ... ok")) {
        Err(format!("it survives {test}"))
    } else {
        Err(format!("it did not run:\n{errors}"))
    }
}

#[test]
fn every_planted_bug_is_found_by_the_search_that_claims_it() {
    let product = Copy::of(&["core", "loom-tests", "planted-bugs"], env!("CARGO_TARGET_TMPDIR"), "mutants");
    each_is_found(&product, MUTANTS.iter().copied().flatten(), |mutant| search(&product, mutant));
}

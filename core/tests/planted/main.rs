//! The power of the naive model (`oracle/whole`): planted bugs in a copy of the product, each of which a run with five times the usual
//! number of cases must find (with the usual one a bug or two survive a run now and then).
//!
//! `cargo test -p allotment --test planted -- --ignored --nocapture`, some seconds each; `ONLY=text` for those whose name holds
//! the text. A bug whose text is not there exactly once, that does not compile or that survives fails the test.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on without its files")]

mod bugs;

use planted_bugs::{Copy, each_is_found};

use bugs::BUGS;

const TEST: &str = "whole::d5_d14_g6_every_answer_of_a_random_history_is_the_models";

/// What the model says first about `product`; an error if it says nothing.
fn say(product: &Copy) -> Result<String, String> {
    let mut cargo = product.cargo();
    cargo.args(["test", "-p", "allotment", "--test", "oracle", "--", "--exact", TEST]);
    cargo.env("RUSTFLAGS", "-A warnings").env("RUST_BACKTRACE", "0");
    // What it fails with is enough; how short that can be made is not asked here.
    cargo.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("PROPTEST_CASES", "1000");
    let output = cargo.output().unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if printed.contains(&format!("test {TEST} ... FAILED")) {
        let said = printed.lines().chain(errors.lines()).find(|line| line.starts_with("assertion"));
        let said: String = said.unwrap_or("it panics").chars().take(160).collect();
        Ok(format!("\n  {said}"))
    } else if printed.contains(&format!("test {TEST} ... ok")) {
        Err("it survives".to_owned())
    } else {
        Err(format!("it did not run:\n{errors}"))
    }
}

#[test]
#[ignore = "a build for each: some minutes"]
fn every_planted_bug_is_found_by_the_model() {
    let product = Copy::of(&["core", "planted-bugs"], env!("CARGO_TARGET_TMPDIR"), "planted");
    each_is_found(&product, BUGS, |_| say(&product));
}

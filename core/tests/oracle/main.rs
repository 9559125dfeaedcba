//! Decisions against oracles that are so simple that they are unlikely to be wrong: buckets in exact arithmetic, and a
//! sequential model of the whole enforcer. `PROPTEST_CASES` sets how many cases, `ALLOTMENT_SEED` repeats a failure.
//!
//! Power: planted one at a time in the product, each of these is found here: a wait one nanosecond early, or late; a drift
//! of a millisecond; tenant named before agent; a bucket that starts anew at a swap; a deadline or a tool's cap that the
//! short way overlooks; a place given back twice, or not; what was spent forgotten by a sweep; a preview that counts;
//! a limiter that forgets a bucket before it is full, or that keeps a line at the wrong instant.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/seed.rs"]
mod seed;

mod bucket;
mod conservation;
mod limiter;
mod model;
mod rates;
mod refunds;
mod sequential;
mod swap;

use proptest::test_runner::{Config, RngSeed};

/// `cases`, unless the environment says how many; the seed is printed.
fn cases(cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed::seed()), ..Config::default() }
}

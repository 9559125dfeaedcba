//! Decisions against oracles that are so simple that they are unlikely to be wrong: buckets in exact arithmetic, and a
//! sequential model of the whole enforcer. `PROPTEST_CASES` sets how many cases, `ALLOTMENT_SEED` repeats a failure.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/seed.rs"]
mod seed;

mod bucket;
mod model;
mod rates;
mod sequential;

use proptest::test_runner::{Config, RngSeed};

/// `cases`, unless the environment says how many; the seed is printed.
fn cases(cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed::seed()), ..Config::default() }
}

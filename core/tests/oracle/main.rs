//! Decisions against oracles that are so simple that they are unlikely to be wrong: buckets in exact arithmetic, a naive model of the
//! whole enforcer (`whole`), a ledger of what was done (`conservation`). `PROPTEST_CASES` sets how many cases, `ALLOTMENT_SEED` repeats
//! a failure.
//!
//! Power: `tests/planted` plants bugs that `whole` must find; `conservation` has a table of its own. Planted by hand, one at a time, each of
//! these is found here too: a drift of a millisecond; a bucket that starts anew at a swap; what was spent forgotten by a sweep; a limiter that forgets a bucket before it is
//! full, or that keeps a line at the wrong instant.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/seed.rs"]
mod seed;

mod bucket;
mod conservation;
mod limiter;
mod rates;
mod refunds;
mod swap;
mod whole;

use proptest::test_runner::{Config, RngSeed};

/// `cases`, unless the environment says how many; the seed is printed.
fn cases(cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed::seed()), ..Config::default() }
}

//! Decisions against oracles that are so simple that they are unlikely to be wrong: a bucket in exact rationals, and a
//! sequential model of the whole enforcer. `PROPTEST_CASES` sets how many cases; a failure prints its seed, and
//! `PROPTEST_RNG_SEED` repeats it.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod bucket;
mod model;
mod rates;
mod sequential;

/// `cases`, unless the environment says how many.
fn cases(cases: u32) -> proptest::prelude::ProptestConfig {
    let usual = proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { proptest::prelude::ProptestConfig { cases, ..usual } }
}

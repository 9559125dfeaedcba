//! Where randomness begins: a seed that is printed, and that the environment can set to repeat a failure.

use std::hash::{BuildHasher, RandomState};

/// The seed in `ALLOTMENT_SEED`, or a random one. A failing test shows what is printed.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("ALLOTMENT_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one("seed"));
    println!("ALLOTMENT_SEED={seed}");
    seed
}

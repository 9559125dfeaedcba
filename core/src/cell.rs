//! Single numbers that stand for themselves (L1): no other word has to agree with them.
//!
//! | type | transitions | ordering |
//! | --- | --- | --- |
//! | [`Tally`] | grows by one | `Relaxed`: a statistic; nothing is published through it |
//! | [`Stamp`] | replaced whole | `Release` on set, `Acquire` on get: what was written before the stamp is seen after it |

use crate::sync::{AtomicU64, Ordering};

/// A statistic that only grows.
#[derive(Debug)]
pub(crate) struct Tally(AtomicU64);

impl Default for Tally {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Tally {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A word that is replaced whole: a generation, a deadline, a digest.
#[derive(Debug)]
pub(crate) struct Stamp(AtomicU64);

impl Stamp {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        // Acquire: pairs with the release in `set` and `raise`.
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, value: u64) {
        // Release: pairs with the acquire in `get`.
        self.0.store(value, Ordering::Release);
    }

    /// Sets it to `value` unless it is higher already.
    pub(crate) fn raise(&self, value: u64) {
        // AcqRel: pairs with the acquire in `get`; raises by several threads leave the highest.
        self.0.fetch_max(value, Ordering::AcqRel);
    }
}

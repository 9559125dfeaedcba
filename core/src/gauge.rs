//! [`Gauge`]: how many of something there are now, with a maximum, in one atomic word (L1).
//!
//! It grants a place only below the maximum it is given, and never hands one out after it was retired.
//!
//! **State**: bit 63 `retired`, the rest `count`.
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `acquire` | count → count + 1, if not retired and below the maximum | `AcqRel` |
//! | `release` | count → count − 1 | `AcqRel` |
//! | `retire` | 0 → retired | `AcqRel` |
//!
//! **Orderings.** Acquire in `acquire` pairs with the release in `release`: whoever takes a place sees what its last
//! holder did. **Invariants**: never above the maximum (loom: `creations_against_the_cap_never_pass_it`); a release
//! without a place cannot take the count below zero; a retired gauge stays empty (loom:
//! `a_retired_account_never_gets_a_session`).

use crate::sync::{AtomicU64, Ordering};

const RETIRED: u64 = 1 << 63;

/// A count of things there are now.
#[derive(Debug)]
pub(crate) struct Gauge(AtomicU64);

/// Why a gauge gives no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All are taken.
    Full {
        /// How many that is.
        count: u64,
    },
    /// The owner was removed; look it up again.
    Retired,
}

impl Default for Gauge {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Gauge {
    /// How many there are now.
    pub(crate) fn count(&self) -> u64 {
        // Acquire: pairs with the release half of the updates.
        self.0.load(Ordering::Acquire) & !RETIRED
    }

    /// Takes a place if fewer than `max` are taken; gives the new count.
    pub(crate) fn acquire(&self, max: u64) -> Result<u64, NoPlace> {
        self.update(|word| match word {
            RETIRED.. => Err(NoPlace::Retired),
            count if count >= max => Err(NoPlace::Full { count }),
            count => Ok(count + 1),
        })
    }

    /// Gives a place back.
    pub(crate) fn release(&self) {
        let released = self.update(|word| if word & !RETIRED == 0 { Err(()) } else { Ok(word - 1) });
        debug_assert!(released.is_ok(), "a place was given back that nobody held");
    }

    /// Closes an empty gauge for good; whether it was empty (and not retired before).
    pub(crate) fn retire(&self) -> bool {
        self.update(|word| if word == 0 { Ok(RETIRED) } else { Err(()) }).is_ok()
    }

    fn update<E>(&self, step: impl Fn(u64) -> Result<u64, E>) -> Result<u64, E> {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let next = step(seen)?;
            // AcqRel: see the header. Acquire on failure: the retry starts from what the other update released.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(next),
                Err(word) => seen = word,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_below_the_maximum_only_and_never_after_retirement() {
        let gauge = Gauge::default();
        assert_eq!((gauge.acquire(2), gauge.acquire(2)), (Ok(1), Ok(2)));
        assert_eq!(gauge.acquire(2), Err(NoPlace::Full { count: 2 }));
        assert!(!gauge.retire());
        gauge.release();
        gauge.release();
        assert!(gauge.retire() && !gauge.retire());
        assert_eq!((gauge.acquire(2), gauge.count()), (Err(NoPlace::Retired), 0));
    }

    #[test]
    #[cfg(not(debug_assertions))]
    fn d22_a_count_cannot_go_below_zero() {
        let gauge = Gauge::default();
        gauge.release();
        assert_eq!(gauge.count(), 0);
    }
}

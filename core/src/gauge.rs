//! [`Gauge`]: how many of something there are now, with a maximum, in one atomic word (L1).
//!
//! It grants a place only below the maximum it is given, and never hands one out after it was retired.
//!
//! **State**, 64 bits: `retired` (1 bit), `entries` (31 bits, how many places were ever taken, wrapping), `count` (32).
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `acquire` | count, entries → + 1, if not retired and below the maximum | `AcqRel` |
//! | `release` | count → count − 1 | `AcqRel` |
//! | `visit` | entries → + 1, if not retired | `AcqRel` |
//! | `retire` | retired, if nobody entered since [`Gauge::empty`] said so | `AcqRel` |
//!
//! **Why `entries`.** Whoever retires an account first makes sure that nothing would be lost. Between that and the retirement
//! a session could come, spend and go again, and leave the count at 0 as it was; it cannot leave `entries` as it was.
//!
//! **Why `visit`.** Whoever charges an account without a place in it looks afterwards whether it was retired meanwhile. If it was not,
//! whoever wanted to has to look again, and finds the charge.
//!
//! **Orderings.** Acquire in `acquire` and `empty` pairs with the release in `release`: whoever finds a place or an
//! empty gauge sees what its last holder did. **Invariants**: never above the maximum (loom:
//! `creations_against_the_cap_never_pass_it`); a release without a place cannot take the count below zero; what was
//! spent is never forgotten (loom: `an_account_that_was_used_meanwhile_is_not_retired`,
//! `a_charge_without_a_place_is_not_forgotten`). **Limits**: 2³² − 1 places.

use crate::sync::{AtomicU64, Ordering};

const RETIRED: u64 = 1 << 63;
const ONE_ENTRY: u64 = 1 << 32;
const COUNT: u64 = ONE_ENTRY - 1;

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

/// Proof that a gauge was empty, to retire it with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Empty(u64);

impl Default for Gauge {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Gauge {
    /// How many there are now.
    pub(crate) fn count(&self) -> u64 {
        self.load() & COUNT
    }

    /// Takes a place if fewer than `max` are taken; gives the new count.
    pub(crate) fn acquire(&self, max: u64) -> Result<u64, NoPlace> {
        let taken = self.update(|word| match word & COUNT {
            _ if word & RETIRED != 0 => Err(NoPlace::Retired),
            count if count >= max.min(COUNT) => Err(NoPlace::Full { count }),
            // The entries wrap within their field.
            _ => Ok((word + 1).wrapping_add(ONE_ENTRY) & !RETIRED),
        });
        taken.map(|word| word & COUNT)
    }

    /// Gives a place back.
    pub(crate) fn release(&self) {
        let released = self.update(|word| if word & COUNT == 0 { Err(()) } else { Ok(word - 1) });
        debug_assert!(released.is_ok(), "a place was given back that nobody held");
    }

    /// Keeps whoever has found it empty before from retiring it; whether it was not retired by then.
    pub(crate) fn visit(&self) -> bool {
        let next = |word: u64| word.wrapping_add(ONE_ENTRY) & !RETIRED;
        self.update(|word| if word & RETIRED == 0 { Ok(next(word)) } else { Err(()) }).is_ok()
    }

    /// Proof that it is empty now, if it is.
    pub(crate) fn empty(&self) -> Option<Empty> {
        let word = self.load();
        (word & (COUNT | RETIRED) == 0).then_some(Empty(word))
    }

    /// Closes it for good if nobody entered since `empty`; whether this call did.
    pub(crate) fn retire(&self, empty: Empty) -> bool {
        self.update(|word| if word == empty.0 { Ok(RETIRED) } else { Err(()) }).is_ok()
    }

    fn load(&self) -> u64 {
        // Acquire: pairs with the release half of `update`.
        self.0.load(Ordering::Acquire)
    }

    fn update<E>(&self, step: impl Fn(u64) -> Result<u64, E>) -> Result<u64, E> {
        let mut seen = self.load();
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
        assert!(gauge.empty().is_none());
        gauge.release();
        gauge.release();
        let empty = gauge.empty().expect("empty");
        assert!(gauge.retire(empty) && !gauge.retire(empty) && gauge.empty().is_none());
        assert_eq!((gauge.acquire(2), gauge.count()), (Err(NoPlace::Retired), 0));
    }

    #[test]
    fn who_came_and_went_meanwhile_keeps_it_from_being_retired() {
        let gauge = Gauge::default();
        let empty = gauge.empty().expect("empty");
        assert!(gauge.acquire(1).is_ok());
        gauge.release();
        assert!(!gauge.retire(empty));
        let empty = gauge.empty().expect("empty again");
        assert!(gauge.visit() && !gauge.retire(empty), "visited meanwhile");
        assert!(gauge.retire(gauge.empty().expect("empty still")) && !gauge.visit());
    }

    #[test]
    fn entries_wrap_without_touching_the_rest() {
        let gauge = Gauge(AtomicU64::new(!RETIRED & !COUNT));
        assert_eq!((gauge.acquire(9), gauge.count()), (Ok(1), 1));
        gauge.release();
        assert!(gauge.empty().is_some());
    }

    #[test]
    fn a_visit_leaves_every_place_taken() {
        let gauge = Gauge(AtomicU64::new(!RETIRED & !COUNT));
        assert!(gauge.acquire(9).is_ok() && gauge.visit() && gauge.visit());
        assert_eq!((gauge.count(), gauge.acquire(9)), (1, Ok(2)));
        let full = Gauge(AtomicU64::new(!RETIRED));
        assert!(full.visit(), "the entries wrap within their field here too");
        assert_eq!(full.count(), COUNT);
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "nobody held")]
    // D22
    fn d22_to_give_back_a_place_that_nobody_held_is_a_mistake() {
        Gauge::default().release();
    }

    #[test]
    #[cfg(not(debug_assertions))]
    // D22
    fn d22_a_count_cannot_go_below_zero() {
        let gauge = Gauge::default();
        gauge.release();
        assert_eq!(gauge.count(), 0);
    }
}

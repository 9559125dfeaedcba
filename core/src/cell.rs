//! Single numbers that stand for themselves (L1): no other word has to agree with them.
//!
//! | type | transitions | ordering |
//! | --- | --- | --- |
//! | [`Tally`] | grows and shrinks | `Relaxed`: a statistic; nothing is published through it |
//! | [`Latch`] | open → shut, once | `AcqRel`: of all who try one shuts it, and sees what was done before |
//! | [`Stamp`] | replaced whole, or raised | `Release` on set, `Acquire` on get: what was written before the stamp is seen after it |

use crate::sync::{AtomicU64, Ordering};

/// A statistic.
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

    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn sub(&self, amount: u64) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
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

    /// Adds `amount` unless that passes `max`; the sum, if it was added.
    pub(crate) fn add(&self, amount: u64, max: u64) -> Option<u64> {
        let mut seen = self.get();
        loop {
            let sum = seen.checked_add(amount).filter(|&sum| sum <= max)?;
            // AcqRel: pairs with the acquire in `get`. Acquire on failure: the retry starts from what the other has added.
            match self.0.compare_exchange_weak(seen, sum, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(sum),
                Err(other) => seen = other,
            }
        }
    }

    /// Puts `to` in place of `from`; whether it was still there.
    pub(crate) fn replace(&self, from: u64, to: u64) -> bool {
        // AcqRel: pairs with the acquire in `get`; of several that replace the same value one does.
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Sets it to `value` unless it is higher already.
    pub(crate) fn raise(&self, value: u64) {
        // AcqRel: pairs with the acquire in `get`; raises by several threads leave the highest.
        self.0.fetch_max(value, Ordering::AcqRel);
    }
}

/// Something that ends exactly once.
#[derive(Debug)]
pub(crate) struct Latch(AtomicU64);

impl Default for Latch {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Latch {
    /// Shuts it; whether this call did.
    pub(crate) fn shut(&self) -> bool {
        // AcqRel: only one call reads 0; it sees what was done before. Acquire on failure: so does who comes late.
        self.0.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(crate) fn is_shut(&self) -> bool {
        // Acquire: pairs with the release in `shut`.
        self.0.load(Ordering::Acquire) != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_what_was_added_less_what_was_taken() {
        let tally = Tally::default();
        tally.add(7);
        tally.add_one();
        tally.sub(3);
        assert_eq!(tally.get(), 5);
    }

    #[test]
    fn a_stamp_grows_up_to_its_maximum_inclusive_or_stays() {
        let stamp = Stamp::new(5);
        assert_eq!((stamp.add(3, 7), stamp.get()), (None, 5));
        assert_eq!((stamp.add(2, 7), stamp.get()), (Some(7), 7));
        assert_eq!((stamp.add(u64::MAX, u64::MAX), stamp.get()), (None, 7), "nor beyond what it can hold");
    }

    #[test]
    fn a_stamp_is_replaced_only_where_it_is_what_it_was() {
        let stamp = Stamp::new(5);
        assert!(!stamp.replace(4, 9) && stamp.get() == 5);
        assert!(stamp.replace(5, 9) && stamp.get() == 9);
        stamp.set(2);
        assert_eq!(stamp.get(), 2);
    }

    #[test]
    fn a_stamp_is_raised_and_never_lowered() {
        let stamp = Stamp::new(5);
        stamp.raise(3);
        assert_eq!(stamp.get(), 5);
        stamp.raise(8);
        assert_eq!(stamp.get(), 8);
    }

    #[test]
    fn a_latch_is_shut_by_one_call_and_stays_so() {
        let latch = Latch::default();
        assert!(!latch.is_shut());
        assert_eq!([latch.shut(), latch.shut()], [true, false]);
        assert!(latch.is_shut());
    }
}

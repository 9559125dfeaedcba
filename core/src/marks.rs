//! [`Marks`]: up to 64 things that are said once, in one atomic word (L1): a soft threshold that fires at its crossing.
//!
//! Of all who set a mark that is clear, exactly one is told so. A mark that stands already costs a load and no write.
//!
//! **State**, 64 bits: a mark each.
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `set` | clear → set | `AcqRel` |
//! | `clear` | set → clear | `AcqRel` |
//!
//! **Orderings.** Acquire in both pairs with the release of the other: who fires again after a limit was raised sees the raised
//! limit. **Invariants**: set and cleared in turn, each told to one (loom: `a_mark_is_newly_set_once`); no mark touches another
//! (`a_mark_leaves_the_others_alone`). **Limits**: 64 marks; one more does not compile.

use crate::sync::{AtomicU64, Ordering};

/// One of the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl Mark {
    /// The mark at `place`, 0 to 63: for constants, where a place outside does not compile.
    ///
    /// # Panics
    /// Elsewhere, on a place outside.
    pub(crate) const fn at(place: u32) -> Self {
        assert!(place < u64::BITS, "there are 64 marks");
        Self(1 << place)
    }
}

/// A set of marks.
#[derive(Debug)]
pub(crate) struct Marks(AtomicU64);

impl Default for Marks {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Marks {
    /// Sets `mark`; whether this call did.
    pub(crate) fn set(&self, mark: Mark) -> bool {
        // AcqRel: only one call reads it clear; see the header.
        !self.has(mark) && self.0.fetch_or(mark.0, Ordering::AcqRel) & mark.0 == 0
    }

    /// Clears `mark`, so that it can be newly set; whether this call did.
    pub(crate) fn clear(&self, mark: Mark) -> bool {
        // AcqRel: only one call reads it set; see the header.
        self.has(mark) && self.0.fetch_and(!mark.0, Ordering::AcqRel) & mark.0 != 0
    }

    /// Whether `mark` is set.
    pub(crate) fn has(&self, mark: Mark) -> bool {
        // Acquire: pairs with the release in `set` and `clear`.
        self.0.load(Ordering::Acquire) & mark.0 != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const FIRST: Mark = Mark::at(0);
    const LAST: Mark = Mark::at(63);

    #[test]
    fn a_mark_is_newly_set_until_it_is_cleared() {
        let marks = Marks::default();
        assert_eq!([marks.set(FIRST), marks.set(FIRST), marks.has(FIRST)], [true, false, true]);
        assert_eq!([marks.clear(FIRST), marks.clear(FIRST), marks.has(FIRST)], [true, false, false]);
        assert!(marks.set(FIRST));
    }

    #[test]
    fn a_mark_leaves_the_others_alone() {
        let marks = Marks::default();
        assert!(marks.set(LAST) && !marks.has(FIRST) && marks.set(FIRST));
        assert!(marks.clear(LAST) && marks.has(FIRST) && !marks.has(LAST));
    }

    #[test]
    #[should_panic(expected = "there are 64 marks")]
    fn there_is_no_sixty_fifth_mark() {
        let _ = Mark::at(64);
    }
}

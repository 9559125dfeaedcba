//! [`Depth`]: how deep discoveries nest now and how deep they ever did, in one atomic word (L1).
//!
//! It gives a level only up to the maximum it is told, and never forgets the deepest it gave.
//!
//! **State**, 64 bits: `deepest` (32 bits, levels, the most there ever were), `current` (32 bits, levels entered and not left).
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `enter` | current → + 1, below the maximum; deepest → the higher of both | `AcqRel` |
//! | `leave` | current → − 1, above 0 | `AcqRel` |
//!
//! **Why one word.** With `deepest` beside it, a snapshot could show a depth that is deeper than the deepest.
//!
//! **Orderings.** Acquire in `enter` and `load` pairs with the release of every update: who is given a level that another has left
//! sees what was done on it. **Invariants**: never above the maximum, and the deepest is never less than any level given out (loom:
//! `discoveries_never_nest_deeper_than_the_maximum`); leaving once too often leaves 0 (`d22_a_depth_cannot_go_below_zero`).
//! **Limits**: 2³² − 1 levels; past it, it denies.

use crate::sync::{AtomicU64, Ordering};

const DEEPEST_AT: u32 = 32;
const CURRENT: u64 = (1 << DEEPEST_AT) - 1;

/// A nesting with a maximum and a memory.
#[derive(Debug)]
pub(crate) struct Depth(AtomicU64);

/// The level that was entered: 1 is the first. To be left by [`Depth::leave`], whoever holds it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a level that is never left keeps others from being entered"]
pub(crate) struct Level(pub(crate) u64);

/// A level is not given: the one about to be entered would be deeper than the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep {
    /// How many levels are entered.
    pub(crate) current: u64,
    /// How many there may be.
    pub(crate) max: u64,
}

impl Default for Depth {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl Depth {
    /// Enters the next level if there are fewer than `max`; `None`: as deep as the word can count.
    pub(crate) fn enter(&self, max: Option<u64>) -> Result<Level, TooDeep> {
        let max = max.map_or(CURRENT, |max| max.min(CURRENT));
        self.update(|(current, deepest)| {
            let level = current + 1;
            if level > max { Err(TooDeep { current, max }) } else { Ok((level, deepest.max(level))) }
        })
        .map(Level)
    }

    /// Leaves the deepest level; whether there was one.
    pub(crate) fn leave(&self) -> bool {
        self.update(|(current, deepest)| current.checked_sub(1).map(|current| (current, deepest)).ok_or(()))
            .is_ok()
    }

    /// How many levels are entered now, and the most there ever were, at one instant.
    pub(crate) fn load(&self) -> (u64, u64) {
        // Acquire: pairs with the release half of `update`.
        unpack(self.0.load(Ordering::Acquire))
    }

    /// Applies `step` to current and deepest until nobody was in between; gives the new current.
    fn update<E>(&self, step: impl Fn((u64, u64)) -> Result<(u64, u64), E>) -> Result<u64, E> {
        // Acquire: pairs with the release half below.
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let (current, deepest) = step(unpack(seen))?;
            let next = deepest << DEEPEST_AT | current;
            // AcqRel: see the header. Acquire on failure: the retry starts from what the other update released.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(current),
                Err(word) => seen = word,
            }
        }
    }
}

fn unpack(word: u64) -> (u64, u64) {
    (word & CURRENT, word >> DEEPEST_AT)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    // E14
    fn e14_the_level_about_to_be_entered_counts() {
        let depth = Depth::default();
        assert_eq!((depth.enter(Some(2)), depth.enter(Some(2))), (Ok(Level(1)), Ok(Level(2))));
        assert_eq!(depth.enter(Some(2)), Err(TooDeep { current: 2, max: 2 }));
        assert_eq!(depth.enter(Some(1)), Err(TooDeep { current: 2, max: 1 }), "a limit tightened meanwhile");
        assert_eq!(depth.enter(None), Ok(Level(3)));
        assert_eq!(Depth::default().enter(Some(0)), Err(TooDeep { current: 0, max: 0 }));
    }

    #[test]
    // E15
    fn e15_the_deepest_is_remembered() {
        let depth = Depth::default();
        let levels = [depth.enter(None), depth.enter(None)];
        assert_eq!(levels, [Ok(Level(1)), Ok(Level(2))]);
        assert!(depth.leave());
        assert_eq!(depth.load(), (1, 2));
        assert!(depth.enter(Some(1)).is_err());
        assert!(depth.leave());
        assert_eq!(depth.enter(None), Ok(Level(1)));
        assert_eq!(depth.load(), (1, 2));
    }

    #[test]
    // D22
    fn d22_a_depth_cannot_go_below_zero() {
        let depth = Depth::default();
        assert!(!depth.leave());
        assert_eq!(depth.load(), (0, 0));
        assert_eq!(depth.enter(Some(1)), Ok(Level(1)));
    }

    #[test]
    // D22
    fn d22_a_full_word_denies() {
        let depth = Depth(AtomicU64::new(u64::MAX));
        assert_eq!(depth.enter(None), Err(TooDeep { current: CURRENT, max: CURRENT }));
        assert!(depth.leave());
        assert_eq!(depth.load(), (CURRENT - 1, CURRENT));
        assert_eq!(depth.enter(None), Ok(Level(CURRENT)));
    }
}

//! [`Streak`]: how often in a row the same step was taken, in one atomic word (L1).
//!
//! It lets a step begin only while fewer than `limit` steps like it were taken in a row, and never lets two begin at once; a
//! step that is refused later leaves no trace. It does not know what a step is: a [`Fingerprint`] stands for it.
//!
//! **State**, 64 bits: `fingerprint` (47 bits, of the last step; 0: unknown or none), `tentative` (1 bit, that step has begun and is
//! not decided yet), `count` (16 bits, how often in a row).
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `begin` | decided → tentative; same step: count + 1; another: count = 1; unknown: count = 0 | `Acquire` |
//! | `commit` | tentative → decided | `Release` |
//! | `undo` | tentative → the word that `begin` found | `Release` |
//!
//! **Why tentative.** An admission asks here first and may be refused by a budget later. Suppose that `begin` simply counted. The
//! model has taken step A three times, the limit, and then asks for B, which its budget refuses: B has broken the row all
//! the same, and A passes three times more. So a refused B has to be put back. Suppose that `undo` puts back the word from
//! before B, without a mark: between B's begin and its undo another thread takes A, which is the first in a row for it, and the undo
//! throws that A away; a thousand threads take a thousand A. With the mark nobody begins in between: whoever meets it is told
//! [`Refused::InTheWay`] and asks again, boundedly. A thread that dies in between leaves the mark: it denies, it never admits.
//!
//! **Orderings.** Acquire in `begin` pairs with the release in `commit` and `undo`: steps follow one another, and each sees what the
//! one before did until it was decided. Nobody else writes a tentative word, so its owner can simply store.
//! **Invariants**: never more than `limit` in a row, in the order of commits (loom: `no_step_is_taken_more_often_in_a_row_than_its_limit`);
//! a refused step leaves the word as it was (loom: `a_refused_step_does_not_break_a_row`, `a_refused_step_takes_nobodys_place`).
//! **Limits**: 65,535 in a row ([`Streak::LIMIT_MAX`]); past it, it denies, whatever the limit says.

use crate::fingerprint::Fingerprint;
use crate::sync::{AtomicU64, Ordering};

const COUNT: u64 = (1 << 16) - 1;
const TENTATIVE: u64 = 1 << 16;
const FINGERPRINT_AT: u32 = 17;
const _: () = assert!(FINGERPRINT_AT + Fingerprint::BITS == u64::BITS);

/// The row that the last steps of a session make.
#[derive(Debug)]
pub(crate) struct Streak(AtomicU64);

/// A step that has begun: to be given to [`Streak::commit`] or [`Streak::undo`] of the same streak.
#[derive(Debug)]
#[must_use = "until it is committed or undone, no other step can begin"]
pub(crate) struct Attempt {
    before: u64,
    after: u64,
}

/// Why a step cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It would be a repetition too many.
    Loop {
        /// How often in a row it was taken.
        count: u64,
    },
    /// Another step has begun and is not decided; ask again.
    InTheWay,
}

impl Default for Streak {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an attempt is decided once, and gone")]
impl Streak {
    /// The most that a limit can be.
    pub(crate) const LIMIT_MAX: u64 = COUNT;

    /// Begins a step, if fewer than `limit` like it were taken in a row. With a limit of 3, three pass and the fourth, which is
    /// the third repetition, does not. `None`, a step that nobody knows, repeats nothing and breaks the row.
    pub(crate) fn begin(&self, step: Option<Fingerprint>, limit: u64) -> Result<Attempt, Refused> {
        let same = step.map_or(0, |step| step.get() << FINGERPRINT_AT);
        // Acquire: pairs with the release in `decide`.
        let mut before = self.0.load(Ordering::Acquire);
        loop {
            let count = if before & !(COUNT | TENTATIVE) == same { before & COUNT } else { 0 };
            let after = match step {
                _ if before & TENTATIVE != 0 => return Err(Refused::InTheWay),
                Some(_) if count >= limit.min(COUNT) => return Err(Refused::Loop { count }),
                Some(_) => same | (count + 1),
                None => 0,
            };
            // Acquire: pairs with the release in `decide`, also on failure. No release: a mark publishes nothing.
            match self.0.compare_exchange_weak(
                before,
                after | TENTATIVE,
                Ordering::Acquire,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(Attempt { before, after }),
                Err(word) => before = word,
            }
        }
    }

    /// The step was taken.
    pub(crate) fn commit(&self, attempt: Attempt) {
        let Attempt { after, .. } = attempt;
        self.decide(after);
    }

    /// The step was refused: as if it had not begun.
    pub(crate) fn undo(&self, attempt: Attempt) {
        let Attempt { before, .. } = attempt;
        self.decide(before);
    }

    fn decide(&self, word: u64) {
        // Release: pairs with the acquire in `begin`. A store, because nobody else writes a tentative word.
        self.0.store(word, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A step by its number; 0 is one that nobody knows.
    fn step(n: u64) -> Option<Fingerprint> {
        (n > 0).then(|| Fingerprint::new(n << FINGERPRINT_AT))
    }

    fn take(streak: &Streak, step: Option<Fingerprint>, limit: u64) -> Result<(), Refused> {
        streak.begin(step, limit).map(|attempt| streak.commit(attempt))
    }

    #[test]
    // E19
    fn e19_three_in_a_row_pass_and_the_fourth_does_not() {
        let streak = Streak::default();
        for _ in 0..3 {
            assert_eq!(take(&streak, step(1), 3), Ok(()));
        }
        for _ in 0..2 {
            assert_eq!(take(&streak, step(1), 3), Err(Refused::Loop { count: 3 }));
        }
        assert_eq!(take(&streak, step(2), 3), Ok(()), "another step breaks the row");
        assert_eq!(take(&streak, step(1), 1), Ok(()));
        assert_eq!(take(&streak, step(0), 1), Ok(()), "a step that nobody knows breaks it too");
        assert_eq!(take(&streak, step(0), 0), Ok(()), "and repeats nothing");
        assert_eq!(take(&streak, step(1), 1), Ok(()));
        assert_eq!(take(&streak, step(1), 2), Ok(()), "a higher limit goes on with the row");
        assert_eq!(take(&streak, step(1), 1), Err(Refused::Loop { count: 2 }), "so does a lower one");
    }

    #[test]
    fn a_limit_of_zero_lets_no_known_step_begin() {
        assert_eq!(take(&Streak::default(), step(1), 0), Err(Refused::Loop { count: 0 }));
    }

    #[test]
    fn until_a_step_is_decided_no_other_begins() {
        let streak = Streak::default();
        let attempt = streak.begin(step(1), 3).expect("nothing in the way");
        for other in [step(1), step(2), step(0)] {
            assert_eq!(take(&streak, other, 3), Err(Refused::InTheWay));
        }
        streak.undo(attempt);
        assert_eq!(streak.0.into_inner(), 0);
    }

    #[test]
    // D22
    fn d22_the_count_never_leaves_its_field() {
        let streak = Streak::default();
        for _ in 0..Streak::LIMIT_MAX {
            assert_eq!(take(&streak, step(7), u64::MAX), Ok(()));
        }
        assert_eq!(take(&streak, step(7), u64::MAX), Err(Refused::Loop { count: 65_535 }));
        assert_eq!(take(&streak, step(8), u64::MAX), Ok(()));
    }

    proptest! {
        /// Against the list of all steps taken, in plain words.
        #[test]
        fn a_row_is_what_the_list_of_steps_taken_says(
            asked in prop::collection::vec((0..3u64, 0..4u64, any::<bool>()), 0..60)
        ) {
            let streak = Streak::default();
            let mut taken: Vec<Option<Fingerprint>> = Vec::new();
            for (n, limit, admitted) in asked {
                let step = step(n);
                let row = taken.iter().rev().take_while(|&&last| last == step && last.is_some()).count() as u64;
                match streak.begin(step, limit) {
                    Ok(attempt) => {
                        prop_assert!(step.is_none() || row < limit, "{} in a row against {}", row, limit);
                        if admitted {
                            streak.commit(attempt);
                            taken.push(step);
                        } else {
                            streak.undo(attempt);
                        }
                    }
                    Err(refused) => {
                        prop_assert!(step.is_some() && row >= limit, "refused at {} against {}", row, limit);
                        prop_assert_eq!(refused, Refused::Loop { count: row });
                    }
                }
            }
        }
    }
}

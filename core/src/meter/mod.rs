//! [`Meter`]: one resource of one account in one 128-bit atomic word (L1). Time is an argument.
//!
//! It grants a debit only where the budget and the bucket cover it, in one compare-and-swap; it never lets `spent` pass
//! the budget it was given, never mints what the rate did not, and admits nothing once its gate is shut. It knows
//! nothing of other meters: holds are how an admission over several of them keeps its place (`admission`).
//!
//! **State**: see [`word`]. One word, so that gate, holds, budget and rate change in one step.
//!
//! **Transitions**, all through [`Meter::swap`]:
//!
//! | method | from → to | ordering |
//! | --- | --- | --- |
//! | `debit` | spent, tat → more; with `hold`, holds + 1 | `AcqRel` |
//! | `commit` | holds − 1 | `AcqRel` |
//! | `undo` | spent, tat → less; holds − 1 | `AcqRel` |
//! | `credit` | spent, tat → less | `AcqRel` |
//! | `charge` | spent, tat → more, past the limit if need be | `AcqRel` |
//! | `seal` | no holds → sealed, for good | `AcqRel` |
//! | `gate` | open ⇄ paused → expired, closed | `AcqRel` |
//! | `retire` | open → closed, if the bucket is full | `AcqRel` |
//!
//! **Orderings.** Acquire, here and in `load`, pairs with the release of every other update: whoever sees a gate shut
//! on the last meter of an admission also sees the debits that the admission made on its other meters before it. A
//! relaxed update fails the loom test `after_close_returns_the_outer_meter_shows_every_admission`.
//!
//! **Invariants**, each with its check in `loom-tests`: never over (`one_meter_never_admits_more_than_its_budget`); an
//! undo never mints (`an_undo_on_a_refilling_meter_mints_nothing`, and the property test here); nothing lands once the
//! gate is shut (`no_admission_lands_after_close`); nothing is lost with a retired meter (`an_eviction_gives_nobody_tokens`).
//!
//! **Limits**: 2⁵⁵ − 1 units spent, 126 admissions at once; past either, it denies.

mod mint;
mod word;

pub(crate) use mint::{Grain, Plan};
pub(crate) use word::{Lack, Limit, SPENT_MAX, Take, Word};

use crate::sync::{AtomicU128, Ordering, patiently};
use crate::units::{Nanos, Status};

/// One resource of one account.
#[derive(Debug)]
pub(crate) struct Meter(AtomicU128);

/// What an update found, and what it made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) before: Word,
    pub(crate) after: Word,
}

impl Change {
    /// Whether it has spent more than the budget of `limit`, which was read after it: a budget that was raised meanwhile covers it.
    pub(crate) fn overruns(&self, limit: Limit<'_>) -> bool {
        self.after.spent() > self.before.spent() && self.after.spent() > limit.budget
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self(AtomicU128::new(Word::NEW.bits()))
    }
}

impl Meter {
    /// The state at some instant during the call.
    #[inline]
    pub(crate) fn load(&self) -> Word {
        // Acquire: pairs with the release half of `swap`.
        Word::from_bits(self.0.load(Ordering::Acquire))
    }

    /// Puts `next` in place of `seen`, if nobody was in between; else gives what stands there.
    #[inline]
    fn swap(&self, seen: Word, next: Word) -> Result<Change, Word> {
        // AcqRel: acquires what every earlier update released, releases what its caller did before.
        // Acquire on failure: pairs with the release of the update that was in between.
        match self.0.compare_exchange_weak(seen.bits(), next.bits(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(Change { before: seen, after: next }),
            Err(bits) => Err(Word::from_bits(bits)),
        }
    }

    /// Applies `step` until nobody was in between; gives what it changed, or the error that stopped it.
    #[inline]
    fn update<E>(&self, seen: Word, step: impl Fn(Word) -> Result<Word, E>) -> Result<Change, E> {
        let mut seen = seen;
        loop {
            match self.swap(seen, step(seen)?) {
                Ok(change) => return Ok(change),
                Err(other) => seen = other,
            }
        }
    }

    /// Debits `take`, starting from `seen`, a recent [`Meter::load`]. `minted` is the limit's curve at the time of
    /// the decision. With `hold` the debit is tentative until [`Meter::commit`] or [`Meter::undo`].
    #[expect(
        clippy::inline_always,
        reason = "most of it folds where `take` and `hold` are constants, as on the plain way"
    )]
    #[inline(always)]
    pub(crate) fn debit(
        &self,
        seen: Word,
        take: Take,
        limit: Limit<'_>,
        minted: u64,
        hold: bool,
    ) -> Result<Word, Lack> {
        // `update`, written out: its step as a closure is not inlined.
        let mut seen = seen;
        loop {
            match self.swap(seen, seen.debited(take, limit, minted, hold)?) {
                Ok(change) => return Ok(change.after),
                Err(other) => seen = other,
            }
        }
    }

    /// The same, unless `threshold` units or more have been spent.
    #[inline]
    pub(crate) fn debit_below(
        &self,
        threshold: u64,
        seen: Word,
        take: Take,
        limit: Limit<'_>,
        minted: u64,
        hold: bool,
    ) -> Result<Word, Lack> {
        let step = |word: Word| word.below(threshold)?.debited(take, limit, minted, hold);
        self.update(seen, step).map(|change| change.after)
    }

    /// Makes a held debit final.
    #[inline]
    pub(crate) fn commit(&self, seen: Word) {
        let Ok(_) = self.update(seen, |word| Ok::<_, core::convert::Infallible>(word.committed()));
    }

    /// Takes a held debit of `take` back, which was decided when the plan's curve stood at `minted`.
    ///
    /// What has been minted since may have refilled the debit already, and is not given back a second time. (A bound by the
    /// tat that the debit wrote would be wrong: another undo may have moved the debit down meanwhile.)
    ///
    /// The clock is read after each look at the word, so no debit that is already in the word was decided at a later
    /// time than the one the credit is bounded by; with a time read earlier, the undo could mint.
    pub(crate) fn undo(
        &self,
        take: Take,
        plan: Option<&Plan>,
        minted: u64,
        now: impl Fn() -> Nanos,
    ) -> Change {
        let Ok(change) = self.update(self.load(), |word| {
            let credit = plan.map_or(0, |plan| plan.unrefilled(take.paced, minted, now()));
            Ok::<_, core::convert::Infallible>(word.undone(take.units, credit))
        });
        change
    }

    /// Gives back `unused` of a committed debit of `paced` units of the bucket, which was decided when the plan's curve stood at
    /// `minted`; of the bucket no more than cannot have been refilled since (see [`Meter::undo`]). What it wrote.
    pub(crate) fn credit(
        &self,
        unused: Take,
        paced: u64,
        plan: Option<&Plan>,
        minted: u64,
        now: impl Fn() -> Nanos,
    ) -> Change {
        let Ok(change) = self.update(self.load(), |word| {
            let credit =
                plan.map_or(0, |p| p.unrefilled(paced, minted, now()).min(p.parts_owed(unused.paced)));
            Ok::<_, core::convert::Infallible>(word.credited(unused.units, credit))
        });
        change
    }

    /// Debits `take` whatever the limit says, because it has been spent: the budget may be overrun and the bucket may owe
    /// more than it holds, and both refuse what follows. What it wrote.
    ///
    /// Before it passes the budget it waits for holds. What is held may be taken back, so whether the budget is overrun, and by how
    /// much, is only known without them; and past the budget nothing more is held. A thread that never lets go is waited for as long
    /// as an admission would wait: then what it takes back later counts as overrun until it does.
    pub(crate) fn charge(&self, take: Take, limit: Limit<'_>, now: Nanos) -> Change {
        let owed = limit.plan.map(|plan| (plan.parts_owed(take.paced), plan.minted(now)));
        let charged = |before: Word| Change { before, after: before.charged(take.units, owed) };
        let certain = |before: Word| {
            let change = charged(before);
            if before.is_held() && change.overruns(limit) { Err(()) } else { Ok(change.after) }
        };
        patiently(|| self.update(self.load(), certain).ok()).unwrap_or_else(|| {
            let Ok(change) =
                self.update(self.load(), |before| Ok::<_, core::convert::Infallible>(charged(before).after));
            change
        })
    }

    /// Makes sure that no admission will ever hold it again, and gives what stands then. `Err` while some hold it.
    pub(crate) fn seal(&self) -> Result<Change, ()> {
        self.update(self.load(), Word::sealed)
    }

    /// Moves the gate to `to` if `allowed` says so of where it stands. `Ok`: this call moved it. `Err`: where it
    /// stands instead. Leaving open or paused therefore happens once, whoever calls.
    pub(crate) fn gate(&self, to: Status, allowed: impl Fn(Status) -> bool) -> Result<Change, Status> {
        self.update(
            self.load(),
            |word| if allowed(word.gate()) { Ok(word.gated(to)) } else { Err(word.gate()) },
        )
    }

    /// Shuts it for good if nothing would be lost with it, the curve being at `minted`: it is open, nothing is held, and its bucket
    /// is full in that very step. `Err`: the word that would be lost. It asks for no budget.
    pub(crate) fn retire(&self, minted: u64) -> Result<Change, Word> {
        let shut = |word: Word| word.gated(Status::Closed);
        self.update(self.load(), |word| if word.is_blank(minted) { Ok(shut(word)) } else { Err(word) })
    }
}

#[cfg(test)]
mod tests;

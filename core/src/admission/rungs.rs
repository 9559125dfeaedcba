//! [`admit_at_once`]: one call of each of a few meters, where all of them have plenty. The same three steps as a [`Chain`](super::Chain), on no more
//! than they need: what a chain carries along for naming a denial, for partial grants and for what is past its budget is not wanted here,
//! because whatever is not admitted at once is decided by a chain.
//!
//! **Invariants**, as the chain's: never over, all or nothing, and nothing is left held (loom: `the_last_call_that_an_agent_allows_is_admitted_once_and_leaves_nothing_behind`).

use crate::meter::{Limit, Meter, Take, Word};
use crate::units::Nanos;

/// One meter's part.
#[derive(Debug)]
pub(crate) struct Rung<'a> {
    meter: &'a Meter,
    limit: Limit<'a>,
    /// The curve of the limit's plan at the time of the decision.
    minted: u64,
    /// What the meter was seen to hold, then what the debit wrote.
    word: Word,
}

impl<'a> Rung<'a> {
    /// One call of `meter`, which is held to `limit`, decided at `now`.
    #[inline]
    pub(crate) fn new(meter: &'a Meter, limit: Limit<'a>, now: Nanos) -> Self {
        let minted = limit.plan.map_or(0, |plan| plan.minted(now));
        Self { meter, limit, minted, word: meter.load() }
    }

    /// What its debit wrote.
    pub(crate) fn word(&self) -> Word {
        self.word
    }

    #[inline]
    fn has_plenty(&self) -> bool {
        self.word.debited(Take::ONE, self.limit, self.minted, true).is_ok()
    }

    #[inline]
    fn debit(&mut self, hold: bool) -> bool {
        let debited = self.meter.debit(self.word, Take::ONE, self.limit, self.minted, hold);
        debited.map(|word| self.word = word).is_ok()
    }
}

/// Debits one call of `gate` and of each of `outer`, which stand in naming order, if all of them have plenty; whether it did. If not, nothing is
/// debited. `now` reads the clock again, for undoing.
#[inline]
pub(crate) fn admit_at_once(gate: &mut Rung<'_>, outer: &mut [Rung<'_>], now: &impl Fn() -> Nanos) -> bool {
    // Look: what is refused anyway disturbs nobody.
    if !gate.has_plenty() || !outer.iter().all(Rung::has_plenty) {
        return false;
    }
    // Debit, outermost first and the gate last.
    for index in (0..outer.len()).rev() {
        if !outer[index].debit(true) {
            undo(&outer[index + 1..], now);
            return false;
        }
    }
    if !gate.debit(false) {
        undo(outer, now);
        return false;
    }
    for rung in outer {
        rung.meter.commit(rung.word);
    }
    true
}

/// Takes back what `rungs` were debited for the time being.
#[cold]
fn undo(rungs: &[Rung<'_>], now: &impl Fn() -> Nanos) {
    for rung in rungs {
        rung.meter.undo(Take::ONE, rung.limit.plan, rung.minted, now);
    }
}

//! One debit on a key's meter, and forgetting one: the order in which eviction never gives anyone tokens.
//!
//! **Invariant.** A limiter that forgets decides as one that never does: the debit that comes after an eviction writes the very
//! word that it would have written on the evicted meter. Two things make it so.
//!
//! 1. *The entry's own word orders debit and eviction.* [`Meter::retire`] shuts a meter only if its bucket is full in that same
//!    compare-and-swap. A debit that came before it leaves a bucket that is not full, so nothing is evicted; one that comes after
//!    it finds the meter shut, debits nothing and looks the key up again. Checked first and shut then, a debit in between is lost.
//! 2. *The clock is read after the look-up.* Whoever evicts reads the clock before it shuts the meter, so whoever finds the next
//!    one reads a time that is no earlier: `tat ≤ minted(evicted) ≤ minted(now)`, and `max(tat, minted(now))`, on which a debit
//!    builds, is the same with the old tat and without. Read before the look-up, the debit would be dated before the eviction, on
//!    a bucket that has forgotten what it owed then: what was minted in between would be given out twice.
//!
//! loom: `an_eviction_gives_nobody_tokens`, with a planted bug for each. The map itself is not model-checked (papaya does not run
//! under loom): [`Place`] is all that this relies on.
//!
//! The clock must not run backwards between threads; a time-stamp counter that `quanta` trusts does not.

use crate::meter::{Lack, Limit, Meter, Plan, Take};
use crate::sync::{ATTEMPTS, back_off};
use crate::units::Nanos;

/// Where the meter of one key stands.
pub(crate) trait Place {
    /// The meter that the key has now, made if need be.
    fn meter(&self) -> Result<&Meter, Refused>;

    /// Takes the key's meter out if it is shut. Whoever finds it so does this, and need not wait for who shut it.
    fn clear(&self);
}

/// Why a debit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is not held, and there is no place for it.
    NoRoom,
    /// The bucket does not cover the amount; decided at this time.
    Lacks(Lack, Nanos),
    /// Somebody was just forgetting a key, or this one was forgotten again and again, for too long.
    Contended,
}

/// What the meter of a key is held to.
pub(crate) fn limit(plan: &Plan) -> Limit<'_> {
    Limit { budget: Limit::NO_BUDGET, plan: Some(plan) }
}

/// Debits `amount` units of `plan` at `place`; `now` reads the clock.
#[inline]
pub(crate) fn debit(
    place: &impl Place,
    amount: u64,
    plan: &Plan,
    now: &impl Fn() -> Nanos,
) -> Result<(), Refused> {
    for attempt in 0..ATTEMPTS {
        let meter = place.meter()?;
        // Not before the look-up: see the header.
        let at = now();
        match meter.debit(meter.load(), Take::both(amount), limit(plan), plan.minted(at), false) {
            Ok(_) => return Ok(()),
            Err(Lack::Shut(_)) => {
                place.clear();
                back_off(attempt);
            }
            Err(lack) => return Err(Refused::Lacks(lack, at)),
        }
    }
    Err(Refused::Contended)
}

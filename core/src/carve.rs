//! Carve-outs (L3): budgets that were moved out of a parent's at once, and what is left of them returns.
//!
//! What the parent has spent on such a session is a function of one word, that of the session's own meter: the whole budget, or
//! what has been spent if that is more; once the meter is sealed, what has been spent and no more ([`share`]). So whoever changes
//! the word passes on to the parent by how much that changed the share ([`pass_up`]), and as every change of a word happens once,
//! so does what it passes on.
//!
//! **Why a seal.** A session may end while a reservation on it is open. If its end gave back what is left, and the settlement,
//! which finds it ended, gave back what it did not use, then a settlement just before the end would be given back twice, and if
//! neither did, lost. The seal is a bit of the word that both change. It waits for holds, because what is held may be taken back
//! (loom: `what_is_carved_out_returns_once`).
//!
//! **Limits**: a thread that dies in the middle of an admission keeps the meter from being sealed. Then nothing of that budget
//! returns, and the session is never swept: funds are lost, and none made.

use crate::admission::{Chain, Charge, Refusal};
use crate::meter::{Change, Take, Word};
use crate::reservation::Receipt;
use crate::session::SessionState;
use crate::sync::patiently;
use crate::units::{Nanos, Resource};

/// By how much what somebody has spent is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    More(u64),
    Less(u64),
}

/// What the parent has spent on a session whose `budget` was carved out of its own, the session's meter being at `word`.
fn share(word: Word, budget: u64) -> u64 {
    if word.is_sealed() { word.spent() } else { word.spent().max(budget) }
}

/// By how much `change` of a session's word changes what its parent has spent on it.
fn shift_of(change: Change, budget: u64) -> Option<Shift> {
    let (before, after) = (share(change.before, budget), share(change.after, budget));
    match after.checked_sub(before) {
        Some(0) => None,
        Some(more) => Some(Shift::More(more)),
        None => Some(Shift::Less(before - after)),
    }
}

/// Passes on what `change` of the meter of `resource` means for those whose budget it was carved out of. `lineage`: the session whose
/// meter it is, then those it was delegated from, nearest first. Whether that overran some budget.
pub(crate) fn pass_up<'a>(
    mut lineage: impl Iterator<Item = &'a SessionState>,
    resource: Resource,
    change: Change,
) -> bool {
    let Some(first) = lineage.next().filter(|first| first.carved().has(resource)) else { return false };
    shift_of(change, first.limit(resource).budget).is_some_and(|shift| apply(lineage, resource, shift))
}

/// Admits `chain` the way that `admit` says, and passes on what was undone meanwhile beyond a budget that was carved out, whether
/// it is admitted in the end or not. `lineage`: the sessions of the chain, by owner.
pub(crate) fn admit<'a, 'b>(
    chain: &mut Chain<'b>,
    lineage: &(impl Iterator<Item = &'a SessionState> + Clone),
    admit: impl FnOnce(&mut Chain<'b>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let decided = admit(chain);
    for &(index, change) in chain.undone_beyond() {
        let charge = &chain.charges()[index];
        pass_up(lineage.clone().skip(charge.owner), charge.resource, change);
    }
    decided
}

/// Charges `chain` without asking, and passes on what that means above. `lineage`: the sessions of the chain, by owner. `late` charges
/// in its place an account that was forgotten meanwhile. Whether that overran some budget.
pub(crate) fn charge<'a>(
    chain: &Chain<'_>,
    lineage: &(impl Iterator<Item = &'a SessionState> + Clone),
    now: Nanos,
    late: impl Fn(&Charge<'_>) -> Option<bool>,
) -> bool {
    let charges = chain.charges().iter().filter(|charge| !charge.take.is_nothing());
    charges.fold(false, |overrun, charge| {
        let change = charge.meter.charge(charge.take, charge.limit, now);
        let above = || pass_up(lineage.clone().skip(charge.owner), charge.resource, change);
        overrun | late(charge).unwrap_or_else(|| above() | change.overruns(charge.limit_now()))
    })
}

/// Corrects what the first of `lineage` was debited for a reservation to `actual`, and passes on what that means above. Whether that
/// overran some budget.
pub(crate) fn settle<'a>(
    mut lineage: impl Iterator<Item = &'a SessionState> + Clone,
    receipt: Receipt,
    actual: u64,
    now: &impl Fn() -> Nanos,
) -> bool {
    let resource = receipt.resource;
    let all = lineage.clone();
    let Some(session) = lineage.next() else { return false };
    let change = receipt.settle(session.account().meter(resource), session.limit(resource), actual, now);
    change.is_some_and(|change| pass_up(all, resource, change) | change.overruns(session.limit(resource)))
}

/// Changes what `lineage` has spent of `resource`: the first of it, and whoever shares a pool with it.
pub(crate) fn apply<'a>(
    lineage: impl Iterator<Item = &'a SessionState>,
    resource: Resource,
    shift: Shift,
) -> bool {
    let (mut shift, mut overrun) = (shift, false);
    for session in lineage {
        let change = session.shift(resource, shift);
        let limit = session.limit(resource);
        overrun |= change.overruns(limit);
        if session.carved().has(resource) {
            let Some(further) = shift_of(change, limit.budget) else { break };
            shift = further;
        }
    }
    overrun
}

/// Gives back what is left of the budgets that were carved out for the first of `lineage`, which has ended. Asked twice, it gives
/// back once. Whether it gave back everything: not where some admission holds a meter for longer than patience lasts.
pub(crate) fn give_back<'a>(lineage: &(impl Iterator<Item = &'a SessionState> + Clone)) -> bool {
    let Some(session) = lineage.clone().next() else { return true };
    let mut all = true;
    for resource in session.carved().iter() {
        let meter = session.account().meter(resource);
        match patiently(|| meter.seal().ok()) {
            Some(change) => _ = pass_up(lineage.clone(), resource, change),
            None => all = false,
        }
    }
    all
}

impl SessionState {
    /// Changes what is spent of `resource` without asking, and without touching the rate.
    fn shift(&self, resource: Resource, shift: Shift) -> Change {
        let meter = self.account().meter(resource);
        let units = |units| Take { units, paced: 0 };
        match shift {
            Shift::More(more) => meter.charge(units(more), self.limit(resource), Nanos::ZERO),
            Shift::Less(less) => meter.credit(units(less), 0, None, 0, || Nanos::ZERO),
        }
    }
}

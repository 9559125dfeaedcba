//! Admission (L3): the demand of one call on all its meters, all or nothing. The heart of the product.
//!
//! The naive way, check every meter and then add to each, admits too much: two callers pass the check together. Adding
//! to one after the other and taking back at the first refusal never admits too much, but lies: while one caller's
//! debit waits to be taken back, another is told that the budget is gone. So:
//!
//! 1. **Look.** Read every meter in naming order. The first that really lacks funds names the denial. A lack where other
//!    admissions have holds is not real yet: they may be taken back.
//! 2. **Debit**, outermost first, each with a hold, so that others can see that it is not final. The session's own
//!    `calls` meter comes last and without a hold: that compare-and-swap sees the session's gate and is the moment of
//!    admission. All chains debit in the same order, so two admissions cannot starve each other.
//! 3. **Commit** the holds; or, where a debit was refused, **undo** in reverse and look again, so that it is always a
//!    look that names a denial.
//!
//! **Invariants**, each with its loom test: never over and all or nothing (`two_meters_race_for_the_last_unit`,
//! `three_threads_race_for_the_last_unit_over_two_meters`); a budget denial is truthful
//! (`a_terminal_denial_is_truthful`); nothing lands after close (`no_admission_lands_after_close`).
//!
//! A thread that dies between 2 and 3 leaves holds behind: they deny (as `contended`), they never admit.

mod rungs;

pub(crate) use rungs::{Rung, admit_at_once};
use smallvec::SmallVec;

use crate::account::Allowance;
use crate::meter::{Change, Lack, Limit, Meter, SPENT_MAX, Take, Word};
use crate::sync::{ATTEMPTS, back_off};
use crate::units::{Nanos, Resource, Scope, Status};

/// One meter's part in an admission.
#[derive(Debug)]
pub(crate) struct Charge<'a> {
    pub(crate) meter: &'a Meter,
    pub(crate) limit: Limit<'a>,
    /// What the limit is a copy of, where a top-up may have raised it since.
    allowance: Option<&'a Allowance>,
    pub(crate) take: Take,
    /// From how many units spent on nothing is admitted, whatever is demanded.
    pub(crate) threshold: u64,
    pub(crate) scope: Scope,
    pub(crate) resource: Resource,
    /// Which tool's cap, where the scope is a tool's.
    pub(crate) slot: u32,
    /// Which of the caller's accounts it belongs to.
    pub(crate) owner: usize,
    /// The curve of the limit's plan at the time of the decision.
    pub(crate) minted: u64,
    /// What the debit wrote.
    pub(crate) after: Word,
}

/// The charges of one admission, in naming order: tool caps, session, ancestors, agent, tenant.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    charges: SmallVec<[Charge<'a>; 4]>,
    /// Which of them is the session's own `calls`.
    gate: usize,
    owner: usize,
    now: Nanos,
    /// What undoing changed on meters that were past their budget, by the index of the charge.
    undone_beyond: SmallVec<[(usize, Change); 0]>,
}

/// Why an admission is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The session's gate is not open.
    Shut(Status),
    /// The charge of this index lacks funds.
    Lacks(usize, Lack),
    /// Other admissions were in the way at this charge all the time.
    Contended(usize),
}

/// What a look finds.
enum Look {
    Clear,
    /// A charge lacks funds, or room for a hold, only because others are at it: admissions under way, or a top-up.
    InTheWay(usize),
}

impl<'a> Chain<'a> {
    /// An empty chain for a decision at `now`.
    pub(crate) fn new(now: Nanos) -> Self {
        Self { charges: SmallVec::new(), gate: usize::MAX, owner: 0, now, undone_beyond: SmallVec::new() }
    }

    /// Says whose the charges are that come next.
    pub(crate) fn owned_by(&mut self, owner: usize) {
        self.owner = owner;
    }

    /// Adds the next charge in naming order. An unlimited meter is charged too: it counts.
    pub(crate) fn push(
        &mut self,
        meter: &'a Meter,
        limit: Limit<'a>,
        take: Take,
        scope: Scope,
        resource: Resource,
    ) {
        let minted = limit.plan.map_or(0, |plan| plan.minted(self.now));
        self.charges.push(Charge {
            meter,
            limit,
            allowance: None,
            take,
            threshold: u64::MAX,
            scope,
            resource,
            slot: 0,
            owner: self.owner,
            minted,
            after: Word::NEW,
        });
    }

    /// Adds the charge on the cap of the tool in `slot`.
    pub(crate) fn push_cap(&mut self, meter: &'a Meter, budget: u64, amount: u64, slot: u32) {
        self.push(meter, Limit { budget, plan: None }, Take::both(amount), Scope::Tool, Resource::Calls);
        if let Some(charge) = self.charges.last_mut() {
            charge.slot = slot;
        }
    }

    /// Adds the charge whose meter is the gate: the session's own `calls`.
    pub(crate) fn push_gate(&mut self, meter: &'a Meter, limit: Limit<'a>, take: Take) {
        self.gate = self.charges.len();
        self.push(meter, limit, take, Scope::Session, Resource::Calls);
    }

    /// Admits nothing once `threshold` units have been spent on the meter of the last charge.
    pub(crate) fn stop_at(&mut self, threshold: u64) {
        if let Some(charge) = self.charges.last_mut() {
            charge.threshold = threshold;
        }
    }

    /// Says what the limit of the last charge is a copy of: a refusal looks there again.
    pub(crate) fn held_to(&mut self, allowance: &'a Allowance) {
        if let Some(charge) = self.charges.last_mut() {
            charge.allowance = Some(allowance);
        }
    }

    /// The charges, in naming order.
    pub(crate) fn charges(&self) -> &[Charge<'a>] {
        &self.charges
    }

    /// What undoing changed on meters that were past their budget meanwhile, by the index of the charge.
    pub(crate) fn undone_beyond(&self) -> &[(usize, Change)] {
        &self.undone_beyond
    }

    /// The charge of the gate.
    pub(crate) fn gate(&self) -> &Charge<'a> {
        &self.charges[self.gate]
    }

    /// Debits every charge or none. `now` reads the clock again, for undoing.
    pub(crate) fn admit(&mut self, now: &impl Fn() -> Nanos) -> Result<(), Refusal> {
        self.persist(|chain| {
            let Look::Clear = chain.look()? else { return Ok(None) };
            Ok(chain.debit(now).then_some(()))
        })
    }

    /// The same, but of each resource as much as there is, if that is less than demanded and no less than `least`.
    pub(crate) fn admit_at_least(
        &mut self,
        least: impl Fn(Resource) -> u64,
        now: &impl Fn() -> Nanos,
    ) -> Result<(), Refusal> {
        let wanted: SmallVec<[Take; 4]> = self.charges.iter().map(|charge| charge.take).collect();
        for count in 0..ATTEMPTS {
            self.settle_for(&wanted, &least);
            match self.admit(now) {
                // What there was, somebody else has taken meanwhile.
                Err(Refusal::Lacks(index, Lack::Budget { .. } | Lack::Rate { .. }))
                    if self.charges[index].demanded() > least(self.charges[index].resource) =>
                {
                    back_off(count);
                }
                decided => return decided,
            }
        }
        Err(Refusal::Contended(self.gate))
    }

    /// Demands of each resource what all its meters have, between `least` and what is `wanted`.
    fn settle_for(&mut self, wanted: &[Take], least: impl Fn(Resource) -> u64) {
        for (charge, &take) in self.charges.iter_mut().zip(wanted) {
            charge.take = take;
        }
        let there: SmallVec<[(Resource, u64); 4]> =
            self.charges.iter().map(|charge| (charge.resource, charge.available())).collect();
        for charge in &mut self.charges {
            let available = there.iter().filter(|(resource, _)| *resource == charge.resource).map(|at| at.1);
            let amount = available.fold(charge.demanded(), u64::min).max(least(charge.resource));
            charge.take = charge.take.at_most(amount);
        }
    }

    /// Whether every charge could be debited, and what would be written, without writing it.
    pub(crate) fn preview(&mut self) -> Result<(), Refusal> {
        self.persist(|chain| Ok(matches!(chain.look()?, Look::Clear).then_some(())))?;
        for charge in &mut self.charges {
            charge.after = charge.step(charge.after, false).unwrap_or(charge.after);
        }
        Ok(())
    }

    /// Tries until there is an answer or the bound is reached.
    fn persist(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<Option<()>, Refusal>,
    ) -> Result<(), Refusal> {
        for count in 0..ATTEMPTS {
            if let Some(done) = attempt(self)? {
                return Ok(done);
            }
            back_off(count);
        }
        // One more look, to name where it is crowded, or what became true in the meantime.
        match self.look()? {
            Look::InTheWay(index) => Err(Refusal::Contended(index)),
            Look::Clear => Err(Refusal::Contended(self.gate)),
        }
    }

    fn look(&mut self) -> Result<Look, Refusal> {
        let gate = self.gate().meter.load();
        if !gate.is_open() {
            return Err(Refusal::Shut(gate.gate()));
        }
        let (mut in_the_way, mut refused) = (None, None);
        for (index, charge) in self.charges.iter_mut().enumerate() {
            let hold = index != self.gate;
            // The gate is read once: what it lacks it lacked while it was open.
            let seen = if hold { charge.meter.load() } else { gate };
            let Err(lack) = charge.step(seen, hold) else {
                charge.after = seen;
                continue;
            };
            if matches!(lack, Lack::Budget { .. }) && charge.is_topped_up() {
                in_the_way = in_the_way.or(Some(index));
                continue;
            }
            let real = match lack {
                // Whatever others take back, this will not fit.
                Lack::Rate { at: None, .. } | Lack::Shut(_) => true,
                Lack::Budget { limit, .. } if charge.take.units > limit => true,
                Lack::Rate { .. } | Lack::Budget { .. } | Lack::Threshold { .. } => seen.holds() == 0,
                Lack::Crowded => false,
            };
            if real {
                refused = Some(refused.map_or((index, lack), |(first, named)| (first, later(named, lack))));
                continue;
            }
            in_the_way = in_the_way.or(Some(index));
        }
        match refused {
            Some((index, lack)) => Err(Refusal::Lacks(index, lack)),
            None => Ok(in_the_way.map_or(Look::Clear, Look::InTheWay)),
        }
    }

    /// Debits outermost first and the gate last; whether all of it stands.
    fn debit(&mut self, now: &impl Fn() -> Nanos) -> bool {
        for index in (0..self.charges.len()).rev().filter(|&index| index != self.gate) {
            if !self.charges[index].debit(true) {
                self.undo_above(index, now);
                return false;
            }
        }
        if !self.charges[self.gate].debit(false) {
            self.undo_above(usize::MAX, now);
            return false;
        }
        for (index, charge) in self.charges.iter().enumerate() {
            if index != self.gate {
                charge.meter.commit(charge.after);
            }
        }
        true
    }

    /// Takes back every hold debited before the refusal at `index`, the last first.
    fn undo_above(&mut self, index: usize, now: &impl Fn() -> Nanos) {
        let debited = index.checked_add(1).unwrap_or(0);
        for (index, charge) in
            self.charges.iter().enumerate().skip(debited).filter(|&(index, _)| index != self.gate)
        {
            let change = charge.meter.undo(charge.take, charge.limit.plan, charge.minted, now);
            if change.before.spent() > charge.limit.budget {
                self.undone_beyond.push((index, change));
            }
        }
    }
}

/// `named`, the lack that names the denial, with the wait after which `other` is over too: the demand is admitted when no
/// meter lacks funds any more, and never where one of them lacks them for good.
fn later(named: Lack, other: Lack) -> Lack {
    let Lack::Rate { limit, available, at } = named else { return named };
    let at = match other {
        Lack::Rate { at: other, .. } => at.zip(other).map(|(one, other)| one.max(other)),
        Lack::Budget { .. } | Lack::Threshold { .. } | Lack::Shut(_) | Lack::Crowded => None,
    };
    Lack::Rate { limit, available, at }
}

impl<'a> Charge<'a> {
    /// What a debit would make of `word`.
    fn step(&self, word: Word, hold: bool) -> Result<Word, Lack> {
        word.below(self.threshold)?.debited(self.take, self.limit, self.minted, hold)
    }

    /// Whether its budget was raised since the limit was read, which is read again then: what is spent up to the old one is no refusal, and
    /// what was spent by then may not be a grant any more, so it takes another look. Budgets are only raised: one that is the same after
    /// the meter was read was the same before.
    fn is_topped_up(&mut self) -> bool {
        let before = self.limit.budget;
        self.limit = self.limit_now();
        self.limit.budget > before
    }

    /// The limit, its budget read again.
    pub(crate) fn limit_now(&self) -> Limit<'a> {
        let budget = self.allowance.map(|allowance| allowance.limit(self.resource).budget);
        Limit { budget: budget.unwrap_or(self.limit.budget), ..self.limit }
    }

    fn demanded(&self) -> u64 {
        self.take.units.max(self.take.paced)
    }

    /// How much of what it demands its meter has now.
    fn available(&self) -> u64 {
        let Self { meter, take, limit, minted, .. } = self;
        let word = meter.load();
        let units =
            if take.units == 0 { u64::MAX } else { limit.budget.min(SPENT_MAX).saturating_sub(word.spent()) };
        let paced =
            limit.plan.filter(|_| take.paced > 0).map_or(u64::MAX, |plan| word.paced_in(plan, *minted));
        units.min(paced)
    }

    fn debit(&mut self, hold: bool) -> bool {
        let Self { meter, after, take, limit, minted, threshold, .. } = *self;
        match meter.debit_below(threshold, after, take, limit, minted, hold) {
            Ok(word) => {
                self.after = word;
                true
            }
            Err(_) => false,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

//! [`Account`] and [`Allowance`]: a node's meters, and what they are held to (L3).

use std::sync::Arc;

use crate::cell::{Stamp, Tally};
use crate::error::Error;
use crate::meter::{Grain, Limit, Meter, Plan, Word};
use crate::policy::Limits;
use crate::sync::OnceLock;
use crate::units::{Nanos, Rate, Resource, Split};

/// The meters of one node of the tree. Calls are always metered, because their word is the node's gate; the rest
/// comes into being when it is first used, so that a session that only counts calls stays small.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Account {
    calls: Meter,
    rest: OnceLock<Box<Rest>>,
}

#[derive(Debug, Default)]
struct Rest {
    steps: Meter,
    discovered: Meter,
    tokens: Meter,
    cost: Meter,
    /// How much of what is spent is reserved and not settled yet, in the order of `METERED` without the calls.
    reserved: [Tally; BESIDE_CALLS],
    /// Tokens by kind, as they were reported: input, output, cached.
    split: [Tally; 3],
}

impl Account {
    /// The meter of the gate.
    #[inline]
    pub(crate) fn calls(&self) -> &Meter {
        &self.calls
    }

    /// The meter of `resource`, made if need be. What is not metered counts as calls.
    pub(crate) fn meter(&self, resource: Resource) -> &Meter {
        let rest = || self.rest.get_or_init(Box::default);
        match resource {
            Resource::Steps => &rest().steps,
            Resource::DiscoveredSteps => &rest().discovered,
            Resource::Tokens => &rest().tokens,
            Resource::Cost => &rest().cost,
            _ => &self.calls,
        }
    }

    /// How much of what is spent of `resource` is reserved and not settled yet: a statistic beside the meter's word. `None` as
    /// long as nothing but calls was ever metered.
    pub(crate) fn reserved(&self, resource: Resource) -> Option<&Tally> {
        let place = place_of(resource)?.checked_sub(1)?;
        self.rest.get().map(|rest| &rest.reserved[place])
    }

    /// Counts tokens by kind.
    pub(crate) fn split(&self, split: Split) {
        if split != Split::NONE {
            let figures = [split.input, split.output, split.cached];
            self.rest.get_or_init(Box::default).split.iter().zip(figures).for_each(|(tally, n)| tally.add(n));
        }
    }

    /// The tokens counted by kind.
    pub(crate) fn split_so_far(&self) -> Split {
        self.rest.get().map_or(Split::NONE, |rest| {
            let [input, output, cached] = rest.split.each_ref().map(Tally::get);
            Split { input, output, cached }
        })
    }

    /// The state of the meter of `resource`, without making one.
    pub(crate) fn peek(&self, resource: Resource) -> Word {
        if resource == Resource::Calls || self.rest.get().is_some() {
            self.meter(resource).load()
        } else {
            Word::NEW
        }
    }
}

/// The resources that an admission debits, in the order in which they name a denial.
pub(crate) const METERED: [Resource; 5] =
    [Resource::Calls, Resource::Steps, Resource::DiscoveredSteps, Resource::Tokens, Resource::Cost];

/// How many they are without the calls.
pub(crate) const BESIDE_CALLS: usize = METERED.len() - 1;

/// Where `resource` stands in [`METERED`], if it does.
#[inline]
pub(crate) const fn place_of(resource: Resource) -> Option<usize> {
    match resource {
        Resource::Calls => Some(0),
        Resource::Steps => Some(1),
        Resource::DiscoveredSteps => Some(2),
        Resource::Tokens => Some(3),
        Resource::Cost => Some(4),
        _ => None,
    }
}

/// Some of the metered resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Resources(u8);

impl Resources {
    pub(crate) const fn has(self, resource: Resource) -> bool {
        self.0 & 1 << resource as u8 != 0
    }

    pub(crate) const fn with(self, resource: Resource) -> Self {
        Self(self.0 | 1 << resource as u8)
    }

    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Resource> {
        METERED.into_iter().filter(move |&resource| self.has(resource))
    }
}

/// The resources of which `limits` are a budget.
pub(crate) fn budgets_of(limits: &Limits) -> Resources {
    let Limits { calls, steps, discovered_steps, tokens, cost, .. } = *limits;
    let given = [calls, steps, discovered_steps, tokens, cost.map(crate::units::NanoUsd::get)];
    let given = METERED.into_iter().zip(given).filter(|(_, budget)| budget.is_some());
    given.fold(Resources::default(), |budgets, (resource, _)| budgets.with(resource))
}

/// What an account is held to, compiled: per resource a budget and a plan.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Allowance {
    calls: Line,
    rest: Option<Box<[Line; BESIDE_CALLS]>>,
}

#[derive(Debug)]
#[repr(C)]
struct Line {
    /// Raised by a top-up, never lowered: whoever reads it late reads too little.
    budget: Stamp,
    plan: Option<Arc<Plan>>,
    /// The last plan, where there is none now: the meter's word still counts along its curve.
    past: Option<Arc<Plan>>,
}

impl Default for Line {
    fn default() -> Self {
        Self::new(Limit::NO_BUDGET, None)
    }
}

impl Allowance {
    /// Compiles `limits`, each rate by `compile`, so that equal ones can share a plan. Errors: budgets above the maximum, and those of
    /// `compile`.
    pub(crate) fn compiled(
        limits: &Limits,
        compile: impl Fn(Rate, Grain) -> Result<Arc<Plan>, Error>,
    ) -> Result<Self, Error> {
        limits.check()?;
        let line = |budget: Option<u64>, rate: Option<Rate>, grain, name: &str| {
            let plan = rate.map(|rate| compile(rate, grain)).transpose();
            let plan = plan.map_err(|e| Error::new(name, e.value(), e.problem()))?;
            Ok(Line::new(budget.unwrap_or(Limit::NO_BUDGET), plan))
        };
        let calls = line(limits.calls, limits.rate, Grain::Milli, "rate")?;
        let rest = [
            line(limits.steps, None, Grain::Milli, "steps_rate")?,
            line(limits.discovered_steps, None, Grain::Milli, "discovered_steps_rate")?,
            line(limits.tokens, limits.tokens_rate, Grain::Milli, "tokens_rate")?,
            line(limits.cost.map(crate::units::NanoUsd::get), limits.cost_rate, Grain::Whole, "cost_rate")?,
        ];
        let wanted = rest.iter().any(|line| !line.limit().is_none());
        Ok(Self { calls, rest: wanted.then(|| Box::new(rest)) })
    }

    /// The same, each rate with a plan of its own.
    #[cfg(any(test, loom, shuttle))]
    pub(crate) fn new(limits: &Limits) -> Result<Self, Error> {
        Self::compiled(limits, |rate, grain| Plan::new(rate, grain).map(Arc::new))
    }

    /// Admits nothing, of no resource.
    pub(crate) fn nothing() -> Self {
        let nothing = || Line::new(0, None);
        Self { calls: nothing(), rest: Some(Box::new(core::array::from_fn(|_| nothing()))) }
    }

    /// How many of its bytes, from the first, say what the limit on calls is.
    #[cfg(all(test, not(any(loom, shuttle))))]
    pub(crate) const fn read_of_calls() -> usize {
        core::mem::offset_of!(Line, past)
    }

    /// The limit on calls.
    #[inline]
    pub(crate) fn calls(&self) -> Limit<'_> {
        self.calls.limit()
    }

    /// The limit on `resource`.
    pub(crate) fn limit(&self, resource: Resource) -> Limit<'_> {
        self.line(resource).map_or(Limit::NONE, Line::limit)
    }

    fn line(&self, resource: Resource) -> Option<&Line> {
        match place_of(resource)? {
            0 => Some(&self.calls),
            place => self.rest.as_ref().map(|rest| &rest[place - 1]),
        }
    }

    /// The plan along which the bucket of the meter of `resource` counts.
    pub(crate) fn last_plan(&self, resource: Resource) -> Option<&Plan> {
        self.line(resource)?.last_plan().map(Arc::as_ref)
    }

    /// What the budget of `resource` would be, raised by `amount`. Errors: there is none to raise, or it would be too large.
    pub(crate) fn raised(&self, resource: Resource, amount: u64, max: u64) -> Result<u64, Error> {
        let line = self.line(resource).filter(|line| line.budget.get() != Limit::NO_BUDGET);
        let problem = |problem: &str| Error::new(resource.argument(), amount, problem);
        let line = line.ok_or_else(|| problem("raises a budget that is unlimited"))?;
        let raised = line.budget.get().checked_add(amount).filter(|&raised| raised <= max);
        raised.ok_or_else(|| problem("raises the budget above the maximum"))
    }

    /// Raises the budget of `resource` by `amount`. Errors: as [`Allowance::raised`].
    pub(crate) fn raise(&self, resource: Resource, amount: u64, max: u64) -> Result<(), Error> {
        let added = self.line(resource).and_then(|line| line.budget.add(amount, max));
        if added.is_some() { Ok(()) } else { self.raised(resource, amount, max).map(drop) }
    }

    /// Whether it is the same: equal budgets, and the same plans.
    pub(crate) fn is_that_of(&self, other: &Self) -> bool {
        let rest = match (&self.rest, &other.rest) {
            (Some(rest), Some(others)) => rest.iter().zip(&**others).all(|(line, other)| line.is(other)),
            (rest, others) => rest.is_none() && others.is_none(),
        };
        self.calls.is(&other.calls) && rest
    }

    /// Whether nothing but calls is limited.
    pub(crate) fn is_only_calls(&self) -> bool {
        self.rest.is_none()
    }

    /// This allowance in place of `old` on the same meters from `now` on: budgets change, and every bucket keeps what
    /// it owes (see [`Plan::taking_over`]).
    pub(crate) fn taking_over(mut self, old: &Self, now: Nanos) -> Self {
        self.calls.take_over(Some(&old.calls), now);
        if old.rest.is_some() || self.rest.is_some() {
            let rest = self.rest.get_or_insert_with(Box::default);
            for (line, resource) in rest.iter_mut().zip(&METERED[1..]) {
                line.take_over(old.line(*resource), now);
            }
        }
        self
    }
}

impl Line {
    fn new(budget: u64, plan: Option<Arc<Plan>>) -> Self {
        Self { budget: Stamp::new(budget), plan, past: None }
    }

    fn is(&self, other: &Self) -> bool {
        let same = |plan: &Option<Arc<Plan>>, other: &Option<Arc<Plan>>| {
            plan.as_ref().map(Arc::as_ptr) == other.as_ref().map(Arc::as_ptr)
        };
        self.budget.get() == other.budget.get()
            && same(&self.plan, &other.plan)
            && same(&self.past, &other.past)
    }

    fn last_plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref().or(self.past.as_ref())
    }

    #[inline]
    fn limit(&self) -> Limit<'_> {
        Limit { budget: self.budget.get(), plan: self.plan.as_deref() }
    }

    fn take_over(&mut self, old: Option<&Self>, now: Nanos) {
        let Some(before) = old.and_then(Self::last_plan) else { return };
        match &self.plan {
            None => self.past = Some(Arc::clone(before)),
            Some(plan) if plan.rate() == before.rate() => self.plan = Some(Arc::clone(before)),
            Some(plan) => self.plan = Some(Arc::new(Plan::clone(plan).taking_over(before, now))),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

//! [`SessionState`]: one session's meters, gate, deadline and identity (L3). Agents, tenants and maps are above.

use std::sync::Arc;

mod charges;
mod deadline;
mod demand;
mod watch;

pub(crate) use charges::charge_outer;
pub(crate) use demand::Demand;
pub(crate) use watch::Watch;

use deadline::Deadline;

use crate::account::{Account, Allowance, METERED, Resources};
use crate::cell::Tally;
use crate::decision::{Balance, LimitWarning, Reason};
use crate::error::Error;
use crate::intent::Tier;
use crate::marks::{Mark, Marks};
use crate::meter::{Limit, Meter, Word};
use crate::policy::Execution;
use crate::sync::OnceLock;
use crate::tools::ToolSet;
use crate::units::{MAX_COST, MAX_COUNT, NanoUsd, Nanos, Resource, Scope, Sensitivity, SessionId, Status};

/// What a session was created with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: SessionId,
    pub(crate) intent: Option<Box<str>>,
    pub(crate) tier: Tier,
    pub(crate) sensitivity: Sensitivity,
    /// Whether it may call only tools that are known not to need the network.
    pub(crate) air_gap: bool,
    /// Which of its budgets were carved out of its parent's.
    pub(crate) carved: Resources,
}

/// One session.
///
/// **State.** Whether it is active, paused, expired or closed stands in the gate of its `calls` meter, and nowhere else,
/// so that ending and spending are ordered by one word.
///
/// **Layout.** From the half of a cache line that its entry's own words leave free (`store::Entry`): what decisions only read; on the next line,
/// the word that each of them swaps, and what is read next to it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct SessionState {
    tools: Arc<ToolSet>,
    /// Its last field, which stands on the word's line, is none of the calls'.
    allowance: Allowance,
    /// When its time is up; what is left after that is grace.
    is_up_at: Deadline,
    account: Account,
    created_at: Nanos,
    grace: Nanos,
    pub(crate) identity: Identity,
    /// One meter for each of the tool set's caps.
    caps: Box<[Meter]>,
    /// There from the start where something of it is limited, else from when it is first needed.
    watch: OnceLock<Box<Watch>>,
    /// What was said once: that a budget, or the time, is running low.
    pub(crate) marks: Marks,
    denied: Tally,
    /// How many calls did not fit the intent, denied or not.
    pub(crate) drifts: Tally,
}

/// What a session is held to.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) created_at: Nanos,
    /// How long it may live, without its grace.
    pub(crate) time_limit: Nanos,
    /// How far past its time limit it may still run.
    pub(crate) grace: Nanos,
    pub(crate) allowance: Allowance,
    pub(crate) execution: Execution,
}

/// Proof that this caller ended the session, and so has to give back what it held.
#[must_use = "whoever ends a session gives its places back"]
#[derive(Debug)]
#[cfg_attr(not(any(loom, shuttle)), expect(unreachable_pub, reason = "the searches see it"))]
pub struct Ended(());

impl SessionState {
    pub(crate) fn new(identity: Identity, bounds: Bounds, tools: Arc<ToolSet>) -> Self {
        let Bounds { created_at, time_limit, grace, allowance, execution } = bounds;
        let watch = OnceLock::new();
        if Watch::is_wanted(&execution) {
            watch.get_or_init(|| Box::new(Watch::new(execution, created_at)));
        }
        Self {
            account: Account::default(),
            allowance,
            is_up_at: Deadline::new(created_at.saturating_add(time_limit)),
            created_at,
            grace,
            caps: tools.caps().iter().map(|_| Meter::default()).collect(),
            tools,
            watch,
            marks: Marks::default(),
            denied: Tally::default(),
            drifts: Tally::default(),
            identity,
        }
    }

    /// Up to which of its bytes it holds what a plain decision reads before it looks at the word; and from which on the word and the rest.
    #[cfg(all(test, not(any(loom, shuttle))))]
    pub(crate) const fn bounds_of_a_plain_decision() -> (usize, core::ops::Range<usize>) {
        let read = core::mem::offset_of!(Self, allowance) + Allowance::read_of_calls();
        (read, core::mem::offset_of!(Self, is_up_at)..core::mem::offset_of!(Self, grace))
    }

    /// What is running low of its budgets beside the calls, with warnings from `warn_ppm` millionths left on.
    pub(crate) fn low_beside(&self, warn_ppm: u32) -> impl Iterator<Item = LimitWarning> {
        let limited = if self.allowance.is_only_calls() { &[][..] } else { &METERED[1..] };
        limited.iter().filter_map(move |&resource| {
            self.balance(resource, self.peek(resource)).warning(Scope::Session, resource, warn_ppm)
        })
    }

    /// The mark that stands once it was noted that `resource` is running low.
    pub(crate) fn mark_of(resource: Resource) -> Mark {
        Mark::at(resource as u32)
    }

    /// The same for what a session that it was delegated from has of it.
    pub(crate) fn mark_above(resource: Resource) -> Mark {
        Mark::at(resource as u32 + 16)
    }

    /// The same for the cap of the tool in `slot`. Of more than 32 capped tools some share one.
    pub(crate) fn mark_of_cap(slot: u32) -> Mark {
        Mark::at(32 + slot % 32)
    }

    /// What is watched of it, if anything of that is limited.
    pub(crate) fn watched(&self) -> Option<&Watch> {
        self.known_watch().filter(|watch| watch.limits())
    }

    /// What is watched of it, from now on if it was not before.
    pub(crate) fn watch(&self) -> &Watch {
        self.watch.get_or_init(|| Box::new(Watch::new(Execution::DISABLED, self.created_at)))
    }

    /// What was ever watched of it.
    pub(crate) fn known_watch(&self) -> Option<&Watch> {
        self.watch.get().map(Box::as_ref)
    }

    /// The meter of the gate.
    #[inline]
    pub(crate) fn calls(&self) -> &Meter {
        self.account.calls()
    }

    /// The limit on calls.
    #[inline]
    pub(crate) fn calls_limit(&self) -> Limit<'_> {
        self.allowance.calls()
    }

    /// The limit on `resource`.
    pub(crate) fn limit(&self, resource: Resource) -> Limit<'_> {
        self.allowance.limit(resource)
    }

    /// The state of the meter of `resource`.
    pub(crate) fn peek(&self, resource: Resource) -> Word {
        self.account.peek(resource)
    }

    /// The meters.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// The authorised tools.
    #[inline]
    pub(crate) fn tools(&self) -> &ToolSet {
        &self.tools
    }

    /// Which of its budgets were carved out of its parent's.
    pub(crate) fn carved(&self) -> Resources {
        self.identity.carved
    }

    /// What the budget of `resource` would be, raised by `amount`. Errors: there is none, it was carved out, or it would be too large.
    pub(crate) fn raised(&self, resource: Resource, amount: u64) -> Result<u64, Error> {
        if self.carved().has(resource) {
            let problem = "raises a budget that was carved out of the parent's: delegate another session";
            return Err(Error::new(resource.argument(), amount, problem));
        }
        match self.allowance.raised(resource, amount, most(resource)) {
            // There may be a threshold instead.
            Err(_)
                if self.limit(resource).budget == Limit::NO_BUDGET && self.threshold(resource).is_some() =>
            {
                Ok(Limit::NO_BUDGET)
            }
            raised => raised,
        }
    }

    fn threshold(&self, resource: Resource) -> Option<NanoUsd> {
        self.watched().filter(|_| resource == Resource::Cost).and_then(Watch::cost_threshold)
    }

    /// Whether anything of its own limits `resource`; a cap of one tool is none.
    pub(crate) fn limits(&self, resource: Resource) -> bool {
        let watches =
            |limits: fn(&Execution) -> bool| self.watched().is_some_and(|watch| limits(watch.rules()));
        match resource {
            Resource::Time => true,
            Resource::Idle => watches(|rules| rules.idle_timeout.is_some()),
            Resource::Depth => watches(|rules| rules.depth.is_some()),
            Resource::Repetitions => watches(|rules| rules.repetitions.is_some()),
            Resource::Memory => watches(|rules| rules.memory.is_some()),
            _ => !self.limit(resource).is_none() || self.threshold(resource).is_some(),
        }
    }

    /// Raises it. Errors: the same.
    pub(crate) fn raise(&self, resource: Resource, amount: u64) -> Result<(), Error> {
        self.raised(resource, amount)?;
        let threshold = self.threshold(resource).is_some();
        if threshold {
            self.watched().into_iter().for_each(|watch| watch.raise_threshold(amount));
        }
        if threshold && self.limit(resource).budget == Limit::NO_BUDGET {
            return Ok(());
        }
        self.allowance.raise(resource, amount, most(resource))
    }

    /// Calls spent on the capped tool in `slot`.
    pub(crate) fn spent_on(&self, slot: u32) -> u64 {
        self.caps.get(slot as usize).map_or(0, |meter| meter.load().spent())
    }

    /// When it expires, its grace included.
    #[inline]
    pub(crate) fn deadline(&self) -> Nanos {
        self.time_is_up_at().saturating_add(self.grace)
    }

    /// How long it may live, without its grace.
    pub(crate) fn time_limit(&self) -> Nanos {
        self.time_is_up_at().saturating_sub(self.created_at)
    }

    /// When it came to be.
    #[inline]
    pub(crate) fn created_at(&self) -> Nanos {
        self.created_at
    }

    /// When its time is up; what is left after that is grace.
    #[inline]
    pub(crate) fn time_is_up_at(&self) -> Nanos {
        self.is_up_at.at()
    }

    /// Makes its time limit longer by `time`; when it expired before, and when it expires now. `None` if it has expired at `now`.
    pub(crate) fn extend(&self, time: Nanos, now: Nanos) -> Option<(Nanos, Nanos)> {
        let grace = self.grace;
        let (from, to) = self.is_up_at.extend(time, now.saturating_sub(grace))?;
        Some((from.saturating_add(grace), to.saturating_add(grace)))
    }

    /// Whether it has passed its deadline at `now`, its grace included. At the end of time everything has: the lines of the agendas
    /// stand there, because deadline and grace together are cut off at it.
    fn is_over(&self, now: Nanos) -> bool {
        let grace = if now < Nanos::MAX { self.grace } else { Nanos::ZERO };
        self.is_up_at.has_passed(now.saturating_sub(grace))
    }

    /// How many calls were denied.
    pub(crate) fn denied(&self) -> &Tally {
        &self.denied
    }

    /// Where it stands at `now`; one that is past its deadline without being closed is expired, whether somebody noticed
    /// or not. Whoever asks has noticed: it stays so.
    pub(crate) fn status(&self, now: Nanos) -> Status {
        match self.calls().load().gate() {
            Status::Active | Status::Paused if self.is_over(now) => Status::Expired,
            status => status,
        }
    }

    /// Active and not expired, with calls left: a call of an uncapped tool is not refused for good.
    pub(crate) fn is_active(&self, now: Nanos) -> bool {
        let spent = self.calls().load().spent();
        self.status(now) == Status::Active && spent < self.calls_limit().budget
    }

    /// Active → paused. `Err`: where it stands instead.
    pub(crate) fn pause(&self) -> Result<(), Status> {
        self.calls().gate(Status::Paused, |from| from == Status::Active).map(drop)
    }

    /// Paused → active. `Err`: where it stands instead.
    pub(crate) fn resume(&self) -> Result<(), Status> {
        self.calls().gate(Status::Active, |from| from == Status::Paused).map(drop)
    }

    /// Active or paused → closed. Once this has returned nothing is admitted.
    pub(crate) fn close(&self) -> Result<Ended, Status> {
        self.end(Status::Closed)
    }

    /// Active or paused → expired, if `now` is past the deadline.
    pub(crate) fn expire(&self, now: Nanos) -> Option<Ended> {
        if self.is_over(now) { self.end(Status::Expired).ok() } else { None }
    }

    /// Active or paused → `to`, which is terminal. `Err`: where it stands instead.
    pub(crate) fn end(&self, to: Status) -> Result<Ended, Status> {
        self.calls().gate(to, |from| !from.is_terminal()).map(|_| Ended(()))
    }

    /// The balance of `resource`, `word` being its meter's state.
    pub(crate) fn balance(&self, resource: Resource, word: Word) -> Balance {
        balance(self.limit(resource), word)
    }
}

/// The balance that `word` is under `limit`.
#[inline]
pub(crate) fn balance(limit: Limit<'_>, word: Word) -> Balance {
    Balance { spent: word.spent(), limit: (limit.budget != Limit::NO_BUDGET).then_some(limit.budget) }
}

/// The denial that `status` is worth, `None` for an active session.
pub(crate) fn denial_of(status: Status) -> Option<Reason> {
    match status {
        Status::Active => None,
        Status::Paused => Some(Reason::Paused),
        Status::Expired => Some(Reason::Expired),
        Status::Closed => Some(Reason::Closed),
    }
}

/// The largest budget of `resource`.
fn most(resource: Resource) -> u64 {
    if resource == Resource::Cost { MAX_COST.get() } else { MAX_COUNT }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn no_mark_stands_for_two_things_but_those_of_more_than_32_caps() {
        let of_resources = Resource::ALL.into_iter().map(SessionState::mark_of);
        let above = Resource::ALL.into_iter().map(SessionState::mark_above);
        let marks: Vec<_> = of_resources.chain(above).chain((0..32).map(SessionState::mark_of_cap)).collect();
        for (i, mark) in marks.iter().enumerate() {
            assert!(!marks[..i].contains(mark), "{i}");
        }
        assert_eq!(SessionState::mark_of_cap(32), SessionState::mark_of_cap(0));
    }
}

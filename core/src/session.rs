//! [`SessionState`]: one session's meters, gate, deadline and identity (L3). Agents, tenants and maps are above.

use std::sync::Arc;

use crate::account::{Account, Allowance, METERED};
use crate::admission::Chain;
use crate::cell::{Stamp, Tally};
use crate::decision::{Balance, Reason};
use crate::intent::Tier;
use crate::meter::{Limit, Meter, Word};
use crate::tools::{Tool, ToolSet};
use crate::units::{Nanos, Resource, Scope, Sensitivity, SessionId, Status, Usage};

/// What a session was created with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: SessionId,
    pub(crate) intent: Option<Box<str>>,
    pub(crate) tier: Tier,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) created_at: Nanos,
    pub(crate) time_limit: Nanos,
}

/// One session.
///
/// **State.** Whether it is active, paused, expired or closed stands in the gate of its `calls` meter, and nowhere else,
/// so that ending and spending are ordered by one word.
#[derive(Debug)]
pub(crate) struct SessionState {
    account: Account,
    allowance: Allowance,
    deadline: Stamp,
    tools: Arc<ToolSet>,
    /// One meter for each of the tool set's caps.
    caps: Box<[Meter]>,
    denied: Tally,
    pub(crate) identity: Identity,
}

/// Proof that this caller ended the session, and so has to give back what it held.
#[must_use = "whoever ends a session gives its places back"]
#[derive(Debug)]
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "loom-tests sees it"))]
pub struct Ended(());

/// What a call demands of its session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demand {
    pub(crate) calls: u64,
    pub(crate) usage: Usage,
    /// How many calls on each capped tool, by slot.
    caps: smallvec::SmallVec<[(u32, u64); 2]>,
}

impl Demand {
    /// A demand of `usage` and no call yet.
    pub(crate) fn of_usage(usage: Usage) -> Self {
        Self { usage, ..Self::default() }
    }

    /// Adds one call of `tool`.
    pub(crate) fn add(&mut self, tool: Tool) {
        self.calls += 1;
        if let Some(slot) = tool.slot {
            match self.caps.iter_mut().find(|(s, _)| *s == slot) {
                Some((_, calls)) => *calls += 1,
                None => self.caps.push((slot, 1)),
            }
        }
    }

    /// Whether nothing at all is demanded.
    pub(crate) fn is_nothing(&self) -> bool {
        METERED.iter().all(|&resource| self.of(resource) == 0)
    }

    /// What is demanded of `resource`.
    pub(crate) fn of(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Calls => self.calls,
            Resource::Steps => self.usage.steps,
            Resource::Tokens => self.usage.tokens,
            Resource::Cost => self.usage.cost.get(),
            Resource::Time | Resource::Sessions => 0,
        }
    }
}

impl SessionState {
    pub(crate) fn new(identity: Identity, allowance: Allowance, tools: Arc<ToolSet>) -> Self {
        Self {
            account: Account::default(),
            allowance,
            deadline: Stamp::new(identity.created_at.saturating_add(identity.time_limit).get()),
            caps: tools.caps().iter().map(|_| Meter::default()).collect(),
            tools,
            denied: Tally::default(),
            identity,
        }
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

    /// Calls spent on the capped tool in `slot`.
    pub(crate) fn spent_on(&self, slot: u32) -> u64 {
        self.caps.get(slot as usize).map_or(0, |meter| meter.load().spent())
    }

    /// When it expires.
    #[inline]
    pub(crate) fn deadline(&self) -> Nanos {
        Nanos::new(self.deadline.get())
    }

    /// How many calls were denied.
    pub(crate) fn denied(&self) -> &Tally {
        &self.denied
    }

    /// Where it stands at `now`; one that is past its deadline without being closed is expired, whether somebody noticed
    /// or not.
    pub(crate) fn status(&self, now: Nanos) -> Status {
        match self.calls().load().gate() {
            Status::Active | Status::Paused if now >= self.deadline() => Status::Expired,
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
        if now < self.deadline() { None } else { self.end(Status::Expired).ok() }
    }

    /// Active or paused → `to`, which is terminal. `Err`: where it stands instead.
    pub(crate) fn end(&self, to: Status) -> Result<Ended, Status> {
        self.calls().gate(to, |from| !from.is_terminal()).map(|_| Ended(()))
    }

    /// Adds this session's own charges for `demand` to `chain`: tool caps first, then its meters.
    pub(crate) fn charge<'a>(&'a self, demand: &Demand, chain: &mut Chain<'a>) {
        self.charge_caps(demand, chain);
        chain.push_gate(self.calls(), self.calls_limit(), demand.calls);
        charge_others(&self.account, &self.allowance, demand, Scope::Session, chain);
    }

    /// Adds this session's charges for `demand` of a session delegated from it: what that spends, this one spends.
    pub(crate) fn charge_as_ancestor<'a>(&'a self, demand: &Demand, chain: &mut Chain<'a>) {
        self.charge_caps(demand, chain);
        chain.push(self.calls(), self.calls_limit(), demand.calls, Scope::Ancestor, Resource::Calls);
        charge_others(&self.account, &self.allowance, demand, Scope::Ancestor, chain);
    }

    fn charge_caps<'a>(&'a self, demand: &Demand, chain: &mut Chain<'a>) {
        for &(slot, calls) in &demand.caps {
            if let (Some(meter), Some(&cap)) =
                (self.caps.get(slot as usize), self.tools.caps().get(slot as usize))
            {
                chain.push_cap(meter, cap, calls, slot);
            }
        }
    }

    /// The balance of `resource`, `word` being its meter's state.
    pub(crate) fn balance(&self, resource: Resource, word: Word) -> Balance {
        balance(self.limit(resource), word)
    }
}

/// Adds the charges of `account` for all of `demand` but its calls.
fn charge_others<'a>(
    account: &'a Account,
    allowance: &'a Allowance,
    demand: &Demand,
    scope: Scope,
    chain: &mut Chain<'a>,
) {
    for &resource in &METERED[1..] {
        let amount = demand.of(resource);
        if amount > 0 {
            chain.push(account.meter(resource), allowance.limit(resource), amount, scope, resource);
        }
    }
}

/// Adds the charges of `account`, which is not the session's own, for `demand`. What it does not limit it does not
/// count: an agent's word is shared by all its sessions, and a compare-and-swap on it that decides nothing would only
/// make them wait for each other.
pub(crate) fn charge_outer<'a>(
    account: &'a Account,
    allowance: &'a Allowance,
    demand: &Demand,
    scope: Scope,
    chain: &mut Chain<'a>,
) {
    for resource in METERED {
        let (limit, amount) = (allowance.limit(resource), demand.of(resource));
        if amount > 0 && !limit.is_none() {
            chain.push(account.meter(resource), limit, amount, scope, resource);
        }
    }
}

/// The balance that `word` is under `limit`.
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

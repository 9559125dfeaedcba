//! A naive enforcer for one thread: plain numbers, plain loops, written from the contract.
//!
//! Left open where the contract is: a session that is paused and past its time limit may say either.

use allotment::{Nanos, Rate, Reason, Resource, Scope};

use crate::bucket::Bucket;

/// One resource of one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    pub(crate) spent: u64,
    pub(crate) budget: Option<u64>,
    pub(crate) bucket: Option<Bucket>,
    /// A rate that is not in force at present: it is not charged, and time pays what it owes.
    pub(crate) lifted: bool,
}

impl Meter {
    pub(crate) fn new(budget: Option<u64>, rate: Option<Rate>) -> Self {
        Self { budget, bucket: rate.map(|rate| Bucket::new(rate, 1000)), ..Self::default() }
    }

    fn refuses(&self, amount: u64, now: u64) -> Option<(Reason, u64, u64, Option<Nanos>)> {
        if let Some(budget) = self.budget.filter(|&budget| self.spent + amount > budget) {
            return Some((Reason::BudgetExceeded, budget, self.spent, None));
        }
        let bucket = self.bucket.as_ref().filter(|bucket| !self.lifted && !bucket.covers(amount, now))?;
        let used = bucket.rate().bucket() - bucket.units(now);
        Some((Reason::RateLimited, bucket.rate().limit(), used, bucket.wait(amount, now)))
    }

    fn take(&mut self, amount: u64, now: u64) {
        self.spent += amount;
        if let Some(bucket) = self.bucket.as_mut().filter(|_| !self.lifted) {
            bucket.take(amount, now);
        }
    }
}

/// An agent or a tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Party {
    pub(crate) max_sessions: Option<u64>,
    pub(crate) calls: Meter,
    pub(crate) tokens: Meter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Paused,
    Expired,
    Closed,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) agent: usize,
    pub(crate) tenant: Option<usize>,
    pub(crate) standing: Standing,
    pub(crate) deadline: u64,
    pub(crate) calls: Meter,
    pub(crate) tokens: Meter,
    /// `send`'s own cap.
    pub(crate) cap: Option<Meter>,
    pub(crate) denied: u64,
    /// Not swept yet.
    pub(crate) held: bool,
}

/// What a denial must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct No {
    pub(crate) reason: Reason,
    pub(crate) scope: Option<Scope>,
    pub(crate) resource: Option<Resource>,
    /// Limit, used, requested.
    pub(crate) figures: Option<(u64, u64, u64)>,
    pub(crate) retry_after: Option<Nanos>,
}

impl No {
    fn of(reason: Reason, scope: Option<Scope>) -> Self {
        Self { reason, scope, resource: None, figures: None, retry_after: None }
    }
}

/// A call: the tools (`read` and `send` are listed), and tokens.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) tools: Vec<&'static str>,
    pub(crate) tokens: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) agents: Vec<Party>,
    pub(crate) tenants: Vec<Party>,
    pub(crate) sessions: Vec<Session>,
}

impl Model {
    pub(crate) fn standing(&self, session: usize) -> Standing {
        let session = &self.sessions[session];
        let over =
            matches!(session.standing, Standing::Active | Standing::Paused) && self.now >= session.deadline;
        if over { Standing::Expired } else { session.standing }
    }

    fn running(&self, mine: impl Fn(&Session) -> bool) -> Vec<usize> {
        let runs = |&at: &usize| matches!(self.standing(at), Standing::Active | Standing::Paused);
        (0..self.sessions.len()).filter(|&at| mine(&self.sessions[at])).filter(runs).collect()
    }

    pub(crate) fn active_sessions(&self, agent: usize) -> u64 {
        self.running(|session| session.agent == agent).len() as u64
    }

    pub(crate) fn create(&mut self, session: Session) -> Result<(), No> {
        let full = |party: &Party, count: u64, scope| match party.max_sessions {
            Some(max) if count >= max => Err(No {
                resource: Some(Resource::Sessions),
                figures: Some((max, count, 1)),
                ..No::of(Reason::TooManySessions, Some(scope))
            }),
            _ => Ok(()),
        };
        full(&self.agents[session.agent], self.active_sessions(session.agent), Scope::Agent)?;
        if let Some(tenant) = session.tenant {
            let count = self.running(|s| s.tenant == Some(tenant)).len() as u64;
            full(&self.tenants[tenant], count, Scope::Tenant)?;
        }
        self.sessions.push(session);
        Ok(())
    }

    /// The session's calls after the call, or the denial. `caller` is none for a call by handle.
    pub(crate) fn call(&mut self, at: usize, caller: Option<usize>, call: &Call) -> Result<u64, No> {
        if caller.is_some() && !self.sessions[at].held {
            return Err(No::of(Reason::NotFound, None));
        }
        let decided = self.checked(at, caller, call).and_then(|()| self.charge(at, call));
        self.sessions[at].denied += u64::from(decided.is_err());
        decided
    }

    fn checked(&self, at: usize, caller: Option<usize>, call: &Call) -> Result<(), No> {
        let session = &self.sessions[at];
        let reason = match self.standing(at) {
            Standing::Active if caller.is_some_and(|caller| caller != session.agent) => {
                return Err(No::of(Reason::AgentMismatch, None));
            }
            Standing::Active if call.tools.iter().any(|tool| !["read", "send"].contains(tool)) => {
                Reason::ToolNotAuthorized
            }
            Standing::Active => return Ok(()),
            Standing::Paused => Reason::Paused,
            Standing::Expired => Reason::Expired,
            Standing::Closed => Reason::Closed,
        };
        let resource = (reason == Reason::Expired).then_some(Resource::Time);
        Err(No { resource, ..No::of(reason, Some(Scope::Session)) })
    }

    fn charge(&mut self, at: usize, call: &Call) -> Result<u64, No> {
        let Self { now, agents, tenants, sessions, .. } = self;
        let (now, session) = (*now, &mut sessions[at]);
        let calls = call.tools.len() as u64;
        let sends = call.tools.iter().filter(|tool| **tool == "send").count() as u64;
        let mut met = Vec::new();
        met.extend(session.cap.as_mut().map(|cap| (Scope::Tool, Resource::Calls, cap, sends)));
        met.push((Scope::Session, Resource::Calls, &mut session.calls, calls));
        met.push((Scope::Session, Resource::Tokens, &mut session.tokens, call.tokens));
        let tenant = session.tenant.map(|tenant| (Scope::Tenant, &mut tenants[tenant]));
        for (scope, party) in [(Scope::Agent, &mut agents[session.agent])].into_iter().chain(tenant) {
            met.push((scope, Resource::Calls, &mut party.calls, calls));
            met.push((scope, Resource::Tokens, &mut party.tokens, call.tokens));
        }
        met.retain(|(.., amount)| *amount > 0);
        // The first that refuses names the denial; the wait is over when none refuses any more, if the session lives so long.
        let waits = met.iter().filter_map(|(_, _, meter, amount)| meter.refuses(*amount, now)).map(|no| no.3);
        let wait = waits.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten();
        let wait = wait.filter(|wait| now + wait.get() < session.deadline);
        for (scope, resource, meter, amount) in &met {
            if let Some((reason, limit, used, _)) = meter.refuses(*amount, now) {
                let figures = Some((limit, used, *amount));
                let retry_after = wait.filter(|_| reason == Reason::RateLimited);
                return Err(No {
                    reason,
                    scope: Some(*scope),
                    resource: Some(*resource),
                    figures,
                    retry_after,
                });
            }
        }
        for (_, _, meter, amount) in met {
            meter.take(amount, now);
        }
        Ok(session.calls.spent)
    }

    /// To paused or back. The reason if it cannot be.
    pub(crate) fn hold(&mut self, at: usize, pause: bool) -> Result<(), Reason> {
        let to = match (self.standing(at), pause) {
            (Standing::Active, true) => Standing::Paused,
            (Standing::Active | Standing::Paused, false) => Standing::Active,
            (Standing::Paused, true) => return Err(Reason::Paused),
            (Standing::Expired, _) => return Err(Reason::Expired),
            (Standing::Closed, _) => return Err(Reason::Closed),
        };
        self.sessions[at].standing = to;
        Ok(())
    }

    /// The calls made and denied, or the reason.
    pub(crate) fn close(&mut self, at: usize) -> Result<(u64, u64), Reason> {
        match self.standing(at) {
            Standing::Expired => return Err(Reason::Expired),
            Standing::Closed => return Err(Reason::Closed),
            Standing::Active | Standing::Paused => {}
        }
        self.sessions[at].standing = Standing::Closed;
        Ok((self.sessions[at].calls.spent, self.sessions[at].denied))
    }

    pub(crate) fn close_agent(&mut self, agent: usize) -> u64 {
        let running = self.running(|session| session.agent == agent);
        running.iter().filter(|&&at| self.close(at).is_ok()).count() as u64
    }

    pub(crate) fn sweep(&mut self) -> u64 {
        let mut removed = 0;
        for at in 0..self.sessions.len() {
            if self.sessions[at].held && matches!(self.standing(at), Standing::Expired | Standing::Closed) {
                self.sessions[at].standing = self.standing(at);
                self.sessions[at].held = false;
                removed += 1;
            }
        }
        removed
    }

    pub(crate) fn held(&self) -> u64 {
        self.sessions.iter().filter(|session| session.held).count() as u64
    }
}

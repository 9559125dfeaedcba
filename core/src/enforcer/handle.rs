//! [`Session`]: the handle, and the same calls by id for servers.

use std::sync::Arc;

use smallvec::SmallVec;

use super::decide::of_session;
use super::lifecycle::not_found;
use super::path::Path;
use super::request::Request;
use super::{Call, Enforcer, Shared, Snapshot, Summary};
use crate::decision::{Balance, Denial, Evidence, Grant, Reason};
use crate::store::Entry;
use crate::units::{Nanos, Resource, SessionId, Status, Usage};

/// A handle on a session. Cheap to clone; dropping it closes nothing.
#[derive(Debug, Clone)]
pub struct Session {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, entry: Arc<Entry>) -> Self {
        Self { shared, entry }
    }

    /// What it is a handle on.
    pub(super) fn parts(&self) -> (&Arc<Shared>, &Arc<Entry>) {
        (&self.shared, &self.entry)
    }

    /// The id, for calls by id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.entry.id()
    }

    /// The agent it belongs to.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.entry.agent.name
    }

    /// The tenant on whose behalf it runs.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.entry.tenant.as_ref().map(|tenant| &*tenant.name)
    }

    /// The status now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.entry.state.status(self.shared.clock.now())
    }

    /// Whether it is active, not expired and has calls left.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.entry.state.is_active(self.shared.clock.now())
    }

    /// The calls spent now, and the budget.
    #[must_use]
    pub fn calls(&self) -> Balance {
        self.entry.state.balance(Resource::Calls, self.entry.state.peek(Resource::Calls))
    }

    /// Whether anything limits what it may use of `resource`, under the policy in force: a budget, a rate or a threshold, be it
    /// its own, of a session that it was delegated from, of one of their agents or of the tenant. A cap of one tool does not count.
    /// Changes nothing.
    ///
    /// ```
    /// use allotment::{Enforcer, Policy, Resource, SessionSpec};
    /// let enforcer = Enforcer::new(Policy::from_toml_str("[tenants.acme]\ncost_usd = 100")?)?;
    /// let session = enforcer.create(SessionSpec::new("agent-7").tenant("acme"))?;
    /// assert!(session.is_limited(Resource::Cost) && !session.is_limited(Resource::Tokens));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_limited(&self, resource: Resource) -> bool {
        Path::of(&self.entry, &self.shared.rules).limits(resource)
    }

    /// The time left until it expires; zero once it has ended.
    #[must_use]
    pub fn time_left(&self) -> Nanos {
        let (session, now) = (&self.entry.state, self.shared.clock.now());
        if session.status(now).is_terminal() {
            Nanos::ZERO
        } else {
            session.time_is_up_at().saturating_sub(now)
        }
    }

    /// Admits one call of `tool`, debiting one call of everything that limits it, or nothing at all.
    #[inline]
    pub fn authorize<'t>(&self, tool: &'t str) -> Result<Grant<'t>, Denial> {
        self.shared.authorize(&self.entry, tool)
    }

    /// Admits one call of `tool` whose price is known beforehand: the call and `usage`, all of it or nothing.
    pub fn authorize_with<'t>(&self, tool: &'t str, usage: Usage) -> Result<Grant<'t>, Denial> {
        self.authorize_call(Call::of(tool).usage(usage))
    }

    /// Admits one call of each of `tools`, all or none. An empty batch succeeds in an active session, also at budget 0.
    /// The denial names the first tool that is not authorised.
    pub fn authorize_batch<'t>(&self, tools: impl IntoIterator<Item = &'t str>) -> Result<Grant<'t>, Denial> {
        let tools: SmallVec<[&str; 8]> = tools.into_iter().collect();
        self.shared.ask(&self.entry, &Request::of(&tools))
    }

    /// What [`Session::authorize`] would say now. Consumes nothing, counts nothing.
    pub fn preview<'t>(&self, tool: &'t str) -> Result<Grant<'t>, Denial> {
        self.preview_call(Call::of(tool))
    }

    /// Holds the session: nothing is admitted once this has returned, until [`Session::resume`]. Time goes on.
    /// Denials: what it is instead of active.
    pub fn pause(&self) -> Result<(), Denial> {
        self.shared.pause(&self.entry)
    }

    /// Goes on where [`Session::pause`] stopped; nothing happens to an active session. Denials: `closed`, `expired`.
    pub fn resume(&self) -> Result<(), Denial> {
        self.shared.resume(&self.entry)
    }

    /// Closes the session for good: nothing is admitted once this has returned. Denials: `closed` or `expired`, where it
    /// has ended already.
    pub fn close(&self) -> Result<Summary, Denial> {
        self.shared.close(&self.entry)
    }

    /// Everything there is to know about it now. Changes nothing.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.shared, &self.entry)
    }
}

impl Enforcer {
    /// [`Session::authorize`] by id. The caller's agent is named always, and has to be the session's.
    /// Further denials: `not_found`, `agent_mismatch`.
    #[inline]
    pub fn authorize<'t>(&self, id: SessionId, agent: &str, tool: &'t str) -> Result<Grant<'t>, Denial> {
        let sessions = self.shared.store.sessions.pin();
        let Some(entry) = sessions.get(&id) else { return Err(self.shared.unknown(id, agent)) };
        if *entry.agent.name != *agent {
            return Err(self.shared.denied_mismatch(entry, agent, &[tool]));
        }
        self.shared.authorize(entry, tool)
    }

    /// [`Session::authorize_with`] by id.
    pub fn authorize_with<'t>(
        &self,
        id: SessionId,
        agent: &str,
        tool: &'t str,
        usage: Usage,
    ) -> Result<Grant<'t>, Denial> {
        self.of_agent(id, agent)?.authorize_with(tool, usage)
    }

    /// [`Session::preview`] by id. Consumes nothing, counts nothing, tells nothing.
    pub fn preview<'t>(&self, id: SessionId, agent: &str, tool: &'t str) -> Result<Grant<'t>, Denial> {
        self.preview_call(id, agent, Call::of(tool))
    }

    /// [`Session::authorize_batch`] by id.
    pub fn authorize_batch<'t>(
        &self,
        id: SessionId,
        agent: &str,
        tools: impl IntoIterator<Item = &'t str>,
    ) -> Result<Grant<'t>, Denial> {
        self.of_agent(id, agent)?.authorize_batch(tools)
    }

    /// The session of this id, if it is `agent`'s. Denials: `not_found`, `agent_mismatch`, and what the session is
    /// instead of active, because that comes first. Such a denial counts as one of a call.
    pub fn of_agent(&self, id: SessionId, agent: &str) -> Result<Session, Denial> {
        let session = self.get(id).map_err(|_| self.shared.unknown(id, agent))?;
        if session.agent() == agent {
            return Ok(session);
        }
        Err(self.shared.denied_mismatch(&session.entry, agent, &[]))
    }
}

impl Enforcer {
    /// [`Enforcer::of_agent`], whose denials count and tell nothing.
    pub(super) fn peek_of_agent(&self, id: SessionId, agent: &str) -> Result<Session, Denial> {
        let session = self.get(id)?;
        if session.agent() == agent {
            return Ok(session);
        }
        Err(self.shared.mismatch(&session.entry, agent, self.shared.clock.now()))
    }
}

impl Shared {
    /// The denial for a caller who asks for a session that there is not; told.
    #[cold]
    fn unknown(&self, id: SessionId, agent: &str) -> Denial {
        let denial = not_found(id);
        self.tell_stranger_denied(agent, None, &denial);
        denial
    }

    /// The denial for a caller who is not the session's agent; counted and told.
    #[cold]
    fn denied_mismatch(&self, entry: &Entry, agent: &str, tools: &[&str]) -> Denial {
        entry.state.denied().add_one();
        let now = self.clock.now();
        let denial = self.mismatch(entry, agent, now);
        self.tell_denied(entry, tools, &denial, now);
        denial
    }

    /// The denial for a caller who is not the session's agent. A session that has ended says that first.
    fn mismatch(&self, entry: &Entry, agent: &str, now: Nanos) -> Denial {
        let ended = self.check_status(entry, now).err();
        let mismatch = || Evidence { party: Some(agent.into()), ..Evidence::of(Reason::AgentMismatch) };
        of_session(entry, ended.unwrap_or_else(mismatch))
    }
}

//! Creating a session: checked whole before anything is taken, taken whole or not at all.

use std::sync::Arc;

use super::{Enforcer, Session, Shared};
use crate::account::Allowance;
use crate::decision::{CreateError, Denial, Evidence, Reason};
use crate::session::{Identity, SessionState};
use crate::spec::SessionSpec;
use crate::store::{Entry, NoEntry, Party};
use crate::units::{Nanos, Resource, Scope, SessionId};

impl Enforcer {
    /// Creates a session.
    ///
    /// Errors: [`CreateError::Invalid`] where the specification makes no sense, [`CreateError::Denied`] with
    /// `too_many_sessions` (the agent's or tenant's cap, never held by expired sessions) or `store_full`.
    /// Nothing is created then.
    pub fn create(&self, spec: SessionSpec) -> Result<Session, CreateError> {
        let entry = self.shared.create(spec)?;
        Ok(Session::new(Arc::clone(&self.shared), entry))
    }
}

impl Shared {
    fn create(&self, spec: SessionSpec) -> Result<Arc<Entry>, CreateError> {
        let now = self.clock.now();
        spec.check_names()?;
        let defaults = self.rules.governing().policy.defaults().clone();
        let (time_limit, sensitivity) = spec.bounds(&defaults)?;
        let allowance = Allowance::new(&spec.limits(&defaults.limits))?;
        let tools = self.store.tools.intern(spec.tools)?;

        let (agent, tenant) = self.enter(&spec.agent, spec.tenant.as_deref(), now)?;
        let id = SessionId::random();
        let intent = spec.intent.map(Into::into);
        let identity = Identity { id, intent, sensitivity, created_at: now, time_limit };
        let entry = Arc::new(Entry::new(SessionState::new(identity, allowance, tools), agent, tenant));
        self.store.insert(&entry);
        Ok(entry)
    }

    /// Takes a place in the store, at the agent and at the tenant: all of them or none.
    fn enter(
        &self,
        agent: &str,
        tenant: Option<&str>,
        now: Nanos,
    ) -> Result<(Arc<Party>, Option<Arc<Party>>), Denial> {
        let Self { store, rules, .. } = self;
        if !store.take_place(rules, now) {
            return Err(store_full(store.max(), store.len()));
        }
        let entered = store
            .agents
            .enter(agent, rules, now, |party| store.reap(&party.members, now))
            .map_err(|no| refused(Scope::Agent, agent, no, store.max()))
            .and_then(|party| {
                let Some(name) = tenant else { return Ok((party, None)) };
                match store.tenants.enter(name, rules, now, |_| store.reap_all(now)) {
                    Ok(tenant) => Ok((party, Some(tenant))),
                    Err(no) => {
                        party.sessions.release();
                        store.agents.forget(&party, rules, now);
                        Err(refused(Scope::Tenant, name, no, store.max()))
                    }
                }
            });
        if entered.is_err() {
            store.give_place_back();
        }
        entered
    }
}

fn store_full(max: u64, used: u64) -> Denial {
    Denial::new(Evidence {
        scope: Some(Scope::Store),
        resource: Some(Resource::Sessions),
        limit: Some(max),
        used: Some(used),
        requested: Some(1),
        ..Evidence::of(Reason::StoreFull)
    })
}

fn refused(scope: Scope, name: &str, no: NoEntry, store_max: u64) -> Denial {
    match no {
        NoEntry::NoParty => store_full(store_max, store_max),
        NoEntry::Full { max, count } => Denial::new(Evidence {
            party: Some(name.into()),
            scope: Some(scope),
            resource: Some(Resource::Sessions),
            limit: Some(max),
            used: Some(count),
            requested: Some(1),
            ..Evidence::of(Reason::TooManySessions)
        }),
    }
}

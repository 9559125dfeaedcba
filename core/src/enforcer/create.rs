//! Creating a session: checked whole before anything is taken, taken whole or not at all.

use std::sync::Arc;

use super::delegate::attenuated;
use super::{Enforcer, Session, Shared};
use crate::account::Resources;
use crate::decision::{CreateError, Denial, Evidence, Reason};
use crate::intent::Tier;
use crate::policy::Execution;
use crate::session::{Bounds, Identity, SessionState};
use crate::spec::{SessionSpec, Terms};
use crate::store::{Entry, NoEntry, Party};
use crate::units::{Nanos, Resource, Scope, SessionId};

impl Enforcer {
    /// Creates a session.
    ///
    /// Errors: [`CreateError::Invalid`] where the specification makes no sense, [`CreateError::Denied`] with
    /// `too_many_sessions` (the agent's or tenant's cap, never held by expired sessions) or `store_full`.
    /// Nothing is created then.
    pub fn create(&self, spec: SessionSpec) -> Result<Session, CreateError> {
        let entry = self.shared.create(spec, None, Resources::default())?;
        Ok(Session::new(Arc::clone(&self.shared), entry))
    }
}

/// Why there is no place for a session.
enum NoPlace {
    /// Another policy came into force meanwhile.
    Swapped,
    /// The store has no room, for the session or for its agent or tenant.
    StoreFull,
    Denied(Denial),
}

/// A place at the agent, at the tenant and in the store.
type Place = (Arc<Party>, Option<Arc<Party>>);

impl Shared {
    /// Creates a session, delegated from `parent` if there is one; `spec` has been narrowed to what the parent allows then, and the
    /// budgets in `carved` are the parent's no longer.
    pub(super) fn create(
        &self,
        spec: SessionSpec,
        parent: Option<&Arc<Entry>>,
        carved: Resources,
    ) -> Result<Arc<Entry>, CreateError> {
        if self.is_forked() {
            return Err(Denial::new(Evidence::of(Reason::Forked)).into());
        }
        let now = self.clock.now();
        spec.check_names()?;
        // A creation follows one policy; if another comes into force meanwhile, it begins again under that.
        let ((agent, tenant), terms, allowance, tools) = loop {
            let governing = self.rules.governing();
            let terms = match parent {
                None => spec.terms(&governing.policy)?,
                Some(parent) => attenuated(&spec, parent, now)?,
            };
            let allowance = self.rules.allowance(&terms.limits)?;
            let open = governing.policy.defaults().any_tool_name;
            let tools = self.store.tools.tools(spec.tools.clone(), open)?;
            let classified = |intent: &String| governing.policy.intent().keywords.classify(intent);
            let tier = spec.intent.as_ref().map_or(Tier::Unknown, classified);
            match self.enter(&spec, governing.generation, now) {
                Err(NoPlace::Swapped) => {}
                Err(NoPlace::Denied(denial)) => return Err(self.no_place(&spec, denial)),
                Err(NoPlace::StoreFull) => {
                    return Err(self.no_place(&spec, store_full(self.store.max(), self.store.len())));
                }
                Ok(place) => break (place, (terms, tier), allowance, tools),
            }
        };
        let (Terms { time_limit, sensitivity, air_gap, execution, .. }, tier) = terms;
        let grace = if execution == Execution::DISABLED { Nanos::ZERO } else { execution.grace };
        // No grace goes past the parent's: the session could outlive it for as long as nobody looks at the parent.
        let is_up_at = now.saturating_add(time_limit);
        let grace =
            parent.map_or(grace, |parent| grace.min(parent.state.deadline().saturating_sub(is_up_at)));
        let identity = Identity {
            id: SessionId::random(),
            intent: spec.intent.map(Into::into),
            tier,
            sensitivity,
            air_gap,
            carved,
        };
        let bounds = Bounds { created_at: now, time_limit, grace, allowance, execution };
        let state = SessionState::new(identity, bounds, tools);
        let entry = Arc::new(Entry::new(state, agent, tenant, parent.map(Arc::clone)));
        self.store.insert(&entry);
        Ok(entry)
    }

    /// Nothing was created for want of a place; told.
    #[cold]
    fn no_place(&self, spec: &SessionSpec, denial: Denial) -> CreateError {
        self.tell_stranger_denied(&spec.agent, spec.tenant.as_deref(), &denial);
        denial.into()
    }

    /// Takes a place at the agent, at the tenant and in the store: all of them or none. Their caps are looked at in this order;
    /// that there is no room for another agent or tenant is the store's affair and comes last.
    fn enter(&self, spec: &SessionSpec, generation: u64, now: Nanos) -> Result<Place, NoPlace> {
        let Self { store, rules, .. } = self;
        let (agents, tenants) = (&store.agents, &store.tenants);
        let of_agent = |party: Option<&Party>| {
            party.map_or_else(|| store.sweep(rules, now), |party| store.reap(party, now))
        };
        let of_tenant =
            |party: Option<&Party>| party.map_or_else(|| store.sweep(rules, now), |_| store.reap_all(now));
        let agent = match agents.enter(&spec.agent, rules, generation, now, of_agent) {
            Ok(agent) => Some(agent),
            Err(NoEntry::NoParty) => None,
            Err(no) => return Err(refused(Scope::Agent, &spec.agent, no)),
        };
        let leave_agent = || {
            if let Some(agent) = &agent {
                agents.leave(agent, rules, now);
            }
        };
        let entered = spec.tenant.as_ref().map(|name| {
            let entered = tenants.enter(name, rules, generation, now, of_tenant);
            entered.map_err(|no| refused(Scope::Tenant, name, no))
        });
        let tenant = match entered.transpose() {
            Ok(tenant) => Some(tenant),
            Err(NoPlace::StoreFull) => None,
            Err(no) => {
                leave_agent();
                return Err(no);
            }
        };
        match (&agent, tenant) {
            (Some(agent), Some(tenant)) if store.take_place(rules, now) => Ok((Arc::clone(agent), tenant)),
            (_, tenant) => {
                leave_agent();
                if let Some(tenant) = tenant.flatten() {
                    tenants.leave(&tenant, rules, now);
                }
                Err(NoPlace::StoreFull)
            }
        }
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

fn refused(scope: Scope, name: &str, no: NoEntry) -> NoPlace {
    let NoEntry::Full { max, count } = no else {
        return if no == NoEntry::Swapped { NoPlace::Swapped } else { NoPlace::StoreFull };
    };
    NoPlace::Denied(Denial::new(Evidence {
        party: Some(name.into()),
        scope: Some(scope),
        resource: Some(Resource::Sessions),
        limit: Some(max),
        used: Some(count),
        requested: Some(1),
        ..Evidence::of(Reason::TooManySessions)
    }))
}

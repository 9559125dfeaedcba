//! [`Path`]: everything a call on a session is charged to, under one policy: the session, the sessions it was delegated from,
//! their agents, the tenant.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::account::Resources;
use crate::admission::{Chain, Charge, Refusal};
use crate::carve;
use crate::session::{Demand, charge_outer};
use crate::store::{Entry, Outlook, Party, Rules, Terms};
use crate::sync::Guard;
use crate::units::{Nanos, Resource, Split};

/// An agent or a tenant, with what the policy says of it.
type Termed<'a> = (&'a Arc<Party>, Guard<Arc<Terms>>);

/// The accounts on the way from a session to the root.
pub(super) struct Path<'a> {
    /// The session, then its ancestors, nearest first.
    sessions: SmallVec<[&'a Entry; 2]>,
    /// The agents of all of them, each once, then the tenant.
    parties: SmallVec<[Termed<'a>; 3]>,
    pub(super) outlook: Outlook,
}

impl<'a> Path<'a> {
    /// The path from `entry`, all of it under one policy: a mixture of two could admit what neither does.
    #[inline]
    pub(super) fn of(entry: &'a Entry, rules: &Rules) -> Self {
        let mut sessions: SmallVec<[&Entry; 2]> = SmallVec::new();
        let mut agents: SmallVec<[&Arc<Party>; 2]> = SmallVec::new();
        sessions.push(entry);
        agents.push(&entry.agent);
        if entry.parent.is_some() {
            sessions.extend(entry.ancestors().map(Arc::as_ref));
            agents.extend(entry.ancestors().map(|ancestor| &ancestor.agent));
            // Any order will do, if it is everybody's: in two orders two admissions could starve each other.
            agents.sort_unstable_by_key(|agent| Arc::as_ptr(agent).addr());
            agents.dedup_by_key(|agent| Arc::as_ptr(agent).addr());
        }
        let mut outlook = entry.outlook(rules);
        loop {
            let mut parties: SmallVec<[Termed<'_>; 3]> = SmallVec::new();
            for &party in agents.iter().chain(entry.tenant.as_ref().iter()) {
                parties.push((party, party.terms(rules, outlook.generation())));
            }
            if parties.iter().all(|(_, terms)| terms.generation == outlook.generation()) {
                return Self { sessions, parties, outlook };
            }
            outlook = entry.new_outlook(rules);
        }
    }

    /// The sessions on the path: the caller's own, then its ancestors, nearest first.
    pub(super) fn sessions(&self) -> &[&'a Entry] {
        &self.sessions
    }

    /// Whether anything on it limits `resource`.
    pub(super) fn limits(&self, resource: Resource) -> bool {
        self.sessions.iter().any(|session| session.state.limits(resource))
            || self.parties.iter().any(|(_, terms)| terms.limits(resource))
    }

    /// Adds the charges of `demands`, one for each session on the path, in naming order.
    #[inline]
    pub(super) fn charge<'p>(&'p self, demands: &[Demand], chain: &mut Chain<'p>) {
        self.charge_sessions(demands, chain);
        if let Some(demand) = demands.first() {
            for (owner, (party, terms)) in (self.sessions.len()..).zip(&self.parties) {
                chain.owned_by(owner);
                charge_outer(&party.account, &terms.allowance, demand, party.scope, chain);
            }
        }
    }

    /// The same without agents and tenant.
    #[inline]
    pub(super) fn charge_sessions<'p>(&'p self, demands: &[Demand], chain: &mut Chain<'p>) {
        let mut handed = Resources::default();
        for (owner, (session, demand)) in self.sessions.iter().zip(demands).enumerate() {
            chain.owned_by(owner);
            match owner {
                0 => session.state.charge(demand, chain),
                _ => session.state.charge_as_ancestor(demand, handed, chain),
            }
            handed = handed.and(session.state.carved());
        }
    }

    /// Something was done at `now`, by every session on the path.
    pub(super) fn touch(&self, now: Nanos) {
        self.sessions[0].touch(now);
    }

    /// Something was taken of the sessions on the path, or given back, beside calls: whether anything is low may have changed.
    pub(super) fn renew_calm(&self) {
        for session in &self.sessions {
            session.calm.renew(&session.state, self.outlook.warn_ppm());
        }
    }

    /// Counts tokens by kind, for every session on the path.
    pub(super) fn count_split(&self, split: Split) {
        if split != Split::NONE {
            self.sessions.iter().for_each(|session| session.state.account().split(split));
        }
    }

    /// Admits `chain`, which is one of this path's charges, the way that `admit` says.
    pub(super) fn admit<'p>(
        &self,
        chain: &mut Chain<'p>,
        admit: impl FnOnce(&mut Chain<'p>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        carve::admit(chain, &self.sessions.iter().map(|session| &session.state), admit)
    }

    /// The session whose charge it is, if it is a session's.
    pub(super) fn session_of(&self, charge: &Charge<'_>) -> Option<&'a Entry> {
        self.sessions.get(charge.owner).copied()
    }

    /// The agent or tenant whose charge it is, if it is one's.
    pub(super) fn party_of(&self, charge: &Charge<'_>) -> Option<&'a Arc<Party>> {
        self.parties.get(charge.owner.checked_sub(self.sessions.len())?).map(|(party, _)| *party)
    }
}

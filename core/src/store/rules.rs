//! [`Rules`]: the policy in force, swapped whole, and its generation.

use std::sync::Arc;

use super::interner::Interner;
use super::party::Terms;
use crate::account::Allowance;
use crate::cell::Stamp;
use crate::error::Error;
use crate::meter::Plan;
use crate::policy::{Limits, Policy};
use crate::sync::{ArcSwap, Guard};
use crate::units::Nanos;

/// A policy with its place in the row of policies that were in force.
#[derive(Debug)]
pub(crate) struct Governing {
    pub(crate) generation: u64,
    pub(crate) policy: Arc<Policy>,
    /// Since when it is in force.
    pub(crate) since: Nanos,
}

/// The policy in force. What others compile from it they mark with its generation, so that a decision finds out with
/// one load that it is out of date, and never mixes two policies.
#[derive(Debug)]
pub(crate) struct Rules {
    governing: ArcSwap<Governing>,
    /// The generation of `governing`, or for a moment during a swap of the one before it.
    generation: Stamp,
    /// The plans of all rates in use.
    plans: Interner<Plan>,
    /// The terms of all agents and tenants.
    terms: Interner<Terms>,
}

impl Rules {
    pub(crate) fn new(policy: Policy) -> Self {
        let first = Governing { generation: 1, policy: Arc::new(policy), since: Nanos::ZERO };
        Self {
            governing: ArcSwap::from_pointee(first),
            generation: Stamp::new(1),
            plans: Interner::default(),
            terms: Interner::default(),
        }
    }

    /// What an account is held to by `limits`; equal rates share a plan. Errors: budgets above the maximum, rates that would overflow.
    pub(crate) fn allowance(&self, limits: &Limits) -> Result<Allowance, Error> {
        Allowance::compiled(limits, |rate, grain| self.plans.plan(rate, grain))
    }

    /// `terms`, shared with every agent or tenant that has the same. In the searches each has its own: they see neither the map that
    /// finds them nor the counts that free them, and would take that for a race.
    pub(super) fn shared(&self, terms: Terms) -> Arc<Terms> {
        if cfg!(any(loom, shuttle)) { Arc::new(terms) } else { self.terms.terms(terms) }
    }

    /// The generation in force.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// The policy in force.
    pub(crate) fn governing(&self) -> Guard<Arc<Governing>> {
        self.governing.load()
    }

    /// Puts `policy` in force at `now`: decisions that begin after this has returned follow it.
    pub(crate) fn swap(&self, policy: Policy, now: Nanos) {
        let policy = Arc::new(policy);
        let before = self.governing.rcu(|old| {
            let (generation, policy) = (old.generation + 1, Arc::clone(&policy));
            Governing { generation, policy, since: now.max(old.since) }
        });
        self.generation.raise(before.generation + 1);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::policy::PartyLimits;
    use crate::store::Parties;
    use crate::units::Scope;

    fn limited(calls: u64) -> PartyLimits {
        PartyLimits { max_sessions: None, limits: Limits { calls: Some(calls), ..Limits::default() } }
    }

    #[test]
    fn agents_alike_share_their_terms_and_no_others_do() {
        let policy =
            Policy::default().with_agent("*", limited(7)).and_then(|p| p.with_agent("c", limited(8)));
        let rules = Rules::new(policy.expect("a policy"));
        let agents = Parties::new(Scope::Agent, 10);
        let party = |name| agents.get_or_make(name, &rules, Nanos::ZERO).expect("room");
        let [a, b, c] = ["a", "b", "c"].map(party);
        let shared = |one: &crate::store::Party, other: &crate::store::Party| {
            let [one, other] = [one, other].map(|party| Arc::clone(&party.terms(&rules, rules.generation())));
            Arc::ptr_eq(&one, &other)
        };
        assert!(shared(&a, &b) && !shared(&a, &c));
        let before = Arc::clone(&a.terms(&rules, 1));
        rules.swap(Policy::default().with_agent("*", limited(7)).expect("a policy"), Nanos::ZERO);
        assert!(shared(&a, &b) && shared(&a, &c), "all three are alike now");
        assert!(
            !Arc::ptr_eq(&before, &a.terms(&rules, 2)),
            "what is said under another policy is not the same"
        );
    }

    #[test]
    fn each_agent_counts_its_own_drifts() {
        let policy = Policy::from_toml_str("[intent]\npause_after = 3").expect("a policy");
        let rules = Rules::new(policy);
        let agents = Parties::new(Scope::Agent, 10);
        let terms = |name| {
            let party = agents.get_or_make(name, &rules, Nanos::ZERO).expect("room");
            Arc::clone(&party.terms(&rules, 1))
        };
        assert!(!Arc::ptr_eq(&terms("a"), &terms("b")));
    }
}

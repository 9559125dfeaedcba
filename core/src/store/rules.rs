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

    fn limited(limits: Limits) -> PartyLimits {
        PartyLimits { max_sessions: None, limits }
    }

    fn seven_calls() -> Limits {
        Limits { calls: Some(7), ..Limits::default() }
    }

    fn party(agents: &Parties, name: &str, rules: &Rules) -> Arc<crate::store::Party> {
        agents.get_or_make(name, rules, Nanos::ZERO).expect("room")
    }

    #[test]
    fn agents_alike_share_their_terms_and_no_others_do() {
        let rate = |text: &str| Some(text.parse().expect("a rate"));
        // Each unlike the others in one thing, the last ones in what the calls do not show.
        let unlike = [
            Limits { calls: Some(8), ..Limits::default() },
            Limits { rate: rate("30/min"), ..seven_calls() },
            Limits { rate: rate("31/min"), ..seven_calls() },
            Limits { tokens: Some(9), ..seven_calls() },
            Limits { tokens: Some(10), ..seven_calls() },
            Limits { tokens_rate: rate("30/min"), ..seven_calls() },
        ];
        let mut policy = Policy::default().with_agent("*", limited(seven_calls())).expect("a policy");
        for (nth, limits) in unlike.iter().enumerate() {
            policy = policy.with_agent(&format!("unlike-{nth}"), limited(limits.clone())).expect("a policy");
        }
        let rules = Rules::new(policy);
        let agents = Parties::new(Scope::Agent, 100);
        let names = (0..unlike.len()).map(|nth| format!("unlike-{nth}")).chain(["a".to_owned()]);
        let parties: Vec<_> = names.map(|name| party(&agents, &name, &rules)).collect();
        let terms = |party: &crate::store::Party| Arc::clone(&party.terms(&rules, rules.generation()));
        for (nth, one) in parties.iter().enumerate() {
            for other in &parties[..nth] {
                assert!(!Arc::ptr_eq(&terms(one), &terms(other)), "{} and {}", one.name, other.name);
            }
        }
        let (a, b) = (&parties[unlike.len()], party(&agents, "b", &rules));
        assert!(Arc::ptr_eq(&terms(a), &terms(&b)));
        let before = terms(a);
        rules.swap(Policy::default().with_agent("*", limited(seven_calls())).expect("a policy"), Nanos::ZERO);
        assert!(
            Arc::ptr_eq(&terms(a), &terms(&b)) && Arc::ptr_eq(&terms(a), &terms(&parties[0])),
            "alike now"
        );
        assert!(!Arc::ptr_eq(&before, &terms(a)), "what is said under another policy is not the same");
    }

    #[test]
    fn each_agent_counts_its_own_drifts() {
        let policy = Policy::from_toml_str("[intent]\npause_after = 3").expect("a policy");
        let rules = Rules::new(policy);
        let agents = Parties::new(Scope::Agent, 10);
        let terms = |name| Arc::clone(&party(&agents, name, &rules).terms(&rules, 1));
        assert!(!Arc::ptr_eq(&terms("a"), &terms("b")));
    }
}

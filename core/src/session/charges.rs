//! Which meters a demand is charged to (L3): the session's own, those of an ancestor, those of an agent or a tenant.

use super::{Demand, SessionState, Watch};
use crate::account::{Account, Allowance, METERED, Resources};
use crate::admission::Chain;
use crate::units::{NanoUsd, Resource, Scope};

impl SessionState {
    /// Adds this session's own charges for `demand` to `chain`: tool caps first, then its meters.
    pub(crate) fn charge<'a>(&'a self, demand: &Demand, chain: &mut Chain<'a>) {
        self.charge_caps(demand, chain);
        let handed = Resources::default();
        chain.push_gate(self.calls(), self.calls_limit(), demand.take(Resource::Calls, handed));
        chain.held_to(&self.allowance);
        self.charge_others(demand, handed, Scope::Session, chain);
    }

    /// Adds this session's charges for `demand` of a session delegated from it: what that spends, this one spends, but for the
    /// budgets of `handed`, which were carved out on the way down.
    pub(crate) fn charge_as_ancestor<'a>(
        &'a self,
        demand: &Demand,
        handed: Resources,
        chain: &mut Chain<'a>,
    ) {
        self.charge_caps(demand, chain);
        let take = demand.take(Resource::Calls, handed);
        chain.push(self.calls(), self.calls_limit(), take, Scope::Ancestor, Resource::Calls);
        chain.held_to(&self.allowance);
        self.charge_others(demand, handed, Scope::Ancestor, chain);
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

    /// All but its calls.
    fn charge_others<'a>(&'a self, demand: &Demand, handed: Resources, scope: Scope, chain: &mut Chain<'a>) {
        let Self { account, allowance, .. } = self;
        if demand.is_only_calls() && self.watched().is_none() {
            return;
        }
        for &resource in &METERED[1..] {
            let (limit, take) = (allowance.limit(resource), demand.take(resource, handed));
            // Past a threshold of cost nothing is admitted, not even what costs nothing; but what was carved out may be spent.
            let threshold = self.watched().and_then(Watch::cost_threshold);
            let threshold = threshold.filter(|_| resource == Resource::Cost && !handed.has(resource));
            if take.units > 0 || take.paced > 0 && limit.plan.is_some() || threshold.is_some() {
                chain.push(account.meter(resource), limit, take, scope, resource);
                chain.held_to(allowance);
                chain.stop_at(threshold.map_or(u64::MAX, NanoUsd::get));
            }
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
        let take = demand.take(resource, Resources::default());
        if take.is_nothing() {
            continue;
        }
        let limit = allowance.limit(resource);
        if !limit.is_none() {
            chain.push(account.meter(resource), limit, take, scope, resource);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::intent::Tier;
    use crate::policy::{Execution, Limits};
    use crate::session::{Bounds, Identity};
    use crate::tools::ToolSet;
    use crate::units::{Nanos, Rate, Sensitivity, SessionId, Usage};

    fn limits() -> Limits {
        Limits { tokens_rate: Rate::per_minute(60).ok(), ..Limits::default() }
    }

    /// A session with a rate of tokens and nothing else.
    fn session() -> SessionState {
        let identity = Identity {
            id: SessionId::random(),
            intent: None,
            tier: Tier::Unknown,
            sensitivity: Sensitivity::Public,
            air_gap: false,
            carved: Resources::default(),
        };
        let allowance = Allowance::new(&limits()).expect("an allowance");
        let ([created_at, grace], execution) = ([Nanos::ZERO; 2], Execution::DISABLED);
        let bounds = Bounds { created_at, time_limit: Nanos::MAX, grace, allowance, execution };
        SessionState::new(identity, bounds, Arc::new(ToolSet::new([], false).expect("no tools")))
    }

    fn charged(chain: &Chain<'_>) -> Vec<(Resource, u64, u64)> {
        chain.charges().iter().map(|charge| (charge.resource, charge.take.units, charge.take.paced)).collect()
    }

    /// Beside its calls, which are its gate.
    #[test]
    fn a_session_is_charged_for_what_is_asked_of_it_and_for_nothing_else() {
        use Resource::{Calls, Cost, Tokens};
        let (tokens, cost) = (Usage::tokens(5), Usage::NONE.cost(NanoUsd::new(7)));
        let (none, all) = (Resources::default(), Resources::default().with(Tokens).with(Cost));
        let session = session();
        for (demand, handed, expected) in [
            (Demand::of_usage(tokens), none, vec![(Calls, 0, 0), (Tokens, 5, 5)]),
            (Demand::of_usage(cost), none, vec![(Calls, 0, 0), (Cost, 7, 7)]),
            // What was handed over before is charged to the pace alone, where there is one.
            (Demand::of_usage(tokens), all, vec![(Calls, 0, 0), (Tokens, 0, 5)]),
            (Demand::of_usage(cost), all, vec![(Calls, 0, 0)]),
            // What is handed over now is charged to the budget alone.
            (Demand::handed_over(0, tokens), none, vec![(Calls, 0, 0), (Tokens, 5, 0)]),
            (Demand::handed_over(0, tokens), all, vec![(Calls, 0, 0)]),
        ] {
            let mut chain = Chain::new(Nanos::ZERO);
            session.charge_as_ancestor(&demand, handed, &mut chain);
            assert_eq!(charged(&chain), expected, "{demand:?} {handed:?}");
        }
    }

    #[test]
    fn an_agent_is_charged_for_what_is_asked_and_limited_and_for_nothing_else() {
        let (account, allowance) = (Account::default(), Allowance::new(&limits()).expect("an allowance"));
        for (demand, expected) in [
            (Demand::of_usage(Usage::tokens(5)), vec![(Resource::Tokens, 5, 5)]),
            (Demand::handed_over(0, Usage::tokens(5)), vec![(Resource::Tokens, 5, 0)]),
            (Demand::of_usage(Usage::NONE.cost(NanoUsd::new(7))), vec![]),
            (Demand::default(), vec![]),
        ] {
            let mut chain = Chain::new(Nanos::ZERO);
            charge_outer(&account, &allowance, &demand, Scope::Agent, &mut chain);
            assert_eq!(charged(&chain), expected, "{demand:?}");
        }
    }
}

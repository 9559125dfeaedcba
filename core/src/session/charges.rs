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

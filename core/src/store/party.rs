//! [`Party`]: an agent or a tenant, shared by its sessions; [`Parties`]: all of a kind, by name.

use std::sync::Arc;

use super::agenda::Agenda;
use super::drifts::Drifts;
use super::rules::{Governing, Rules};
use crate::account::{Account, Allowance, METERED, Resources, budgets_of};
use crate::cell::Latch;
use crate::decision::low_at;
use crate::gauge::{Gauge, NoPlace};
use crate::marks::Marks;
use crate::meter::Limit;
use crate::policy::{PartyLimits, Policy};
use crate::session::SessionState;
use crate::sync::{ArcSwap, Guard, back_off};
use crate::units::{Nanos, Resource, Scope};

/// An agent or a tenant: the meters and the count that its sessions share.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) name: Arc<str>,
    pub(crate) scope: Scope,
    pub(crate) account: Account,
    /// Its sessions that are active or paused.
    pub(crate) sessions: Gauge,
    /// What was said once: that a budget is running low.
    pub(crate) marks: Marks,
    terms: ArcSwap<Terms>,
    /// Shut once it has its place among the parties: who forgets it gives that back.
    placed: Latch,
}

/// What a policy says of a party, compiled. Whole: a decision never sees a part of one policy and a part of another.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) generation: u64,
    /// How many sessions it may have at once.
    pub(crate) max_sessions: u64,
    pub(crate) allowance: Allowance,
    /// Of what there is a budget, or was one under a policy before.
    budgeted: Resources,
    /// Up to how many calls spent none of its sessions' grants has to say that they are running low.
    pub(crate) calm_calls: u64,
    /// Counts drifts from the intent, if the policy bears only so many. Begins anew with each policy.
    pub(crate) drifts: Option<Box<Drifts>>,
}

impl Terms {
    fn new(scope: Scope, name: &str, governing: &Governing, rules: &Rules) -> Self {
        let PartyLimits { max_sessions, limits } = limits_of(&governing.policy, scope, name);
        // A policy is checked when it is made, so this cannot fail; if it did, nothing would be admitted.
        let allowance = rules.allowance(&limits).unwrap_or_else(|_| Allowance::nothing());
        let low = limits.calls.and_then(|calls| low_at(calls, governing.policy.warn_ppm()));
        Self {
            generation: governing.generation,
            calm_calls: low.map_or(limits.calls.unwrap_or(Limit::NO_BUDGET), |low| low.saturating_sub(1)),
            budgeted: budgets_of(&limits),
            max_sessions: max_sessions.unwrap_or(u64::MAX),
            allowance,
            drifts: governing.policy.intent().pause_after.map(Drifts::new).map(Box::new),
        }
    }

    /// Whether `others` may stand in their place. Those that count drifts are their party's own.
    pub(super) fn say_the_same(&self, others: &Self) -> bool {
        let plain = |terms: &Self| (terms.generation, terms.max_sessions, terms.calm_calls, terms.budgeted);
        let count = self.drifts.is_some() || others.drifts.is_some();
        !count && plain(self) == plain(others) && self.allowance.is_that_of(&others.allowance)
    }

    /// Whether they limit `resource`.
    pub(crate) fn limits(&self, resource: Resource) -> bool {
        match resource {
            Resource::Sessions => self.max_sessions != u64::MAX,
            _ => !self.allowance.limit(resource).is_none(),
        }
    }
}

fn limits_of(policy: &Policy, scope: Scope, name: &str) -> PartyLimits {
    if scope == Scope::Tenant { policy.tenant_limits(name) } else { policy.agent_limits(name) }
}

impl Party {
    fn new(scope: Scope, name: Arc<str>, rules: &Rules) -> Self {
        let terms = ArcSwap::new(rules.shared(Terms::new(scope, &name, &rules.governing(), rules)));
        Self {
            name,
            scope,
            account: Account::default(),
            sessions: Gauge::default(),
            marks: Marks::default(),
            terms,
            placed: Latch::default(),
        }
    }

    /// What the policy in force says of this party, of `generation` or a later one.
    pub(crate) fn terms(&self, rules: &Rules, generation: u64) -> Guard<Arc<Terms>> {
        let terms = self.terms.load();
        if terms.generation >= generation { terms } else { self.renewed(rules) }
    }

    #[cold]
    fn renewed(&self, rules: &Rules) -> Guard<Arc<Terms>> {
        let governing = rules.governing();
        let before = self.terms.rcu(|old| {
            if old.generation >= governing.generation {
                return Arc::clone(old);
            }
            let new = Terms::new(self.scope, &self.name, &governing, rules);
            let budgeted = new.budgeted.and(old.budgeted);
            let allowance = new.allowance.taking_over(&old.allowance, governing.since);
            rules.shared(Terms { allowance, budgeted, ..new })
        });
        let terms = self.terms.load();
        // Where there is more now, it may run low anew.
        for resource in METERED {
            if terms.allowance.limit(resource).budget > before.allowance.limit(resource).budget {
                self.marks.clear(SessionState::mark_of(resource));
            }
        }
        terms
    }

    /// When nothing would be lost if this party were forgotten and made anew: nothing has been spent of a budget, not even of
    /// one that a policy has lifted since, and every bucket is full. `None` if never.
    fn blank_at(&self, terms: &Terms) -> Option<Nanos> {
        METERED.iter().try_fold(Nanos::ZERO, |blank, &resource| {
            let word = self.account.peek(resource);
            let plan = terms.allowance.last_plan(resource);
            if terms.budgeted.has(resource) && word.spent() > 0 {
                return None;
            }
            Some(plan.map_or(Some(Nanos::ZERO), |plan| plan.reaches(word.tat()))?.max(blank))
        })
    }
}

/// The agents, or the tenants, by name. Bounded; forgets a party only where that gives nobody anything.
#[derive(Debug)]
pub(crate) struct Parties {
    scope: Scope,
    by_name: papaya::HashMap<Arc<str>, Arc<Party>, foldhash::fast::RandomState>,
    size: Gauge,
    max: u64,
    /// Parties without sessions whose buckets are still filling, by when they will be full.
    filling: Agenda<Arc<str>>,
}

impl Parties {
    pub(crate) fn new(scope: Scope, max: u64) -> Self {
        let (size, filling) = (Gauge::default(), Agenda::default());
        Self { scope, by_name: papaya::HashMap::default(), size, max, filling }
    }

    /// The party called `name`, if there is one.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Party>> {
        self.by_name.pin().get(name).cloned()
    }

    /// The party called `name`, made if need be. `None` if there are too many.
    ///
    /// It is put in before its place is taken, so that two creations for one new party need one place. If there is none it
    /// is taken out again, unless somebody has entered it meanwhile; then there is one too many for as long as it lasts. Until it has
    /// its place nobody else forgets it: there would be none to give back.
    pub(super) fn get_or_make(&self, name: &str, rules: &Rules, now: Nanos) -> Option<Arc<Party>> {
        if let Some(party) = self.get(name) {
            return Some(party);
        }
        if self.size.count() >= self.max {
            self.forget_filled(rules, now);
        }
        let name: Arc<str> = name.into();
        let made = Arc::new(Party::new(self.scope, Arc::clone(&name), rules));
        let parties = self.by_name.pin();
        let kept = parties.get_or_insert(Arc::clone(&name), Arc::clone(&made));
        if !Arc::ptr_eq(kept, &made) {
            return Some(Arc::clone(kept));
        }
        if self.size.acquire(self.max).is_ok() {
            made.placed.shut();
            return Some(made);
        }
        if made.sessions.empty().is_some_and(|empty| made.sessions.retire(empty)) {
            let _ = parties.remove_if(&name, |_, there| Arc::ptr_eq(there, &made));
            return None;
        }
        let _ = self.size.acquire(u64::MAX);
        made.placed.shut();
        Some(made)
    }

    /// Takes a place for a session of the party called `name`, under the policy of `generation`. `make_room` is asked once where
    /// all places are taken, of a party or (`None`) for new parties.
    pub(crate) fn enter(
        &self,
        name: &str,
        rules: &Rules,
        generation: u64,
        now: Nanos,
        make_room: impl Fn(Option<&Party>) -> u64,
    ) -> Result<Arc<Party>, NoEntry> {
        let (mut reaped, mut swept, mut waits) = (false, false, 0);
        loop {
            let Some(party) = self.get_or_make(name, rules, now) else {
                if swept {
                    return Err(NoEntry::NoParty);
                }
                make_room(None);
                swept = true;
                continue;
            };
            let (of_generation, max) = {
                let terms = party.terms(rules, generation);
                (terms.generation, terms.max_sessions)
            };
            let no = match party.sessions.acquire(max) {
                Ok(_) if of_generation == generation => return Ok(party),
                Ok(_) => {
                    party.sessions.release();
                    NoEntry::Swapped
                }
                Err(NoPlace::Retired) => {
                    // Whoever retired it takes it out next, and only they know whether it had a place.
                    back_off(waits);
                    waits = waits.saturating_add(1);
                    continue;
                }
                Err(NoPlace::Full { .. }) if !reaped => {
                    make_room(Some(&party));
                    reaped = true;
                    continue;
                }
                Err(NoPlace::Full { count }) => NoEntry::Full { max, count },
            };
            // Made for a session that does not come to be, it would stay for ever.
            self.forget(&party, rules, now);
            return Err(no);
        }
    }

    /// Gives back a place that was taken for a session that did not come to be.
    pub(crate) fn leave(&self, party: &Arc<Party>, rules: &Rules, now: Nanos) {
        party.sessions.release();
        self.forget(party, rules, now);
    }

    /// Brings every party under the policy in force, so that each changes its rates at the instant of the swap and not when it
    /// is next asked.
    pub(crate) fn renew(&self, rules: &Rules) {
        let generation = rules.governing().generation;
        for party in self.by_name.pin().values() {
            party.terms(rules, generation);
        }
    }

    /// Forgets `party` if it has no sessions and nothing would be lost, now or, once its buckets are full, later.
    pub(crate) fn forget(&self, party: &Arc<Party>, rules: &Rules, now: Nanos) {
        let Some(empty) = party.sessions.empty().filter(|_| party.placed.is_shut()) else { return };
        let Some(blank_at) = party.blank_at(&party.terms(rules, rules.generation())) else { return };
        if blank_at > now {
            self.filling.add(blank_at, Arc::clone(&party.name));
        } else if party.sessions.retire(empty) {
            self.remove(party);
        }
    }

    /// Forgets those whose buckets have filled since [`Parties::forget`] was asked.
    pub(crate) fn forget_filled(&self, rules: &Rules, now: Nanos) {
        while let Some(name) = self.filling.pop_due(now) {
            if let Some(party) = self.get(&name) {
                self.forget(&party, rules, now);
            }
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.size.count()
    }

    /// Takes out `party`, which the caller has retired. Its place is free first, so that nobody who finds it gone finds no place.
    fn remove(&self, party: &Arc<Party>) {
        self.size.release();
        let _ = self.by_name.pin().remove_if(&party.name, |_, there| Arc::ptr_eq(there, party));
    }
}

/// Why a session cannot enter a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoEntry {
    /// It has as many sessions as it may.
    Full {
        /// How many it may have.
        max: u64,
        /// How many it has.
        count: u64,
    },
    /// There are too many parties.
    NoParty,
    /// Another policy came into force meanwhile.
    Swapped,
}

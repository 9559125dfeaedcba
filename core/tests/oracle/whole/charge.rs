//! What a demand is taken of, in naming order; why that refuses; and taking it.

use allotment::{Nanos, Reason, Scope, Status};

use super::model::{CALLS, COST, METERED, Model, RATED, Receipt, TENANT};
use super::said::{Decided, No};
use super::steps::Amounts;
use crate::bucket::Bucket;

/// What is demanded: amounts, and calls of the tool that may have a cap.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Demand {
    pub(crate) amounts: Amounts,
    pub(crate) sends: u64,
    /// Only budgets are moved; neither rates nor agents nor the tenant have to do with it.
    pub(crate) moves: bool,
}

impl Demand {
    pub(crate) fn of(amounts: Amounts) -> Self {
        Self { amounts, ..Self::default() }
    }
}

/// What is taken of one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charge {
    pub(crate) scope: Scope,
    /// Of a session, or else of a party.
    pub(crate) session: Option<usize>,
    pub(crate) party: usize,
    pub(crate) r: usize,
    /// Of the budget, and of the rate.
    pub(crate) units: u64,
    pub(crate) paced: u64,
    threshold: Option<u64>,
}

/// Why a charge refuses.
enum Lack {
    Shut(Status),
    Budget(u64, u64),
    /// Its limit, what is used of the bucket, the wait.
    Rate(u64, u64, Option<Nanos>),
}

impl Model {
    pub(crate) fn charges(&self, at: usize, demand: &Demand) -> Vec<Charge> {
        let Demand { amounts, sends, moves } = *demand;
        let (mut charges, mut handed) = (Vec::new(), [false; 5]);
        let only_calls = amounts[1..] == [0; 4];
        for (level, at) in self.path(at).into_iter().enumerate() {
            let session = &self.sessions[at];
            let scope = if level == 0 { Scope::Session } else { Scope::Ancestor };
            let base =
                Charge { scope, session: Some(at), party: 0, r: CALLS, units: 0, paced: 0, threshold: None };
            if session.cap.is_some() && sends > 0 {
                charges.push(Charge { scope: Scope::Tool, units: sends, paced: sends, ..base });
            }
            for r in 0..5 {
                let units = if handed[r] { 0 } else { amounts[r] };
                let paced = if moves { 0 } else { amounts[r] };
                let threshold = session.threshold.filter(|_| r == COST && !handed[r]);
                let concerned = units > 0 || paced > 0 && session.buckets[r].is_some() || threshold.is_some();
                let looked_at = !only_calls || session.watch.is_some();
                if r == CALLS || looked_at && concerned {
                    charges.push(Charge { r, units, paced, threshold, ..base });
                }
            }
            (0..5).for_each(|r| handed[r] |= session.carved[r]);
        }
        for party in self.parties_of(at).into_iter().filter(|_| !moves) {
            let scope = if party == TENANT { Scope::Tenant } else { Scope::Agent };
            for r in (0..5).filter(|&r| amounts[r] > 0) {
                let (units, paced, threshold) = (amounts[r], amounts[r], None);
                if self.budget(party, r).is_some() || r == CALLS && self.rate(party).is_some() {
                    charges.push(Charge { scope, session: None, party, r, units, paced, threshold });
                }
            }
        }
        charges
    }

    /// What its account has spent, and may spend.
    pub(crate) fn balance(&self, charge: &Charge) -> (u64, Option<u64>) {
        match charge.session {
            Some(at) if charge.scope == Scope::Tool => (self.sessions[at].sends, self.sessions[at].cap),
            Some(at) => (self.spent(at, charge.r), self.sessions[at].limits[charge.r]),
            None => (self.parties[charge.party].spent[charge.r], self.budget(charge.party, charge.r)),
        }
    }

    fn bucket(&self, charge: &Charge) -> Option<&Bucket> {
        match charge.session {
            Some(_) if charge.scope == Scope::Tool => None,
            Some(at) => self.sessions[at].buckets[charge.r].as_ref(),
            None => self.rate(charge.party).filter(|_| charge.r == CALLS),
        }
    }

    fn lack(&self, charge: &Charge) -> Option<Lack> {
        let Charge { units, paced, .. } = *charge;
        let (spent, budget) = self.balance(charge);
        if let Some(threshold) = charge.threshold.filter(|&threshold| spent >= threshold) {
            return Some(Lack::Budget(threshold, spent));
        }
        let of_session = charge.session.filter(|_| charge.scope != Scope::Tool && charge.r == CALLS);
        if let Some(session) = of_session.map(|at| &self.sessions[at]) {
            let gate = session.ended.or(session.paused.then_some(Status::Paused));
            if let Some(gate) = gate {
                return Some(Lack::Shut(gate));
            }
        }
        if let Some(budget) = budget.filter(|budget| units > 0 && spent + units > *budget) {
            return Some(Lack::Budget(budget, spent));
        }
        let bucket = self.bucket(charge).filter(|bucket| paced > 0 && !bucket.covers(paced, self.now))?;
        let used = bucket.rate().bucket() - bucket.units(self.now);
        Some(Lack::Rate(bucket.rate().limit(), used, bucket.wait(paced, self.now)))
    }

    /// Why `charges` for the session cannot be taken, in every order of the agents.
    pub(crate) fn refused(&self, at: usize, charges: &[Charge]) -> Decided<()> {
        let lacks: Vec<_> =
            charges.iter().filter_map(|charge| self.lack(charge).map(|lack| (charge, lack))).collect();
        // The wait is over when nothing refuses any more, if the session lives so long.
        let wait = lacks.iter().map(|(_, lack)| if let Lack::Rate(.., wait) = lack { *wait } else { None });
        let wait = wait.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten();
        let wait = wait.filter(|wait| self.now + wait.get() < self.sessions[at].deadline());
        let nos: Vec<No> = lacks.iter().map(|(charge, lack)| no_of(at, charge, lack, wait)).collect();
        let Some(first) = nos.first() else { return Ok(()) };
        let mut named: Vec<No> = Vec::new();
        for no in nos
            .iter()
            .filter(|no| *no == first || first.scope == Some(Scope::Agent) && no.scope == first.scope)
        {
            if !named.iter().any(|other| other.party == no.party) {
                named.push(no.clone());
            }
        }
        Err(named)
    }

    /// Takes `charges` for the session, whatever they lack; what that took.
    pub(crate) fn take(&mut self, at: usize, charges: &[Charge]) -> Vec<Receipt> {
        let now = self.now;
        for charge in charges {
            match charge.session {
                Some(session) if charge.scope == Scope::Tool => self.sessions[session].sends += charge.units,
                Some(session) => {
                    // What a child has spent lies with its parent without being written there.
                    if session == at {
                        self.sessions[at].own[charge.r] += charge.units;
                    }
                    if let Some(bucket) = &mut self.sessions[session].buckets[charge.r] {
                        bucket.take(charge.paced, now);
                    }
                }
                None => {
                    let lifted = self.rate(charge.party).is_none();
                    let party = &mut self.parties[charge.party];
                    party.spent[charge.r] += charge.units;
                    if let Some(bucket) = party.rate.as_mut().filter(|_| charge.r == CALLS && !lifted) {
                        bucket.take(charge.paced, now);
                    }
                }
            }
        }
        let real = charges.iter().filter(|charge| charge.units > 0 || charge.paced > 0);
        real.map(|&Charge { session, party, r, units, paced, .. }| Receipt {
            session,
            party: session.is_none().then_some(party),
            r,
            units,
            paced,
        })
        .collect()
    }

    /// How much of a resource, of which so much is wanted, all of `charges` have.
    pub(crate) fn available(&self, charges: &[Charge], r: usize, wanted: u64) -> u64 {
        let of = |charge: &&Charge| {
            let (spent, budget) = self.balance(charge);
            let budget =
                budget.filter(|_| charge.units > 0).map_or(u64::MAX, |budget| budget.saturating_sub(spent));
            let bucket = self.bucket(charge).filter(|_| charge.paced > 0);
            budget.min(bucket.map_or(u64::MAX, |bucket| bucket.units(self.now)))
        };
        charges.iter().filter(|charge| charge.r == r).map(|charge| of(&charge)).fold(wanted, u64::min)
    }

    /// Whether `change` makes anybody spend more than their limit, who then spends more than before.
    pub(crate) fn overruns(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        let all = |model: &Self| -> Vec<(u64, Option<u64>)> {
            let sessions = (0..model.sessions.len())
                .flat_map(|at| (0..5).map(move |r| (model.spent(at, r), model.sessions[at].limits[r])));
            let parties =
                (0..=TENANT).flat_map(|at| RATED.map(|r| (model.parties[at].spent[r], model.budget(at, r))));
            sessions.chain(parties).collect()
        };
        let before = all(self);
        change(self);
        let over = |((before, _), (after, limit)): (&(u64, _), &(u64, Option<u64>))| {
            after > before && limit.is_some_and(|limit| *after > limit)
        };
        before.iter().zip(&all(self)).any(over)
    }
}

/// A lack in the words of the contract.
fn no_of(at: usize, charge: &Charge, lack: &Lack, wait: Option<Nanos>) -> No {
    let requested = Some(charge.units.max(charge.paced));
    let resource = METERED[charge.r];
    let no = match *lack {
        Lack::Shut(status) => {
            let reason = if status == Status::Paused { Reason::Paused } else { ended(status) };
            No { resource: Some(resource), requested, ..No::of(reason, None) }
        }
        Lack::Budget(limit, used) => {
            No::of(Reason::BudgetExceeded, None).of_resource(resource, limit, used, requested)
        }
        Lack::Rate(limit, used, _) => {
            let no = No::of(Reason::RateLimited, None).of_resource(resource, limit, used, requested);
            No { retry_after: wait, ..no }
        }
    };
    No {
        scope: Some(charge.scope),
        ancestor: charge.session.filter(|&session| session != at),
        party: charge.session.is_none().then_some(charge.party),
        tool: (charge.scope == Scope::Tool).then(|| "send".to_owned()),
        ..no
    }
}

pub(crate) fn ended(status: Status) -> Reason {
    if status == Status::Expired { Reason::Expired } else { Reason::Closed }
}

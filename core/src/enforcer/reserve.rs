//! [`Reservation`]: work whose price is known only afterwards.

use std::sync::Arc;

use smallvec::SmallVec;

use super::decide::weighed;
use super::path::Path;
use super::request::Request;
use super::{Session, Shared, explain};
use crate::account::METERED;
use crate::admission::Chain;
use crate::carve;
use crate::cell::{Latch, Stamp};
use crate::decision::{Denial, Evidence};
use crate::error::Error;
use crate::events::EventKind;
use crate::meter::Take;
use crate::policy::OnVanish;
use crate::reservation::Receipt;
use crate::session::Demand;
use crate::store::{Entry, Party};
use crate::units::{NanoUsd, Nanos, Resource, Split, Usage};

/// An estimate that was admitted, until it ends in exactly one of these ways: [`Reservation::settle`] at the actual price,
/// [`Reservation::release`] where nothing was sent, or, dropped without either, forfeited: it is charged what
/// [`Reservation::progress`] last said, or all of it, because providers bill what they have begun; or what the policy says instead.
///
/// ```
/// use allotment::{Enforcer, Policy, SessionSpec, Usage};
/// let enforcer = Enforcer::new(Policy::default())?;
/// let session = enforcer.create(SessionSpec::new("agent-7").tokens(10_000))?;
/// let hold = session.reserve(Usage::tokens(4_000))?;
/// hold.settle(Usage::tokens(3_120))?;
/// assert_eq!(session.snapshot().tokens.remaining, Some(6_880));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropped, it is charged in full"]
#[derive(Debug)]
pub struct Reservation {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    granted: Usage,
    held: SmallVec<[(Owner, Receipt); 2]>,
    ended: Latch,
    /// What the holder has used so far, by its own word.
    progress: Progress,
}

/// Whose meter was debited.
#[derive(Debug)]
enum Owner {
    Session(Arc<Entry>),
    Party(Arc<Party>),
}

/// How a reservation was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// What was charged.
    pub charged: Usage,
    /// Whether that is more than some budget had: it was charged all the same, and stops what follows.
    pub overrun: bool,
}

impl Session {
    /// Admits `usage` as an estimate, on everything that limits it, or nothing. Calls are not counted: it is for model calls.
    pub fn reserve(&self, usage: Usage) -> Result<Reservation, Denial> {
        self.reserve_at_least(usage, usage)
    }

    /// The same, but of each resource as much as there is, if that is less than in `usage` and at least what is in `least`.
    /// [`Reservation::granted`] says how much that is.
    pub fn reserve_at_least(&self, usage: Usage, least: Usage) -> Result<Reservation, Denial> {
        let (shared, entry) = self.parts();
        let now = shared.clock.now();
        let request = Request { usage, ..Request::of(&[]) };
        shared
            .reserve(entry, &request, least, now)
            .map_err(|evidence| shared.deny(entry, &request, evidence, now))
    }
}

impl Shared {
    fn reserve(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        request: &Request<'_, '_>,
        least: Usage,
        now: Nanos,
    ) -> Result<Reservation, Evidence> {
        self.check_status(entry, now)?;
        self.begin_step(entry, request)?.end(false);
        let (path, governing) = self.whole_path(entry);
        let weigh = |usage| Usage { split: Split::NONE, ..weighed(&governing.policy, usage) };
        let (usage, least) = (weigh(request.usage), weigh(least));
        let demands: SmallVec<[Demand; 2]> =
            path.sessions().iter().map(|_| Demand::of_usage(usage)).collect();
        let mut chain = Chain::new(now);
        path.charge(&demands, &mut chain);
        let clock = || self.clock.now();
        let admitted = path.admit(&mut chain, |chain| {
            if least == usage {
                return chain.admit(&clock);
            }
            let least = Demand::of_usage(least);
            chain.admit_at_least(|resource| least.of(resource), &clock)
        });
        if let Err(refusal) = admitted {
            return Err(explain::refused(&path, request, &chain, refusal, now));
        }
        for warning in explain::low(entry, &chain, path.outlook, now) {
            self.note_low(entry, None, warning, now);
        }
        path.touch(now);
        path.renew_calm();
        // Also where that is nothing: then what is used is charged as what was not reserved.
        let own = chain.charges().iter().filter(|charge| charge.owner == 0);
        let granted = own.fold(usage, |granted, charge| granted.with(charge.resource, charge.take.units));
        let held = chain.charges().iter().filter(|charge| !charge.take.is_nothing()).filter_map(|charge| {
            let receipt = Receipt { resource: charge.resource, take: charge.take, minted: charge.minted };
            let owner = match path.party_of(charge) {
                Some(party) => Owner::Party(Arc::clone(party)),
                None => Owner::Session(Arc::clone(
                    std::iter::once(entry).chain(entry.ancestors()).nth(charge.owner)?,
                )),
            };
            Some((owner, receipt))
        });
        let held: SmallVec<[_; 2]> = held.collect();
        for (owner, receipt) in &held {
            owner.reserved(receipt.resource, |tally| tally.add(receipt.take.units));
        }
        let (ended, progress) = (Latch::default(), Progress::default());
        let (shared, entry) = (Arc::clone(self), Arc::clone(entry));
        Ok(Reservation { shared, entry, granted, held, ended, progress })
    }
}

impl Owner {
    fn reserved(&self, resource: Resource, change: impl FnOnce(&crate::cell::Tally)) {
        if let Self::Session(entry) = self
            && let Some(tally) = entry.state.account().reserved(resource)
        {
            change(tally);
        }
    }

    /// Corrects what was debited to `actual`; whether that overran some budget.
    fn settle(&self, shared: &Shared, receipt: Receipt, actual: u64) -> bool {
        let (now, resource) = (|| shared.clock.now(), receipt.resource);
        self.reserved(resource, |tally| tally.sub(receipt.take.units));
        match self {
            Self::Session(entry) => carve::settle(entry.lineage(), receipt, actual, &now),
            Self::Party(party) => {
                let terms = party.terms(&shared.rules, shared.rules.generation());
                let limit = terms.allowance.limit(resource);
                let change = receipt.settle(party.account.meter(resource), limit, actual, &now);
                // Forgotten meanwhile, because its buckets had filled: what was used beyond the estimate is its successor's.
                let more = actual.saturating_sub(receipt.take.units);
                if more > 0 && !party.sessions.visit() {
                    return shared.store.parties(party.scope).charge_late(
                        &party.name,
                        resource,
                        Take::both(more),
                        &shared.rules,
                        now(),
                    );
                }
                change.is_some_and(|change| change.overruns(limit))
            }
        }
    }
}

impl Reservation {
    /// What was admitted; tokens of each kind are weighed in it already.
    #[must_use]
    pub fn granted(&self) -> Usage {
        self.granted
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.is_shut()
    }

    /// Ends it at the actual price: what was not used is given back, what was used beyond it is charged in full.
    ///
    /// Errors: it has ended already. Nothing changes then.
    pub fn settle(&self, actual: Usage) -> Result<Settled, Error> {
        if self.ended.shut() { Ok(self.charge(actual)) } else { Err(ended_already("settle")) }
    }

    /// Ends it without a charge, because nothing was sent.
    ///
    /// Errors: it has ended already. Nothing changes then.
    pub fn release(&self) -> Result<(), Error> {
        if !self.ended.shut() {
            return Err(ended_already("release"));
        }
        self.charge(Usage::NONE);
        Ok(())
    }

    /// Says what has been used so far, in total: what is charged if the holder vanishes. By one holder; of several the last
    /// counts.
    pub fn progress(&self, so_far: Usage) {
        self.progress.set(so_far);
    }

    /// Ends it as if its holder had vanished; `None` if it has ended already.
    ///
    /// Charged is what [`Reservation::progress`] last said. If it said nothing, then all of it, or nothing where the policy's
    /// `on_vanish` is to release.
    pub fn forfeit(&self) -> Option<Settled> {
        self.ended.shut().then(|| {
            let policy = &self.shared.rules.governing().policy;
            let unsaid = match policy.on_vanish() {
                OnVanish::Charge => self.granted,
                OnVanish::Release => Usage::NONE,
            };
            let settled = self.charge(self.progress.get().unwrap_or(unsaid));
            if !self.shared.is_forked() {
                self.shared.tell_usage(EventKind::Forfeited, &self.entry, settled.charged);
            }
            settled
        })
    }

    /// Puts every receipt right; called once, by whoever ended it.
    fn charge(&self, actual: Usage) -> Settled {
        let Self { shared, entry, granted, .. } = self;
        if shared.is_forked() {
            // A copy of what the parent process ends.
            return Settled { charged: Usage::NONE, overrun: false };
        }
        let counted = weighed(&shared.rules.governing().policy, actual);
        let demand = Demand::of_usage(counted);
        let mut overrun = false;
        for (owner, receipt) in &self.held {
            overrun |= owner.settle(shared, *receipt, demand.of(receipt.resource));
        }
        // What was not reserved was not admitted either; it has been spent all the same.
        let (reserved, mut rest) = (Demand::of_usage(*granted), counted);
        for resource in METERED.into_iter().filter(|&resource| reserved.of(resource) > 0) {
            rest = rest.with(resource, 0);
        }
        overrun |= shared.charge(entry, rest);
        Path::of(entry, &shared.rules).renew_calm();
        if overrun {
            shared.tell_usage(EventKind::Overrun, entry, counted);
        }
        Settled { charged: Usage { split: actual.split, ..counted }, overrun }
    }
}

fn ended_already(what: &str) -> Error {
    Error::new(what, "the reservation", "has ended already")
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.forfeit();
    }
}

/// What a holder has used so far, by its own word: a word for each figure, and one for whether it said anything.
#[derive(Debug)]
struct Progress {
    said: Stamp,
    figures: [Stamp; 7],
}

impl Default for Progress {
    fn default() -> Self {
        Self { said: Stamp::new(0), figures: [0; 7].map(Stamp::new) }
    }
}

impl Progress {
    fn set(&self, so_far: Usage) {
        let Usage { tokens, cost, steps, discovered_steps, split: Split { input, output, cached } } = so_far;
        let figures = [tokens, cost.get(), steps, discovered_steps, input, output, cached];
        self.figures.iter().zip(figures).for_each(|(stamp, figure)| stamp.set(figure));
        self.said.set(1);
    }

    fn get(&self) -> Option<Usage> {
        let said = self.said.get() != 0;
        let [tokens, cost, steps, discovered_steps, input, output, cached] =
            self.figures.each_ref().map(Stamp::get);
        let (cost, split) = (NanoUsd::new(cost), Split { input, output, cached });
        said.then_some(Usage { tokens, cost, steps, discovered_steps, split })
    }
}

//! [`Reservation`]: work whose price is known only afterwards; and recording what was spent without asking.

use std::sync::Arc;

use smallvec::SmallVec;

use super::decide::{Request, denied, explain};
use super::path::Path;
use super::{Session, Shared};
use crate::cell::{Latch, Stamp};
use crate::decision::{Denial, Evidence};
use crate::error::Error;
use crate::reservation::Receipt;
use crate::session::Demand;
use crate::store::{Entry, Party};
use crate::units::{NanoUsd, Resource, Usage};

/// An estimate that was admitted, until it ends in exactly one of these ways: [`Reservation::settle`] at the actual price,
/// [`Reservation::release`] where nothing was sent, or, dropped without either, forfeited: it is charged what
/// [`Reservation::progress`] last said, or all of it, because providers bill what they have begun.
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
    /// What the holder has used so far, by its own word: whether it said anything, then steps, tokens, cost.
    progress: [Stamp; 4],
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
        let (shared, entry) = self.parts();
        shared.reserve(entry, usage).map_err(|evidence| {
            let request = Request { tools: &[], usage, preview: false };
            denied(shared, entry, &request, evidence, shared.clock.now())
        })
    }

    /// Charges `usage` after the fact, on everything that limits it, even past the limits and whatever the session's status:
    /// it has been spent. Whether that overran some budget, which then refuses what follows.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn record(&self, usage: Usage) -> bool {
        let (shared, entry) = self.parts();
        shared.record(entry, usage)
    }
}

impl Shared {
    /// Charges `usage` without asking; whether that overran some budget.
    fn record(&self, entry: &Entry, usage: Usage) -> bool {
        let path = Path::of(entry, &self.rules);
        let demands: SmallVec<[Demand; 2]> =
            path.sessions().iter().map(|_| Demand::of_usage(usage)).collect();
        let now = self.clock.now();
        let chain = path.charge(&demands, now);
        let charges = chain.charges().iter().filter(|charge| charge.amount > 0);
        charges.fold(false, |overrun, charge| charge.meter.charge(charge.amount, charge.limit, now) | overrun)
    }

    fn reserve(self: &Arc<Self>, entry: &Arc<Entry>, usage: Usage) -> Result<Reservation, Evidence> {
        let now = self.clock.now();
        self.check_status(entry, now)?;
        let path = Path::of(entry, &self.rules);
        let demands: SmallVec<[Demand; 2]> =
            path.sessions().iter().map(|_| Demand::of_usage(usage)).collect();
        let mut chain = path.charge(&demands, now);
        let request = Request { tools: &[], usage, preview: false };
        chain
            .admit(&|| self.clock.now())
            .map_err(|refusal| explain(&path, &request, &chain, refusal, now))?;
        let held = chain.charges().iter().filter(|charge| charge.amount > 0).filter_map(|charge| {
            let receipt = Receipt { resource: charge.resource, amount: charge.amount, minted: charge.minted };
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
            owner.reserved(receipt.resource, |tally| tally.add(receipt.amount));
        }
        let (ended, progress) = (Latch::default(), [0; 4].map(Stamp::new));
        let (shared, entry) = (Arc::clone(self), Arc::clone(entry));
        Ok(Reservation { shared, entry, granted: usage, held, ended, progress })
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

    fn settle(&self, shared: &Shared, receipt: Receipt, actual: u64) -> bool {
        let now = || shared.clock.now();
        self.reserved(receipt.resource, |tally| tally.sub(receipt.amount));
        match self {
            Self::Session(entry) => {
                let meter = entry.state.account().meter(receipt.resource);
                receipt.settle(meter, entry.state.limit(receipt.resource), actual, &now)
            }
            Self::Party(party) => {
                let terms = party.terms(&shared.rules, shared.rules.generation());
                let meter = party.account.meter(receipt.resource);
                receipt.settle(meter, terms.allowance.limit(receipt.resource), actual, &now)
            }
        }
    }
}

impl Reservation {
    /// What was admitted.
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
        let [said, steps, tokens, cost] = &self.progress;
        steps.set(so_far.steps);
        tokens.set(so_far.tokens);
        cost.set(so_far.cost.get());
        said.set(1);
    }

    /// Ends it as if its holder had vanished; `None` if it has ended already.
    pub fn forfeit(&self) -> Option<Settled> {
        self.ended.shut().then(|| {
            let [said, steps, tokens, cost] = self.progress.each_ref().map(Stamp::get);
            let so_far = Usage::tokens(tokens).steps(steps).cost(NanoUsd::new(cost));
            self.charge(if said == 0 { self.granted } else { so_far })
        })
    }

    /// Puts every receipt right; called once, by whoever ended it.
    fn charge(&self, actual: Usage) -> Settled {
        let demand = Demand::of_usage(actual);
        let mut overrun = false;
        for (owner, receipt) in &self.held {
            overrun |= owner.settle(&self.shared, *receipt, demand.of(receipt.resource));
        }
        // What was not reserved was not admitted either; it has been spent all the same.
        let unforeseen = |granted: u64, used: u64| if granted == 0 { used } else { 0 };
        let rest = Usage {
            tokens: unforeseen(self.granted.tokens, actual.tokens),
            steps: unforeseen(self.granted.steps, actual.steps),
            cost: NanoUsd::new(unforeseen(self.granted.cost.get(), actual.cost.get())),
        };
        if rest != Usage::NONE {
            overrun |= self.shared.record(&self.entry, rest);
        }
        Settled { charged: actual, overrun }
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

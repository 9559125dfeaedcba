//! What the model checker drives: the product's own meters, sessions and gauges, with the outside cut off (L6).
//!
//! Exists only under `--cfg loom` and `--cfg shuttle`. Nothing is decided here: each method is the call that the enforcer or the store makes.

mod key;
mod session;

pub use key::Key;
pub use session::{Outcome, Outer, Reserved, Session, budgets};

use crate::cell::Latch;
use crate::depth;
use crate::fingerprint::Fingerprint;
use crate::gauge;
use crate::marks;
use crate::meter::{Grain, Limit, Meter, Plan, Take, Word};
use crate::reservation::Receipt;
use crate::streak;
use crate::units::{Nanos, Rate, Resource};

/// A bucket on a meter of its own.
#[derive(Debug)]
pub struct Bucket {
    meter: Meter,
    plan: Plan,
}

impl Bucket {
    /// A full bucket of `rate`.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let plan = Plan::new(rate, Grain::Milli).unwrap_or_else(|error| unreachable!("{error}"));
        Self { meter: Meter::default(), plan }
    }

    fn debit(&self, n: u64, now: u64, hold: bool) -> Option<u64> {
        let limit = Limit { budget: Limit::NO_BUDGET, plan: Some(&self.plan) };
        let minted = self.plan.minted(Nanos::new(now));
        self.meter.debit(self.meter.load(), Take::both(n), limit, minted, hold).ok().map(Word::tat)
    }

    /// Takes `n` at `now` for good; whether it could.
    pub fn take(&self, n: u64, now: u64) -> bool {
        self.debit(n, now, false).is_some()
    }

    /// Takes `n` at `now` for the time being.
    pub fn hold(&self, n: u64, now: u64) -> Option<Held> {
        let minted = self.plan.minted(Nanos::new(now));
        self.debit(n, now, true).map(|_| Held { n, minted })
    }

    /// Gives back what was taken for the time being, at the time that `now` tells.
    pub fn undo(&self, held: &Held, now: impl Fn() -> u64) {
        self.meter.undo(Take::both(held.n), Some(&self.plan), held.minted, || Nanos::new(now()));
    }
}

/// Something taken from a [`Bucket`] for the time being.
#[derive(Debug)]
pub struct Held {
    n: u64,
    minted: u64,
}

/// A count with a maximum.
#[derive(Debug, Default)]
pub struct Gauge(gauge::Gauge);

impl Gauge {
    /// Takes a place below `max`; whether it could.
    pub fn acquire(&self, max: u64) -> bool {
        self.0.acquire(max).is_ok()
    }

    /// Gives a place back.
    pub fn release(&self) {
        self.0.release();
    }

    /// Keeps whoever has found it empty before from retiring it; whether it was not retired by then.
    pub fn visit(&self) -> bool {
        self.0.visit()
    }

    /// Closes it for good if it is empty and `blank` says that nothing would be lost; whether it did.
    pub fn retire(&self, blank: impl Fn() -> bool) -> bool {
        self.0.empty().is_some_and(|empty| blank() && self.0.retire(empty))
    }

    /// How many places are taken.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }
}

/// A reservation of `n` on a meter of its own.
#[derive(Debug)]
pub struct Estimate {
    meter: Meter,
    receipt: Receipt,
    ended: Latch,
}

impl Estimate {
    /// `n` reserved.
    #[must_use]
    pub fn new(n: u64) -> Self {
        let meter = Meter::default();
        let _ = meter.debit(meter.load(), Take::both(n), Limit::NONE, 0, false);
        Self {
            meter,
            receipt: Receipt { resource: Resource::Tokens, take: Take::both(n), minted: 0 },
            ended: Latch::default(),
        }
    }

    /// Ends it at `actual`; whether this call did.
    pub fn end(&self, actual: u64) -> bool {
        let ends = self.ended.shut();
        if ends {
            self.receipt.settle(&self.meter, Limit::NONE, actual, &|| Nanos::ZERO);
        }
        ends
    }

    /// What is spent.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.meter.load().spent()
    }
}

/// A row of steps.
#[derive(Debug, Default)]
pub struct Streak(streak::Streak);

/// A step that has begun.
#[derive(Debug)]
pub struct Attempt(streak::Attempt);

impl Streak {
    /// Begins step number `step` against `limit`. `Err`: how often in a row it was taken, or `None` where another is in the way.
    pub fn begin(&self, step: u64, limit: u64) -> Result<Attempt, Option<u64>> {
        let step = Fingerprint::new(step << (u64::BITS - Fingerprint::BITS));
        self.0.begin(Some(step), limit).map(Attempt).map_err(|refused| match refused {
            streak::Refused::Loop { count } => Some(count),
            streak::Refused::InTheWay => None,
        })
    }

    /// It was taken.
    pub fn commit(&self, attempt: Attempt) {
        self.0.commit(attempt.0);
    }

    /// It was refused.
    pub fn undo(&self, attempt: Attempt) {
        self.0.undo(attempt.0);
    }
}

/// How deep discoveries nest.
#[derive(Debug, Default)]
pub struct Nesting(depth::Depth);

impl Nesting {
    /// Enters a level, at most `max`; which.
    pub fn enter(&self, max: u64) -> Option<u64> {
        self.0.enter(Some(max)).ok().map(|level| level.0)
    }

    /// Leaves a level; whether there was one.
    pub fn leave(&self) -> bool {
        self.0.leave()
    }

    /// The depth now, and the deepest.
    #[must_use]
    pub fn load(&self) -> (u64, u64) {
        self.0.load()
    }
}

/// A threshold that fires once.
#[derive(Debug, Default)]
pub struct Threshold(marks::Marks);

impl Threshold {
    const MARK: marks::Mark = marks::Mark::at(0);

    /// Crosses it; whether this call fired.
    pub fn cross(&self) -> bool {
        self.0.set(Self::MARK)
    }

    /// Raises it, so that it can fire again; whether it had fired.
    pub fn raise(&self) -> bool {
        self.0.clear(Self::MARK)
    }

    /// Whether it has fired.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        self.0.has(Self::MARK)
    }
}

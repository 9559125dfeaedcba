//! Two token buckets. [`Level`] is the idea, in exact rationals: what is in it, since when. [`Bucket`] is the definition of
//! the contract, word for word, in integers: thousandths counted from the epoch.

use allotment::{Nanos, Rate};
use num_bigint::BigInt;
use num_rational::Ratio;

pub(crate) type Rational = Ratio<BigInt>;

pub(crate) fn rational(n: u64) -> Rational {
    Rational::from_integer(n.into())
}

/// A bucket that fills evenly, in units.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    capacity: Rational,
    per_nano: Rational,
    units: Rational,
    at: u64,
}

impl Level {
    pub(crate) fn new(rate: Rate) -> Self {
        let per_nano = Rational::new(rate.limit().into(), rate.window().as_nanos().into());
        Self { capacity: rational(rate.bucket()), per_nano, units: rational(rate.bucket()), at: 0 }
    }

    /// What is in it at `now`.
    pub(crate) fn at(&mut self, now: u64) -> &Rational {
        self.units += &self.per_nano * rational(now - self.at);
        if self.units > self.capacity {
            self.units = self.capacity.clone();
        }
        self.at = now;
        &self.units
    }

    pub(crate) fn take(&mut self, units: u64) {
        self.units -= rational(units);
    }
}

/// The bucket of DESIGN §3, counting in `parts` of a unit.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    rate: Rate,
    parts: u128,
    tat: u128,
    /// Since when the rate is in force, and what earlier ones had minted by then.
    since: u64,
    base: u128,
}

impl Bucket {
    pub(crate) fn new(rate: Rate, parts: u128) -> Self {
        Self { rate, parts, tat: 0, since: 0, base: 0 }
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    fn minted(&self, now: u64) -> u128 {
        let lasted = u128::from(now - self.since);
        self.base + lasted * u128::from(self.rate.limit()) * self.parts / self.rate.window().as_nanos()
    }

    /// Under `rate` from `now` on. What is owed stays owed.
    pub(crate) fn swap(&mut self, rate: Rate, now: u64) {
        if rate != self.rate {
            *self = Self { base: self.minted(now), since: now, rate, ..self.clone() };
        }
    }

    fn capacity(&self) -> u128 {
        u128::from(self.rate.bucket()) * self.parts
    }

    fn available(&self, now: u64) -> u128 {
        self.capacity().saturating_sub(self.tat.saturating_sub(self.minted(now)))
    }

    /// Whole units available.
    pub(crate) fn units(&self, now: u64) -> u64 {
        u64::try_from(self.available(now) / self.parts).unwrap()
    }

    pub(crate) fn covers(&self, units: u64, now: u64) -> bool {
        u128::from(units) * self.parts <= self.available(now)
    }

    pub(crate) fn take(&mut self, units: u64, now: u64) {
        self.tat = self.tat.max(self.minted(now)) + u128::from(units) * self.parts;
    }

    /// Gives back `unused` of the `units` that were taken at `then`: no more than cannot have been refilled since.
    pub(crate) fn give_back(&mut self, unused: u64, units: u64, then: u64, now: u64) {
        let refilled = self.minted(now) - self.minted(then);
        let unrefilled = (u128::from(units) * self.parts).saturating_sub(refilled);
        self.tat = self.tat.saturating_sub(unrefilled.min(u128::from(unused) * self.parts));
    }

    /// How long until `units` are covered if nobody asks; `None` for never.
    pub(crate) fn wait(&self, units: u64, now: u64) -> Option<Nanos> {
        let wanted = u128::from(units) * self.parts;
        if wanted > self.capacity() || self.rate.limit() == 0 {
            return None;
        }
        let missing = (self.tat + wanted - self.capacity()).saturating_sub(self.base);
        let per_window = u128::from(self.rate.limit()) * self.parts;
        let at = u128::from(self.since) + (missing * self.rate.window().as_nanos()).div_ceil(per_window);
        Some(Nanos::new(u64::try_from(at).unwrap().saturating_sub(now)))
    }
}

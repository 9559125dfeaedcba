//! A key of a limiter, with the map cut off.

use crate::cell::Stamp;
use crate::limiter::{Place, Refused, debit};
use crate::meter::{Grain, Meter, Plan};
use crate::units::{Nanos, Rate};

/// The meter of one key of a limiter, which is forgotten and made anew a few times; the map that holds it is cut off.
#[derive(Debug)]
pub struct Key {
    /// One after the other.
    meters: [Meter; 4],
    current: Stamp,
    plan: Plan,
}

impl Key {
    /// A key that is held, with a full bucket of `rate`.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let plan = Plan::new(rate, Grain::Milli).unwrap_or_else(|error| unreachable!("{error}"));
        Self { meters: core::array::from_fn(|_| Meter::default()), current: Stamp::new(0), plan }
    }

    fn current(&self) -> &Meter {
        self.at(self.current.get())
    }

    fn at(&self, place: u64) -> &Meter {
        &self.meters[usize::try_from(place).unwrap_or(usize::MAX)]
    }

    /// Takes `n` at the time that `now` tells; whether it could.
    pub fn take(&self, n: u64, now: impl Fn() -> u64) -> bool {
        debit(self, n, &self.plan, &|| Nanos::new(now())).is_ok()
    }

    /// Forgets it if its bucket is full at `now`; whether it did.
    pub fn forget(&self, now: u64) -> bool {
        let forgotten = self.current().retire(self.plan.minted(Nanos::new(now))).is_ok();
        self.clear();
        forgotten
    }
}

impl Place for Key {
    fn meter(&self) -> Result<&Meter, Refused> {
        Ok(self.current())
    }

    fn clear(&self) {
        let current = self.current.get();
        if !self.at(current).load().is_open() {
            self.current.raise(current + 1);
        }
    }
}

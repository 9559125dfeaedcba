//! [`Receipt`]: what one meter was debited for a reservation, and how that is put right afterwards (L3).
//!
//! A reservation is an admission whose price is an estimate. It stays in `spent` until it ends: settled at the actual price,
//! released (nothing was sent), or forfeited (its holder vanished). [`Latch`](crate::cell::Latch) makes that happen once
//! (loom: `a_reservation_ends_once`); whoever shuts it puts every receipt right.

use crate::meter::{Change, Limit, Meter, Take};
use crate::units::{Nanos, Resource};

/// What one meter was debited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) resource: Resource,
    /// What was debited.
    pub(crate) take: Take,
    /// Where the curve of the limit's plan stood at the time of the decision.
    pub(crate) minted: u64,
}

impl Receipt {
    /// Corrects the debit on `meter` to `actual` units: gives back what was not used, charges in full what was used beyond it,
    /// even past the limit. `None` where it was right.
    pub(crate) fn settle(
        self,
        meter: &Meter,
        limit: Limit<'_>,
        actual: u64,
        now: &impl Fn() -> Nanos,
    ) -> Option<Change> {
        let Self { take, minted, .. } = self;
        let reserved = take.units.max(take.paced);
        // Where only the budget or only the bucket was debited, only that is corrected.
        let part = |amount: u64| Take {
            units: if take.units == 0 { 0 } else { amount },
            paced: if take.paced == 0 { 0 } else { amount },
        };
        match actual.checked_sub(reserved) {
            Some(0) => None,
            Some(more) => Some(meter.charge(part(more), limit, now())),
            None => Some(meter.credit(part(reserved - actual), take.paced, limit.plan, minted, now)),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::meter::{Grain, Plan};
    use crate::units::Rate;

    fn reserve(meter: &Meter, limit: Limit<'_>, amount: u64) -> Receipt {
        assert!(meter.debit(meter.load(), Take::both(amount), limit, 0, false).is_ok());
        Receipt { resource: Resource::Tokens, take: Take::both(amount), minted: 0 }
    }

    #[test]
    // D25
    fn d25_settling_leaves_what_was_used_spent_and_says_whether_that_is_an_overrun() {
        let limit = Limit { budget: 10, plan: None };
        for (actual, overrun) in
            [(0, false), (3, false), (8, false), (10, false), (11, true), (1 << 50, true)]
        {
            let meter = Meter::default();
            let receipt = reserve(&meter, limit, 8);
            let change = receipt.settle(&meter, limit, actual, &|| Nanos::ZERO);
            assert_eq!(change.is_some_and(|c| c.overruns(limit)), overrun, "{actual}");
            assert_eq!(meter.load().spent(), actual);
            assert_eq!(
                meter.debit(meter.load(), Take::ONE, limit, 0, false).is_ok(),
                actual < 10,
                "{actual}"
            );
        }
    }

    #[test]
    fn a_release_after_the_bucket_has_refilled_mints_nothing() {
        let plan = Plan::new(Rate::per_second(10).expect("rate"), Grain::Milli).expect("plan");
        let limit = Limit { budget: Limit::NO_BUDGET, plan: Some(&plan) };
        let meter = Meter::default();
        let receipt = reserve(&meter, limit, 10);
        // All ten are back after a second; five of them are taken again.
        let now = Nanos::from_secs(1);
        let take = |n| meter.debit(meter.load(), Take::both(n), limit, plan.minted(now), false).is_ok();
        assert!(take(5));
        receipt.settle(&meter, limit, 0, &|| now);
        assert!(!take(6) && take(5), "five are left, not ten");
    }

    #[test]
    fn an_overrun_of_a_bucket_is_paid_back_before_anything_else() {
        let plan = Plan::new(Rate::per_second(10).expect("rate"), Grain::Milli).expect("plan");
        let limit = Limit { budget: Limit::NO_BUDGET, plan: Some(&plan) };
        let meter = Meter::default();
        reserve(&meter, limit, 10).settle(&meter, limit, 25, &|| Nanos::ZERO);
        let take = |millis: u64| {
            let now = Nanos::new(millis * 1_000_000);
            meter.debit(meter.load(), Take::ONE, limit, plan.minted(now), false).is_ok()
        };
        assert!(!take(1_599) && take(1_600), "fifteen too many take one and a half seconds");
    }
}

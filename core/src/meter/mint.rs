//! [`Plan`]: the arithmetic of a rate, compiled once. Pure: time is an argument, nothing is stored.
//!
//! A bucket refills at `p / q` of its smallest unit per nanosecond. What it has been given by time `t` is counted
//! from the plan's origin each time, `minted(t) = base + ⌊(t − origin) · p / q⌋`, never accumulated, so it cannot
//! drift. The division is a multiplication by a 64-bit reciprocal (Granlund & Montgomery 1994) whose estimate is at
//! most one too small, followed by a correction from the remainder: the result is the exact floor, at every rate
//! that is accepted and for 100 years. Because it is exact, so is the wait computed by its inverse.

use crate::error::Error;
use crate::units::{Nanos, Rate};

/// How finely a bucket counts: the number of parts that one unit is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Thousandths; for calls, steps and tokens.
    Milli = 1000,
    /// Whole units; for nano-dollars, which are fine already and whose thousandths would overflow at 17 cents a minute.
    Whole = 1,
}

/// The highest bits of a time that are always 0.
const SPARE_BITS: u32 = Nanos::MAX.get().leading_zeros();

/// A rate ready for use on a meter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    multiplier: u64,
    p: u64,
    q: u64,
    /// What the bucket holds when full, in parts.
    capacity: u64,
    /// By how much the high half of the product is shifted to the right.
    shift: u32,
    /// Parts per unit.
    parts: u64,
    origin: Nanos,
    base: u64,
    rate: Rate,
}

impl Plan {
    /// Compiles `rate`. Errors: one that would mint 2⁶³ parts or more in 100 years (2.9 million units a second,
    /// or $175 a minute), or whose bucket holds 2⁶¹ or more.
    pub(crate) fn new(rate: Rate, grain: Grain) -> Result<Self, Error> {
        let parts = grain as u64;
        let q = Nanos::from(rate.window()).get();
        let overflows = || Error::new("rate", rate, "is too fast: 100 years of it cannot be counted");
        let p = rate.limit().checked_mul(parts).ok_or_else(overflows)?;
        let capacity = rate.bucket().checked_mul(parts).ok_or_else(overflows)?;
        let lifetime = u128::from(Nanos::MAX.get()) * u128::from(p) / u128::from(q);
        if lifetime >= 1 << 63 || capacity >= 1 << 61 {
            return Err(overflows());
        }
        let (multiplier, scale) = reciprocal(p, q);
        let shift = scale.saturating_sub(64 - SPARE_BITS);
        Ok(Self { multiplier, p, q, capacity, shift, parts, origin: Nanos::ZERO, base: 0, rate })
    }

    /// This plan taking over from `old` at `now` on the same meter: both curves agree at that instant, so what the
    /// bucket owed under the old rate it owes under the new one, and the meter's word need not change.
    pub(crate) fn taking_over(mut self, old: &Self, now: Nanos) -> Self {
        self.base = old.minted(now);
        self.origin = now;
        self
    }

    /// Whether it is what [`Plan::new`] makes of `rate`, and took over from no other.
    pub(crate) fn is_of(&self, rate: Rate, grain: Grain) -> bool {
        self.rate == rate && self.parts == grain as u64 && (self.origin, self.base) == (Nanos::ZERO, 0)
    }

    /// The rate this was compiled from.
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// What the bucket holds when full, in parts.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// What has been minted by `now`, in parts: the exact floor. Time before the origin counts as the origin.
    #[inline]
    pub(crate) fn minted(&self, now: Nanos) -> u64 {
        let t = now.saturating_sub(self.origin).get();
        // `t · multiplier >> scale`: t < 2^62 <= 2^scale, as p / q < 4 (see `new`), so two bits are free and the high half is enough.
        let estimate = high_half(t << SPARE_BITS, self.multiplier) >> self.shift;
        // At most one too small: the multiplier lacks less than 1, and t < 2^scale. So the remainder is below 2q, and its low 64 bits are
        // all of it.
        let remainder = t.wrapping_mul(self.p).wrapping_sub(estimate.wrapping_mul(self.q));
        let short = u64::from(remainder >= self.q);
        self.base.saturating_add(estimate + short)
    }

    /// `amount` units in parts, or `None` where the bucket could not hold them even when full.
    #[inline]
    pub(crate) fn parts_of(&self, amount: u64) -> Option<u64> {
        amount.checked_mul(self.parts).filter(|&parts| parts <= self.capacity)
    }

    /// How much of a debit of `amount` units, decided when the curve stood at `minted`, cannot have been refilled by `now`, in
    /// parts.
    pub(crate) fn unrefilled(&self, amount: u64, minted: u64, now: Nanos) -> u64 {
        self.parts_of(amount).unwrap_or(0).saturating_sub(self.minted(now).saturating_sub(minted))
    }

    /// `amount` units in parts, also where that is more than the bucket holds.
    pub(crate) fn parts_owed(&self, amount: u64) -> u64 {
        amount.saturating_mul(self.parts)
    }

    /// The whole units in `parts`.
    pub(crate) fn units_in(&self, parts: u64) -> u64 {
        parts / self.parts
    }

    /// The first instant at which `minted` reaches `parts`; `None` if that is never, or after the end of time.
    pub(crate) fn reaches(&self, parts: u64) -> Option<Nanos> {
        let missing = parts.saturating_sub(self.base);
        if missing == 0 {
            return Some(self.origin);
        }
        if self.p == 0 {
            return None;
        }
        let wait = (u128::from(missing) * u128::from(self.q)).div_ceil(u128::from(self.p));
        let at = wait + u128::from(self.origin.get());
        u64::try_from(at).ok().filter(|&at| at < Nanos::MAX.get()).map(Nanos::new)
    }
}

/// The upper 64 bits of the product.
#[inline]
const fn high_half(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

/// `(m, s)` with `m` the top 64 bits of `p / q`: `m = ⌊p · 2^s / q⌋` and `2⁶³ ≤ m < 2⁶⁴`, or 0 for `p = 0`.
fn reciprocal(p: u64, q: u64) -> (u64, u32) {
    if p == 0 {
        return (0, 0);
    }
    let mut shift = 63 + q.ilog2() - p.ilog2();
    let mut quotient = (u128::from(p) << shift) / u128::from(q);
    if quotient < 1 << 63 {
        shift += 1;
        quotient = (u128::from(p) << shift) / u128::from(q);
    }
    (u64::try_from(quotient).unwrap_or(u64::MAX), shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use proptest::prelude::*;

    fn rates() -> impl Strategy<Value = Rate> {
        let limits = prop_oneof![0..100u64, 0..5_000_000u64];
        let windows =
            prop_oneof![1_000_000_000..86_400_000_000_000u64, (1..86_400u64).prop_map(|s| s * 1_000_000_000)];
        (limits, windows, 0.01..8.0f64).prop_filter_map("too fast", |(limit, window, burst)| {
            Rate::new(limit, Duration::from_nanos(window)).ok()?.with_burst(burst).ok()
        })
    }

    fn instants() -> impl Strategy<Value = u64> {
        prop_oneof![0..1_000_000_000u64, 0..=Nanos::MAX.get(), (0..61u32).prop_map(|bits| 1 << bits)]
    }

    proptest! {
        #![proptest_config(crate::meter::tests::cases(20_000))]

        /// Drift-free: the reciprocal gives the exact floor over 100 years, for both grains.
        #[test]
        // D1, D2, D3
        fn d1_d2_d3_what_is_minted_is_the_exact_floor(rate in rates(), t in instants(), milli in any::<bool>()) {
            let grain = if milli { Grain::Milli } else { Grain::Whole };
            let Ok(plan) = Plan::new(rate, grain) else { return Ok(()) };
            let exact = u128::from(t) * u128::from(rate.limit() * grain as u64) / rate.window().as_nanos();
            prop_assert_eq!(u128::from(plan.minted(Nanos::new(t))), exact);
        }

        /// The same at the fastest rates and in the last of the 100 years, where the reciprocal errs most.
        #[test]
        fn what_is_minted_is_the_exact_floor_also_where_the_reciprocal_errs_most(
            limit in 1_000_000..2_900_000u64, window in 1_000_000_000..1_000_001_000u64, before in 0..1u64 << 40
        ) {
            let rate = Rate::new(limit, Duration::from_nanos(window)).expect("a rate");
            let (plan, t) = (Plan::new(rate, Grain::Milli).expect("a plan"), Nanos::MAX.get() - before);
            let exact = u128::from(t) * u128::from(limit * 1000) / u128::from(window);
            prop_assert_eq!(u128::from(plan.minted(Nanos::new(t))), exact);
        }

        /// The inverse is exact: reached then, not one nanosecond earlier; also after another plan took over.
        #[test]
        fn the_first_instant_is_the_first(rate in rates(), old in rates(), swap in 0..1u64 << 50, parts in 1..1u64 << 40) {
            let (Ok(plan), Ok(old)) = (Plan::new(rate, Grain::Milli), Plan::new(old, Grain::Milli)) else { return Ok(()) };
            let plan = plan.taking_over(&old, Nanos::new(swap));
            prop_assert_eq!(plan.minted(Nanos::new(swap)), old.minted(Nanos::new(swap)));
            let target = plan.base + parts;
            if let Some(at) = plan.reaches(target) {
                prop_assert!(plan.minted(at) >= target);
                prop_assert!(plan.minted(Nanos::new(at.get() - 1)) < target);
            } else {
                prop_assert!(plan.minted(Nanos::new(Nanos::MAX.get() - 1)) < target);
            }
        }
    }

    #[test]
    fn what_is_reached_on_the_nanosecond_is_reached_then_and_nothing_at_the_end_of_time() {
        let plan = Plan::new(Rate::per_minute(60).expect("rate"), Grain::Milli).expect("plan");
        for parts in [1, 999, 1_000, 60_000] {
            assert_eq!(plan.reaches(parts), Some(Nanos::new(parts * 1_000_000)));
        }
        // The clock stands still there, so nobody can ask again then.
        let last = plan.minted(Nanos::MAX);
        assert_eq!(plan.reaches(last), None);
        assert_eq!(plan.reaches(last - 1), Some(Nanos::new(Nanos::MAX.get() - 1_000_000)));
    }

    #[test]
    fn a_rate_that_would_overflow_is_refused() {
        let fast = Rate::new(Rate::MAX_LIMIT, Duration::from_secs(1)).expect("a rate");
        assert_eq!(Plan::new(fast, Grain::Milli).expect_err("too fast").argument(), "rate");
        let dollars = Rate::per_minute(180_000_000_000).expect("$180 a minute");
        assert!(Plan::new(dollars, Grain::Milli).is_err() && Plan::new(dollars, Grain::Whole).is_err());
        assert!(Plan::new(Rate::per_minute(170_000_000_000).expect("$170 a minute"), Grain::Whole).is_ok());
    }
}

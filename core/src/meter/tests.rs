//! The meter against an oracle in exact rationals: so simple that it is unlikely to be wrong.

use core::time::Duration;

use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::Zero;
use proptest::prelude::*;

use super::word::SPENT_MAX;
use super::*;
use crate::units::Rate;

type Rational = Ratio<BigInt>;

fn rational(n: impl Into<BigInt>) -> Rational {
    Rational::from_integer(n.into())
}

/// A token bucket in exact rationals, in tokens: what is in it, since when.
struct Oracle {
    capacity: Rational,
    per_nano: Rational,
    level: Rational,
    at: u64,
}

impl Oracle {
    fn new(rate: Rate) -> Self {
        let capacity = rational(rate.bucket());
        let per_nano = Rational::new(rate.limit().into(), rate.window().as_nanos().into());
        Self { level: capacity.clone(), capacity, per_nano, at: 0 }
    }

    fn refill(&mut self, now: u64) {
        let gained = &self.per_nano * rational(now - self.at);
        self.level = (&self.level + gained).min(self.capacity.clone());
        self.at = now;
    }
}

fn plan(rate: Rate) -> Plan {
    Plan::new(rate, Grain::Milli).expect("a plan")
}

/// Debits `n` at `now` as a single-meter admission does.
fn take(meter: &Meter, plan: &Plan, n: u64, now: u64) -> Result<Word, Lack> {
    let limit = Limit { budget: Limit::NO_BUDGET, plan: Some(plan) };
    meter.debit(meter.load(), Take::both(n), limit, plan.minted(Nanos::new(now)), false)
}

fn rates() -> impl Strategy<Value = Rate> {
    let windows =
        prop_oneof![1_000_000_000..86_400_000_000_000u64, (1..3_600u64).prop_map(|s| s * 1_000_000_000)];
    (0..2_000u64, windows, 0.01..4.0f64).prop_map(|(limit, window, burst)| {
        Rate::new(limit, Duration::from_nanos(window)).and_then(|r| r.with_burst(burst)).expect("a rate")
    })
}

/// Arrivals: how long after the one before, and how many units each.
fn arrivals() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let gap = prop_oneof![Just(0u64), 0..2_000_000_000u64, 0..600_000_000_000u64];
    prop::collection::vec((gap, prop_oneof![4 => Just(1u64), 1 => 0..9u64]), 1..120)
}

/// How many cases: what `PROPTEST_CASES` says, or else `usual`.
pub(super) fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(cases(4_000))]

    /// Never above the bound, never a token below it: each decision agrees with the oracle, but where the oracle's
    /// level is within a thousandth of a token of the amount, which is the grain.
    #[test]
    fn every_decision_agrees_with_the_exact_bucket(rate in rates(), arrivals in arrivals()) {
        let (meter, plan, mut oracle) = (Meter::default(), plan(rate), Oracle::new(rate));
        let grain = Rational::new(2.into(), 1000.into());
        let mut now = 0;
        for (gap, n) in arrivals {
            now += gap;
            oracle.refill(now);
            let amount = rational(n);
            let admitted = take(&meter, &plan, n, now).is_ok();
            if amount <= &oracle.level - &grain || amount.is_zero() {
                prop_assert!(admitted, "at {now} ns {n} of {} were refused", oracle.level);
            } else if amount > &oracle.level + &grain {
                prop_assert!(!admitted, "at {now} ns {n} of {} were admitted", oracle.level);
            }
            if admitted {
                oracle.level -= amount;
            }
        }
    }

    /// The bound of the design, over every interval between two arrivals.
    #[test]
    fn over_any_interval_no_more_than_the_bucket_and_what_was_minted(rate in rates(), arrivals in arrivals()) {
        let (meter, plan) = (Meter::default(), plan(rate));
        let mut admitted = Vec::new();
        let mut now = 0;
        for (gap, n) in arrivals {
            now += gap;
            if take(&meter, &plan, n, now).is_ok() {
                admitted.push((now, n));
            }
        }
        for (i, &(from, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for &(to, n) in &admitted[i..] {
                sum += n;
                let minted = plan.minted(Nanos::new(to)) - plan.minted(Nanos::new(from));
                prop_assert!(1000 * sum <= plan.capacity() + minted, "{sum} from {from} to {to}");
            }
        }
    }

    /// `retry_after`: admitted then, not one nanosecond earlier; none exactly where it can never be.
    #[test]
    fn the_wait_is_exact_to_the_nanosecond(rate in rates(), arrivals in arrivals(), n in 1..50u64) {
        let (meter, plan) = (Meter::default(), plan(rate));
        let mut now = 0;
        for (gap, n) in arrivals {
            now += gap;
            let _ = take(&meter, &plan, n, now);
        }
        let Err(Lack::Rate { at, .. }) = take(&meter, &plan, n, now) else { return Ok(()) };
        prop_assert_eq!(at.is_none(), n > rate.bucket());
        if let Some(at) = at {
            prop_assert!(at.get() > now);
            prop_assert!(take(&meter, &plan, n, at.get() - 1).is_err());
            prop_assert!(take(&meter, &plan, n, at.get()).is_ok());
        }
    }

    /// Held debits that are undone leave the bucket no fuller than if they had never been: a twin meter that never
    /// saw them admits whatever this one admits.
    #[test]
    fn an_undo_never_mints(
        rate in rates(),
        steps in prop::collection::vec((0..120_000_000_000u64, 0..4u8, 1..40u64), 1..80),
    ) {
        let (meter, twin, plan) = (Meter::default(), Meter::default(), plan(rate));
        let limit = Limit { budget: Limit::NO_BUDGET, plan: Some(&plan) };
        let mut held: Vec<(u64, u64)> = Vec::new();
        let mut now = 0;
        for (gap, what, n) in steps {
            now += gap;
            let minted = plan.minted(Nanos::new(now));
            match what {
                0 => if meter.debit(meter.load(), Take::both(n), limit, minted, true).is_ok() { held.push((n, minted)) },
                1 if !held.is_empty() => {
                    let (n, then) = held.swap_remove(usize::try_from(n).expect("small") % held.len());
                    meter.undo(Take::both(n), Some(&plan), then, || Nanos::new(now));
                }
                _ => if take(&meter, &plan, n, now).is_ok() {
                    prop_assert!(take(&twin, &plan, n, now).is_ok(), "{n} at {now} ns were minted by an undo");
                },
            }
        }
        let spent: u64 = held.iter().map(|(n, _)| n).sum();
        prop_assert_eq!(meter.load().spent(), twin.load().spent() + spent);
        prop_assert_eq!(meter.load().holds(), held.len() as u64);
    }
}

/// How many of polls every `step` nanoseconds for `length` are admitted, one unit each.
fn polled(rate: Rate, step: u64, length: u64) -> u64 {
    let (meter, plan) = (Meter::default(), plan(rate));
    (0..=length / step).filter(|i| take(&meter, &plan, 1, i * step).is_ok()).count() as u64
}

const SECOND: u64 = 1_000_000_000;

#[test]
// D1
fn d1_one_per_minute_admits_eleven_in_ten_minutes() {
    assert_eq!(polled(Rate::per_minute(1).expect("rate"), SECOND / 100, 600 * SECOND), 11);
}

#[test]
// D2
fn d2_five_per_hour_admit_55_in_ten_hours_and_a_hundred_per_minute_settle_at_a_hundred() {
    assert_eq!(polled(Rate::per_hour(5).expect("rate"), SECOND, 36_000 * SECOND), 55);
    assert_eq!(polled(Rate::per_minute(100).expect("rate"), SECOND / 10, 60 * SECOND), 200);
    assert_eq!(polled(Rate::per_minute(100).expect("rate"), SECOND / 10, 600 * SECOND), 1100);
}

#[test]
// D3
fn d3_a_thousand_per_second_polled_every_999_microseconds_lose_no_token() {
    // Polls come 1.001 times as fast as tokens and the bucket starts full, so every single poll is admitted.
    let polls = 10 * SECOND / 999_000 + 1;
    assert_eq!(polled(Rate::per_second(1000).expect("rate"), 999_000, 10 * SECOND), polls);
    // With a bucket of one, a poll is admitted exactly when a token is there: never two in one millisecond, none lost.
    let single = Rate::per_second(1000).and_then(|r| r.with_burst(0.001)).expect("rate");
    assert_eq!(polled(single, 100_000, 10 * SECOND), 10_001);
}

#[test]
// D4
fn d4_a_limit_of_zero_admits_nothing_ever() {
    let rate = Rate::per_second(0).expect("rate");
    assert_eq!(polled(rate, SECOND, 100_000 * SECOND), 0);
    let lack = take(&Meter::default(), &plan(rate), 1, Nanos::MAX.get());
    assert_eq!(lack, Err(Lack::Rate { limit: 0, available: 0, at: None }));
}

#[test]
// D9
fn d9_an_amount_above_the_bucket_is_refused_for_ever() {
    let plan = plan(Rate::per_minute(3).expect("rate"));
    assert_eq!(take(&Meter::default(), &plan, 5000, 0), Err(Lack::Rate { limit: 3, available: 3, at: None }));
    assert_eq!(take(&Meter::default(), &plan, u64::MAX, 0).expect_err("overflow denies"), {
        Lack::Budget { limit: SPENT_MAX, spent: 0 }
    });
}

#[test]
// D22
fn d22_what_is_spent_cannot_overflow_its_field() {
    let meter = Meter::default();
    assert!(meter.debit(meter.load(), Take::both(SPENT_MAX), Limit::NONE, 0, true).is_ok());
    let lack = meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, false);
    assert_eq!(lack, Err(Lack::Budget { limit: SPENT_MAX, spent: SPENT_MAX }));
    meter.commit(meter.load());
    assert_eq!((meter.load().spent(), meter.load().holds(), meter.load().tat()), (SPENT_MAX, 0, 0));
}

#[test]
fn the_127th_admission_at_once_has_to_wait() {
    let meter = Meter::default();
    for _ in 0..126 {
        assert!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, true).is_ok());
    }
    assert_eq!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, true), Err(Lack::Crowded));
    assert!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, false).is_ok());
    meter.undo(Take::ONE, None, 0, || Nanos::ZERO);
    assert_eq!((meter.load().spent(), meter.load().holds()), (126, 125));
    assert_eq!(meter.load().gate(), Status::Active);
}

#[test]
fn a_sealed_meter_is_never_held_again_and_is_not_sealed_while_it_is_held() {
    let meter = Meter::default();
    assert!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, true).is_ok());
    assert!(meter.seal().is_err());
    meter.commit(meter.load());
    assert_eq!(meter.seal().map(|change| change.after.spent()), Ok(1));
    assert!(meter.seal().is_ok_and(|again| again.before == again.after && again.after.is_sealed()));
    assert_eq!(meter.debit(meter.load(), Take::ONE, Limit::NONE, 0, true), Err(Lack::Crowded));
    assert_eq!((meter.load().spent(), meter.load().gate()), (1, Status::Active));
}

#[test]
fn what_is_handed_over_counts_in_the_budget_and_what_is_done_with_it_in_the_bucket() {
    let (meter, plan) = (Meter::default(), plan(Rate::per_minute(3).expect("rate")));
    let limit = Limit { budget: 10, plan: Some(&plan) };
    let debit = |units, paced| meter.debit(meter.load(), Take { units, paced }, limit, 0, false);
    assert_eq!(debit(10, 0).map(|word| (word.spent(), word.tat())), Ok((10, 0)));
    assert!(
        debit(0, 3).is_ok_and(|word| word.spent() == 10),
        "the bucket is full, the budget all handed over"
    );
    assert!(matches!(debit(0, 1), Err(Lack::Rate { available: 0, .. })));
    assert_eq!(debit(1, 0), Err(Lack::Budget { limit: 10, spent: 10 }));
}

#[test]
fn what_is_not_asked_for_cannot_lack_whatever_is_overrun() {
    let (meter, plan) = (Meter::default(), plan(Rate::per_minute(3).expect("rate")));
    let limit = Limit { budget: 10, plan: Some(&plan) };
    let debit = |units, paced| meter.debit(meter.load(), Take { units, paced }, limit, 0, false);
    meter.charge(Take { units: 0, paced: 7 }, Limit { plan: Some(&plan), ..Limit::NONE }, Nanos::ZERO);
    assert!(matches!(debit(0, 1), Err(Lack::Rate { .. })), "the bucket owes more than it holds");
    assert_eq!(
        debit(9, 0).map(|word| (word.spent(), word.tat())),
        Ok((9, 7_000)),
        "budgets are handed over at any pace"
    );
    meter.charge(Take { units: 9, paced: 0 }, Limit::NONE, Nanos::ZERO);
    let before = meter.load();
    assert_eq!(debit(0, 0), Ok(before), "nothing is debited for nothing");
}

#[test]
// E14
fn e14_from_the_threshold_on_nothing_is_admitted_not_even_what_costs_nothing() {
    let meter = Meter::default();
    let below = |threshold, take| meter.debit_below(threshold, meter.load(), take, Limit::NONE, 0, false);
    assert!(below(5, Take::both(4)).is_ok() && below(5, Take::default()).is_ok());
    assert!(
        below(5, Take::both(9)).is_ok(),
        "the one that reaches it passes: what is spent by then is below it"
    );
    assert_eq!(below(5, Take::default()), Err(Lack::Threshold { limit: 5, spent: 13 }));
}

#[test]
// D25
fn d25_only_what_is_spent_more_overruns() {
    let (meter, limit) = (Meter::default(), Limit { budget: 3, plan: None });
    let charge = |amount| meter.charge(Take::both(amount), limit, Nanos::ZERO).overruns(limit);
    assert_eq!([charge(3), charge(2), charge(0)], [false, true, false]);
    let credited = meter.credit(Take::ONE, 1, None, 0, || Nanos::ZERO);
    assert!(credited.after.spent() > limit.budget && !credited.overruns(limit));
}

#[test]
fn a_gate_moves_once_and_keeps_everything_else() {
    let meter = Meter::default();
    let plan = plan(Rate::per_minute(7).expect("rate"));
    take(&meter, &plan, 5, 0).expect("within the bucket");
    let before = meter.load();
    assert!(meter.gate(Status::Closed, |s| !s.is_terminal()).is_ok());
    assert_eq!(meter.gate(Status::Expired, |s| !s.is_terminal()), Err(Status::Closed));
    assert_eq!(take(&meter, &plan, 1, 0), Err(Lack::Shut(Status::Closed)));
    assert_eq!(meter.load().gated(Status::Active), before);
}

#[test]
fn the_oracle_itself_refills_and_stops_at_its_capacity() {
    let mut oracle = Oracle::new(Rate::per_minute(6).expect("rate"));
    oracle.level = Rational::zero();
    oracle.refill(15 * SECOND);
    assert_eq!(oracle.level, Rational::new(3.into(), 2.into()));
    oracle.refill(900 * SECOND);
    assert_eq!(oracle.level, oracle.capacity);
}

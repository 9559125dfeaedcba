//! Reservations on rates of tokens, at every level of a delegation, against the definition: what is settled or released comes back as
//! far as it was not refilled meanwhile, and what was used beyond it is owed.
//!
//! Power: planted and found here: a release that gives back what was refilled already; an excess that the rate does not owe.

use core::time::Duration;

use allotment::{
    Enforcer, Limits, ManualClock, Nanos, PartyLimits, Policy, Rate, Reason, Reservation, SessionSpec, Usage,
};
use proptest::prelude::*;

use crate::bucket::Bucket;
use crate::cases;

#[derive(Debug, Clone)]
enum Step {
    Advance(u64),
    Reserve(u64),
    Settle(usize, u64),
    Release(usize),
    Record(u64),
}

fn rate() -> impl Strategy<Value = Rate> {
    (1..60u64, 1..60_000u64, prop_oneof![Just(1.0), 0.5..3.0f64]).prop_map(|(limit, millis, burst)| {
        let window = Duration::from_secs(1) + Duration::from_millis(millis);
        Rate::new(limit, window).and_then(|rate| rate.with_burst(burst)).unwrap()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let number = || any::<u16>().prop_map(usize::from);
    prop_oneof![
        4 => prop_oneof![Just(0), 0..2_000_000_000u64, 0..40_000_000_000u64].prop_map(Step::Advance),
        8 => (0..20u64).prop_map(Step::Reserve),
        5 => (number(), 0..25u64).prop_map(|(hold, actual)| Step::Settle(hold, actual)),
        3 => number().prop_map(Step::Release),
        1 => (0..6u64).prop_map(Step::Record),
    ]
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    // D25
    fn d25_a_bucket_has_what_was_not_used_and_was_not_refilled(
        rates in [rate(), rate(), rate(), rate()],
        steps in prop::collection::vec(step(), 1..400),
    ) {
        let at = |rate| PartyLimits { limits: Limits { tokens_rate: Some(rate), ..Limits::default() }, ..PartyLimits::default() };
        let policy = Policy::default().with_agent("a", at(rates[1])).and_then(|it| it.with_agent("b", at(rates[2])));
        let policy = policy.and_then(|policy| policy.with_tenant("t", at(rates[3]))).unwrap();
        let clock = ManualClock::new();
        let enforcer = Enforcer::builder().policy(policy).clock(clock.clone()).build().unwrap();
        let root = SessionSpec::new("a").tenant("t").tools(["read"]).tokens_rate(rates[0]);
        let root = enforcer.create(root.time_limit(Nanos::from_secs(86_400))).unwrap();
        let child = root.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
        let mut buckets = rates.map(|rate| Bucket::new(rate, 1000));
        let mut holds: Vec<(Reservation, u64, u64)> = Vec::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Advance(gap) => {
                    clock.advance(Nanos::new(gap));
                    now += gap;
                }
                Step::Reserve(units) => {
                    let short: Vec<&Bucket> = buckets.iter().filter(|bucket| units > 0 && !bucket.covers(units, now)).collect();
                    match child.reserve(Usage::tokens(units)) {
                        Ok(hold) => {
                            prop_assert!(short.is_empty(), "{} at {}: {:?}", units, now, short);
                            buckets.iter_mut().filter(|_| units > 0).for_each(|bucket| bucket.take(units, now));
                            holds.push((hold, units, now));
                        }
                        Err(denial) => {
                            let waits: Option<Vec<Nanos>> = short.iter().map(|bucket| bucket.wait(units, now)).collect();
                            let wait = waits.and_then(|waits| waits.into_iter().max());
                            let wait = wait.filter(|wait| now + wait.get() < 86_400_000_000_000);
                            prop_assert_eq!((denial.reason(), denial.retry_after()), (Reason::RateLimited, wait));
                        }
                    }
                }
                Step::Settle(hold, _) | Step::Release(hold) if !holds.is_empty() => {
                    let (hold, units, then) = holds.swap_remove(hold % holds.len());
                    let actual = if let Step::Settle(_, actual) = step { actual } else { 0 };
                    if let Step::Settle(..) = step {
                        prop_assert!(!hold.settle(Usage::tokens(actual)).unwrap().overrun, "there is no budget");
                    } else {
                        hold.release().unwrap();
                    }
                    for bucket in &mut buckets {
                        match actual.checked_sub(units) {
                            Some(0) => {}
                            Some(more) => bucket.take(more, now),
                            None => bucket.give_back(units - actual, units, then, now),
                        }
                    }
                }
                Step::Record(units) if units > 0 => {
                    child.record(Usage::tokens(units));
                    for bucket in &mut buckets {
                        bucket.take(units, now);
                    }
                }
                _ => {}
            }
        }
    }
}

//! Rates that change while a session lives, against the definition: what a bucket owes it still owes.

use core::time::Duration;

use allotment::{Enforcer, Limits, ManualClock, Nanos, PartyLimits, Policy, Rate, SessionSpec, Setting};
use proptest::prelude::*;

use crate::bucket::Bucket;
use crate::cases;

fn rate() -> impl Strategy<Value = Rate> {
    (0..50u64, 1..200_000u64, prop_oneof![Just(1.0), 0.1..3.0f64]).prop_map(|(limit, millis, burst)| {
        let window = Duration::from_secs(1) + Duration::from_millis(millis);
        Rate::new(limit, window).and_then(|rate| rate.with_burst(burst)).unwrap()
    })
}

/// Waits, then swaps the rate or asks for so many calls.
fn steps() -> impl Strategy<Value = Vec<(u64, Result<Rate, usize>)>> {
    let what = prop_oneof![1 => rate().prop_map(Ok), 6 => (1..8usize).prop_map(Err)];
    prop::collection::vec((0..20_000_000_000u64, what), 1..80)
}

fn policy(tenant: bool, rate: Rate) -> Policy {
    let limits =
        PartyLimits { limits: Limits { rate: Some(rate), ..Limits::default() }, ..PartyLimits::default() };
    let policy = Policy::default();
    if tenant { policy.with_tenant("*", limits) } else { policy.with_agent("*", limits) }.unwrap()
}

proptest! {
    #![proptest_config(cases(400))]

    /// A call follows each swap at once here; where none does, `contract::swap` has an opinion.
    #[test]
    fn what_is_owed_stays_owed_under_every_rate_that_follows(tenant: bool, first in rate(), steps in steps()) {
        let clock = ManualClock::new();
        let enforcer = Enforcer::builder().policy(policy(tenant, first)).clock(clock.clone()).build().unwrap();
        let spec = SessionSpec::new("a").tenant("t").tools(["read"]).calls(Setting::Unlimited);
        let session = enforcer.create(spec.time_limit(Nanos::from_secs(86_400))).unwrap();
        let (mut bucket, mut now) = (Bucket::new(first, 1000), 0);
        for (gap, what) in steps {
            clock.advance(Nanos::new(gap));
            now += gap;
            let calls = match what {
                Ok(rate) => {
                    enforcer.set_policy(policy(tenant, rate));
                    bucket.swap(rate, now);
                    1
                }
                Err(calls) => calls,
            };
            let denial = session.authorize_batch(vec!["read"; calls]).err();
            let covers = bucket.covers(calls as u64, now);
            prop_assert_eq!(denial.is_none(), covers, "{} calls at {}: {:?}", calls, now, bucket);
            match denial {
                None => bucket.take(calls as u64, now),
                Some(denial) => prop_assert_eq!(denial.retry_after(), bucket.wait(calls as u64, now)),
            }
        }
    }
}

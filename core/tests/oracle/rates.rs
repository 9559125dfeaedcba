//! Rates of sessions, agents and tenants together, end to end, against exact buckets.

use core::time::Duration;
use std::collections::BTreeMap;

use allotment::{
    Denial, Enforcer, ManualClock, NanoUsd, Nanos, PartyLimits, Policy, Rate, Reason, Resource, Scope,
    Session, SessionSpec, Setting, Usage,
};
use proptest::prelude::*;

use crate::bucket::{Bucket, Level, Rational, rational};
use crate::cases;

/// A limit wherever one can be: session, agent, tenant; calls, tokens, cost.
type Rates = [[Option<Rate>; 3]; 3];

const SCOPES: [Scope; 3] = [Scope::Session, Scope::Agent, Scope::Tenant];
const RESOURCES: [Resource; 3] = [Resource::Calls, Resource::Tokens, Resource::Cost];
/// How many parts a unit has, by resource: nano-dollars are not divided.
const PARTS: [u64; 3] = [1000, 1000, 1];

/// A call after `gap` on one of three sessions: two of one agent, one of another, all of one tenant.
#[derive(Debug, Clone)]
struct Arrival {
    gap: u64,
    session: usize,
    demand: [u64; 3],
}

fn rate(most: u64) -> impl Strategy<Value = Rate> {
    let windows =
        prop_oneof![1_000_000_000..86_400_000_000_000u64, (1..3_600u64).prop_map(|s| s * 1_000_000_000)];
    (0..most, windows, prop_oneof![Just(1.0), 0.01..4.0f64]).prop_map(|(limit, window, burst)| {
        Rate::new(limit, Duration::from_nanos(window)).and_then(|r| r.with_burst(burst)).unwrap()
    })
}

fn rates() -> impl Strategy<Value = Rates> {
    let three = || {
        let maybe = |most| prop::option::weighted(0.6, rate(most));
        (maybe(30), maybe(3000), maybe(10_000_000)).prop_map(<[_; 3]>::from)
    };
    [three(), three(), three()]
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let gap = prop_oneof![Just(0u64), 0..2_000_000_000u64, 0..600_000_000_000u64];
    let batch = (prop_oneof![3 => Just(1u64), 1 => 0..9u64]).prop_map(|calls| [calls, 0, 0]);
    let priced = (0..400u64, 0..1_000_000u64).prop_map(|(tokens, cost)| [1, tokens, cost]);
    let arrival = (gap, 0..3usize, prop_oneof![batch, priced]);
    prop::collection::vec(arrival.prop_map(|(gap, session, demand)| Arrival { gap, session, demand }), 1..60)
}

/// The sessions under `rates`, on a clock of their own.
fn sessions(rates: &Rates) -> (ManualClock, [Session; 3]) {
    let limits = |[rate, tokens_rate, cost_rate]: [Option<Rate>; 3]| PartyLimits {
        limits: allotment::Limits { rate, tokens_rate, cost_rate, ..Default::default() },
        ..Default::default()
    };
    let defaults =
        allotment::Defaults { time_limit: LIFETIME, max_time_limit: LIFETIME, ..Default::default() };
    let policy = Policy::default().with_defaults(defaults).unwrap();
    let policy = policy.with_agent("*", limits(rates[1])).and_then(|p| p.with_tenant("*", limits(rates[2])));
    let clock = ManualClock::new();
    let enforcer = Enforcer::builder().policy(policy.unwrap()).clock(clock.clone()).build().unwrap();
    let made = ["a", "a", "b"].map(|agent| {
        let [rate, tokens, cost] = rates[0].map(|rate| rate.map_or(Setting::Unlimited, Setting::At));
        let spec = SessionSpec::new(agent).tenant("t").tools(["read"]).calls(Setting::Unlimited);
        enforcer.create(spec.rate(rate).tokens_rate(tokens).cost_rate(cost)).unwrap()
    });
    (clock, made)
}

fn ask(session: &Session, [calls, tokens, cost]: [u64; 3]) -> Option<Denial> {
    let decided = if tokens + cost > 0 {
        session.authorize_with("read", Usage::tokens(tokens).cost(NanoUsd::new(cost)))
    } else {
        session.authorize_batch(vec!["read"; usize::try_from(calls).unwrap()])
    };
    decided.err()
}

/// One `B` for each account and resource that is limited, by the account's scope, its number, and the resource's.
struct Accounts<B>(BTreeMap<(usize, usize, usize), B>);

impl<B: Clone> Accounts<B> {
    fn new(rates: &Rates, bucket: impl Fn(Rate, usize) -> B) -> Self {
        let mut accounts = BTreeMap::new();
        for (scope, of_scope) in rates.iter().enumerate() {
            for (resource, rate) in of_scope.iter().enumerate() {
                for account in 0..[3, 2, 1][scope] {
                    if let Some(rate) = *rate {
                        accounts.insert((scope, account, resource), bucket(rate, resource));
                    }
                }
            }
        }
        Self(accounts)
    }

    /// What a demand on `session` meets, in naming order: scope, resource, amount and bucket.
    fn met(&mut self, session: usize, demand: [u64; 3]) -> Vec<(Scope, usize, u64, &mut B)> {
        let account = [session, session / 2, 0];
        let mine = |key: &(usize, usize, usize)| account[key.0] == key.1 && demand[key.2] > 0;
        let met = self.0.iter_mut().filter(|(key, _)| mine(key));
        met.map(|(&(scope, _, resource), bucket)| (SCOPES[scope], resource, demand[resource], bucket))
            .collect()
    }
}

/// How long the sessions live.
const LIFETIME: Nanos = Nanos::from_secs(365 * 86_400);

proptest! {
    #![proptest_config(cases(400))]

    /// All or nothing over all buckets, as the idea says: each decision agrees with the exact levels, but where a
    /// level is within one part of the amount.
    #[test]
    // V2, V11
    fn v2_v11_every_decision_agrees_with_the_exact_levels(rates in rates(), arrivals in arrivals()) {
        let (clock, sessions) = sessions(&rates);
        let mut levels = Accounts::new(&rates, |rate, _| Level::new(rate));
        let mut now = 0;
        for Arrival { gap, session, demand } in arrivals {
            clock.advance(Nanos::new(gap));
            now += gap;
            let denial = ask(&sessions[session], demand);
            let mut met = levels.met(session, demand);
            let (mut surely, mut possibly) = (true, true);
            for (scope, resource, amount, level) in &mut met {
                let grain = Rational::new(1.into(), PARTS[*resource].into());
                let (level, amount) = (level.at(now), rational(*amount));
                let named = denial.as_ref().is_some_and(|d| d.scope() == Some(*scope) && d.resource() == Some(RESOURCES[*resource]));
                if named {
                    prop_assert!(possibly && *level < &amount + &grain, "{scope} has {level} of {amount} at {now}");
                }
                surely &= *level >= &amount + &grain;
                possibly &= *level > &amount - &grain;
            }
            match denial {
                None => prop_assert!(possibly, "admitted {demand:?} at {now}: {met:?}"),
                Some(denial) => {
                    prop_assert_eq!(denial.reason(), Reason::RateLimited);
                    prop_assert!(!surely, "refused {demand:?} at {now}: {met:?}");
                    continue;
                }
            }
            for (_, _, amount, level) in met {
                level.take(amount);
            }
        }
    }

    /// Exactly, as the definition says: who refuses, how much it had, and for how long.
    #[test]
    // V3, V4, V5
    fn v3_v4_v5_every_decision_and_every_wait_is_the_definitions(rates in rates(), arrivals in arrivals()) {
        let (clock, sessions) = sessions(&rates);
        let mut buckets = Accounts::new(&rates, |rate, resource| Bucket::new(rate, PARTS[resource].into()));
        let mut now = 0;
        for Arrival { gap, session, demand } in arrivals {
            clock.advance(Nanos::new(gap));
            now += gap;
            let denial = ask(&sessions[session], demand);
            let met = buckets.met(session, demand);
            let refusing = met.iter().filter(|(_, _, amount, bucket)| !bucket.covers(*amount, now));
            let waits = refusing.map(|(_, _, amount, bucket)| bucket.wait(*amount, now));
            let wait = waits.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten();
            let wait = wait.filter(|&wait| Nanos::new(now).saturating_add(wait) < LIFETIME);
            let lacking = met.iter().find(|(_, _, amount, bucket)| !bucket.covers(*amount, now));
            let expected = lacking.map(|(scope, resource, amount, bucket)| {
                let used = bucket.rate().bucket() - bucket.units(now);
                (Some(*scope), Some(RESOURCES[*resource]), Some(used), Some(*amount), wait)
            });
            let seen = denial.as_ref().map(|d| (d.scope(), d.resource(), d.used(), d.requested(), d.retry_after()));
            prop_assert_eq!(&seen, &expected, "{:?} at {}", demand, now);
            if denial.is_none() {
                for (_, _, amount, bucket) in met {
                    bucket.take(amount, now);
                }
            }
        }
    }

    /// Asked again one nanosecond before the wait is over, it is refused for that nanosecond; when it is over, the demand is
    /// admitted, however many meters refused.
    #[test]
    // B14, V6
    fn b14_v6_the_wait_is_exact_to_the_nanosecond(
        rates in rates(), arrivals in arrivals(), session in 0..3usize, calls in 1..20u64, tokens in 0..900u64, cost in 0..3_000_000u64,
    ) {
        let (clock, sessions) = sessions(&rates);
        for Arrival { gap, session, demand } in arrivals {
            clock.advance(Nanos::new(gap));
            let _ = ask(&sessions[session], demand);
        }
        let demand = if tokens % 2 == 0 { [calls, 0, 0] } else { [1, tokens, cost] };
        if let Some(denial) = ask(&sessions[session], demand) {
            prop_assert_eq!(denial.retryable(), denial.retry_after().is_some());
            if let Some(wait) = denial.retry_after() {
                prop_assert!(wait > Nanos::ZERO);
                clock.advance(wait.saturating_sub(Nanos::new(1)));
                let early = ask(&sessions[session], demand).map(|denial| denial.retry_after());
                prop_assert_eq!(early, Some(Some(Nanos::new(1))));
                clock.advance(Nanos::new(1));
                prop_assert_eq!(ask(&sessions[session], demand), None);
            }
        }
    }
}

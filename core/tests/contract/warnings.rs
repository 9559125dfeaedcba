//! What runs low is said with every decision, inclusive at the threshold.

use allotment::{Grant, NanoUsd, Nanos, Resource, Scope, Usage};

use crate::common::{free, under};

fn texts(grant: &Grant<'_>) -> Vec<String> {
    grant.warnings().map(|warning| warning.to_string()).collect()
}

#[test]
// G8
fn g8_a_budget_of_100_warns_first_when_20_remain() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(100)).unwrap();
    for call in 1..=100u64 {
        let grant = session.authorize("read").unwrap();
        let left = 100 - call;
        let expected = (left <= 20).then(|| format!("budget low: {left} of 100 calls remaining ({left}%)"));
        assert_eq!(texts(&grant), Vec::from_iter(expected), "call {call}");
    }
    assert_eq!(session.snapshot().warnings, ["budget low: 0 of 100 calls remaining (0%)"]);
}

#[test]
// G7
fn g7_the_last_fifth_of_the_time_is_warned_of_inclusive() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").calls(1000).time_limit(Nanos::from_secs(100))).unwrap();
    clock.advance(Nanos::new(79_999_999_999));
    assert_eq!(texts(&session.authorize("read").unwrap()), Vec::<String>::new());
    clock.advance(Nanos::new(1));
    let grant = session.authorize("read").unwrap();
    assert_eq!(texts(&grant), ["time low: 20s remaining (20%)"]);
    assert_eq!((grant.remaining(), grant.time_left()), (Some(998), Nanos::from_secs(20)));
    clock.advance(Nanos::from_secs(13));
    assert_eq!(texts(&session.authorize_batch([]).unwrap()), ["time low: 7s remaining (7%)"]);
}

#[test]
// G7
fn g7_each_crossed_dimension_of_each_account_has_its_warning() {
    let (enforcer, _) = under("[agents.\"*\"]\ncalls = 10\n[tenants.\"*\"]\ncost_usd = \"1.00\"");
    let spec = free("a").tenant("t").calls(5).tokens(100).tool("send", 5);
    let session = enforcer.create(spec).unwrap();
    let dime = NanoUsd::new(100_000_000);
    let usage = Usage::tokens(20).cost(dime).cost(NanoUsd::new(2 * dime.get()));
    for _ in 0..3 {
        assert_eq!(session.authorize_with("send", usage).unwrap().warnings().count(), 0);
    }
    let grant = session.authorize_with("send", usage).unwrap();
    let seen: Vec<_> =
        grant.warnings().map(|w| (w.scope, w.resource, w.remaining, w.limit, w.percent())).collect();
    let expected = [
        (Scope::Session, Resource::Calls, 1, 5, 20),
        (Scope::Tool, Resource::Calls, 1, 5, 20),
        (Scope::Session, Resource::Tokens, 20, 100, 20),
        (Scope::Tenant, Resource::Cost, 200_000_000, 1_000_000_000, 20),
    ];
    assert_eq!(seen, expected);
    for _ in 0..4 {
        enforcer.create(free("a")).unwrap().authorize("read").unwrap();
    }
    let grant = session.authorize("read").unwrap();
    assert!(
        texts(&grant).contains(&"agent budget low: 1 of 10 calls remaining (10%)".to_owned()),
        "{grant:?}"
    );
}

#[test]
// G7
fn g7_the_threshold_is_the_policys_and_follows_a_swap() {
    let (enforcer, _) = under("warnings.threshold = 0.5");
    let session = enforcer.create(free("a").calls(4)).unwrap();
    let warned = || session.authorize("read").unwrap().warnings().count();
    assert_eq!((warned(), warned()), (0, 1));
    enforcer.set_policy(crate::common::policy("warnings.threshold = 0"));
    assert_eq!(warned(), 0);
    enforcer.set_policy(crate::common::policy("warnings.threshold = 1"));
    assert_eq!(enforcer.create(free("b").calls(4)).unwrap().authorize("read").unwrap().warnings().count(), 2);
}

#[test]
fn a_session_without_budgets_warns_of_nothing() {
    let (enforcer, _) = under("warnings.threshold = 1");
    let session = enforcer.create(free("a")).unwrap();
    let warned: Vec<_> = session.authorize("read").unwrap().warnings().map(|w| w.resource).collect();
    assert_eq!(warned, [Resource::Time]);
}

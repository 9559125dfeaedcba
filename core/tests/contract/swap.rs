//! Another policy while sessions live: limits change, what was spent and what is owed stays.

use allotment::{Enforcer, ManualClock, Nanos, Policy, Rate, Reason, Scope, Session};

use crate::common::{free, policy, under};
use crate::reason;

fn passes(session: &Session, tries: usize) -> usize {
    (0..tries).filter(|_| session.authorize("read").is_ok()).count()
}

/// As [`under`], but the clock has run for a while: at its very beginning all rates have brought the same, nothing.
fn late(text: &str) -> (Enforcer, ManualClock) {
    let (enforcer, clock) = under(text);
    clock.advance(Nanos::new(1_003_000_000_007));
    (enforcer, clock)
}

fn rated(section: &str, rate: &str) -> Policy {
    policy(&format!("[{section}.\"*\"]\nrate = {rate:?}"))
}

#[test]
fn the_next_decision_of_a_live_session_follows_the_new_policy() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    assert_eq!(passes(&session, 3), 3);
    enforcer.set_policy(policy("[agents.a]\ncalls = 0"));
    assert_eq!(session.authorize("read").unwrap_err().scope(), Some(Scope::Agent));
    enforcer.set_policy(policy("[tenants.t]\ncalls = 0"));
    assert_eq!(session.authorize("read").unwrap_err().scope(), Some(Scope::Tenant));
    enforcer.set_policy(Policy::default());
    assert_eq!(passes(&session, 3), 3);
    assert_eq!(*enforcer.policy(), Policy::default());
}

#[test]
fn what_was_spent_stays_spent_and_a_limit_below_it_denies() {
    let limit = |calls: u64| policy(&format!("[agents.\"*\"]\ncalls = {calls}"));
    let (enforcer, _) = under("[agents.\"*\"]\ncalls = 10");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!(passes(&session, 6), 6);
    enforcer.set_policy(limit(4));
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.limit(), denial.used()), (Reason::BudgetExceeded, Some(4), Some(6)));
    enforcer.set_policy(limit(8));
    assert_eq!(passes(&session, 6), 2);
    enforcer.set_policy(Policy::default());
    enforcer.set_policy(limit(8));
    assert_eq!(passes(&session, 6), 0);
}

#[test]
fn a_policys_defaults_concern_new_sessions_only() {
    let (enforcer, clock) = under("[defaults]\ntime_limit = 10");
    let old = enforcer.create(allotment::SessionSpec::new("a").tools(["read"])).unwrap();
    enforcer.set_policy(policy("[defaults]\ncalls = 1\ntime_limit = 20\nrate = \"0/s\""));
    assert_eq!(passes(&old, 5), 5);
    let new = enforcer.create(allotment::SessionSpec::new("a").tools(["read"])).unwrap();
    assert_eq!((new.snapshot().calls.limit, passes(&new, 5)), (Some(1), 0));
    clock.advance(Nanos::from_secs(10));
    assert_eq!((old.is_active(), new.is_active()), (false, true));
}

#[test]
fn what_a_bucket_owes_it_owes_under_the_new_rate() {
    for section in ["agents", "tenants"] {
        // All ten spent; under 1 per second, one comes back each second and the bucket holds one.
        let (enforcer, clock) = late(&format!("[{section}.\"*\"]\nrate = \"10/min\""));
        let session = enforcer.create(free("a").tenant("t")).unwrap();
        assert_eq!(passes(&session, 20), 10);
        enforcer.set_policy(rated(section, "20/20s"));
        assert_eq!(passes(&session, 20), 10, "ten of twenty are owed");
        enforcer.set_policy(rated(section, "1/s"));
        let denial = session.authorize("read").unwrap_err();
        assert_eq!(denial.retry_after(), Some(Nanos::from_secs(20)), "twenty owed, one at a time");
        clock.advance(Nanos::new(19_999_999_999));
        assert_eq!(reason(&session.authorize("read")), Some(Reason::RateLimited));
        clock.advance(Nanos::new(1));
        assert_eq!(passes(&session, 20), 1);
    }
}

#[test]
fn a_rate_that_comes_back_finds_its_debts_where_time_has_not_paid_them() {
    let (enforcer, clock) = late("[agents.\"*\"]\nrate = \"6/min\"");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!(passes(&session, 9), 6);
    enforcer.set_policy(Policy::default());
    assert_eq!(passes(&session, 9), 9);
    clock.advance(Nanos::from_secs(20));
    enforcer.set_policy(rated("agents", "6/min"));
    assert_eq!(passes(&session, 9), 2);
}

#[test]
fn the_same_rate_again_changes_nothing() {
    let (enforcer, clock) = late("[agents.\"*\"]\nrate = \"7/13s\"");
    let session = enforcer.create(free("a")).unwrap();
    let mut admitted = 0;
    for _ in 0..1300 {
        admitted += passes(&session, 3);
        enforcer.set_policy(rated("agents", "7/13s"));
        clock.advance(Nanos::new(100_000_000));
    }
    assert_eq!(admitted, 7 + 69, "130 s mint 70, the last of them after the last call");
}

/// A swapped rate is in force from the swap, not from the next call.
#[test]
fn a_faster_rate_pays_back_from_the_swap_also_where_nobody_calls() {
    let (enforcer, clock) = late("[agents.\"*\"]\nrate = \"1/h\"");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!(passes(&session, 2), 1);
    enforcer.set_policy(rated("agents", "1/s"));
    clock.advance(Nanos::from_secs(30));
    assert_eq!(passes(&session, 2), 1, "30 s at one per second");
}

#[test]
fn a_slower_rate_holds_from_the_swap_also_where_nobody_calls() {
    let (enforcer, clock) = late("[agents.\"*\"]\nrate = \"60/min\"");
    let session = enforcer.create(free("a")).unwrap();
    assert_eq!(passes(&session, 99), 60);
    enforcer.set_policy(rated("agents", "60/h"));
    clock.advance(Nanos::from_secs(60));
    assert_eq!(passes(&session, 99), 1, "a minute at sixty per hour");
}

#[test]
fn a_sessions_own_rate_is_its_own() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").rate(Rate::per_minute(2).unwrap())).unwrap();
    assert_eq!(passes(&session, 1), 1);
    enforcer.set_policy(policy("[defaults]\nrate = \"100/s\""));
    assert_eq!(passes(&session, 9), 1);
}

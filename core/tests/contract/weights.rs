//! Tools that count for several calls.

use allotment::{Nanos, Rate, Reason, Scope, SessionSpec};

use crate::common::{free, policy, under};
use crate::reason;

const FIVE: &str = "[tools.send]\nweight = 5\n";

#[test]
fn one_call_takes_its_weight_from_everybody_and_one_from_its_own_cap() {
    let (enforcer, _) = under(&format!("{FIVE}[agents.a]\ncalls = 100\n[tenants.t]\ncalls = 100"));
    let session = enforcer.create(free("a").tenant("t").calls(17).tool("send", 3)).unwrap();
    let left = |n| {
        let grant = session.authorize("send").unwrap();
        assert_eq!(grant.remaining(), Some(n));
    };
    left(12);
    left(7);
    let seen = session.snapshot();
    assert_eq!((seen.calls.spent, seen.tools["send"].unwrap().spent), (10, 2));
    session.authorize("read").unwrap();
    assert_eq!(session.calls().remaining(), Some(6));
    left(1);
    let denial = session.authorize("send").unwrap_err();
    assert_eq!((denial.scope(), denial.requested(), denial.limit()), (Some(Scope::Tool), Some(1), Some(3)));
    let other = enforcer.create(free("a").tenant("t").tools(["send"])).unwrap();
    for _ in 0..16 {
        other.authorize("send").unwrap();
    }
    let denial = other.authorize("send").unwrap_err();
    assert_eq!((denial.scope(), denial.used(), denial.requested()), (Some(Scope::Agent), Some(96), Some(5)));
    enforcer.set_policy(policy(&format!("{FIVE}[tenants.t]\ncalls = 100")));
    assert_eq!(other.authorize("send").unwrap_err().scope(), Some(Scope::Tenant));
    assert!(other.authorize_batch(["read"; 4]).is_ok());
}

#[test]
fn a_batch_takes_the_sum() {
    let (enforcer, _) = under(FIVE);
    let session = enforcer.create(free("a").calls(12).tools(["send"])).unwrap();
    assert_eq!(
        reason(&session.authorize_batch(["send", "send", "read", "read", "read"])),
        Some(Reason::BudgetExceeded)
    );
    assert_eq!(session.authorize_batch(["send", "read", "send", "read"]).unwrap().remaining(), Some(0));
}

#[test]
fn the_pace_counts_the_weight_too() {
    let (enforcer, clock) = under(FIVE);
    let parent = enforcer.create(free("a").tools(["send"]).rate(Rate::per_minute(12).unwrap())).unwrap();
    let session = parent.delegate(SessionSpec::new("b").tools(["send", "read"])).unwrap();
    assert!(session.authorize_batch(["send", "send"]).is_ok());
    let denial = session.authorize("send").unwrap_err();
    assert_eq!((denial.reason(), denial.requested()), (Reason::RateLimited, Some(5)));
    assert_eq!(denial.retry_after(), Some(Nanos::from_secs(15)));
    assert!(session.authorize_batch(["read"; 2]).is_ok());
    clock.advance(Nanos::from_secs(25));
    assert!(session.authorize("send").is_ok() && session.authorize("read").is_err());
    enforcer.set_policy(policy("[tools.send]\nweight = 13"));
    clock.advance(Nanos::from_secs(600));
    assert_eq!(session.authorize("send").unwrap_err().retry_after(), None, "more than the bucket holds");
}

#[test]
fn a_weight_comes_and_goes_with_the_policy() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(20).tools(["send"])).unwrap();
    let spends = |n| {
        let before = session.calls().spent;
        session.authorize("send").unwrap();
        assert_eq!(session.calls().spent - before, n);
    };
    spends(1);
    enforcer.set_policy(policy(FIVE));
    assert_eq!(session.preview("send").unwrap().remaining(), Some(14));
    spends(5);
    spends(5);
    enforcer.set_policy(policy(""));
    spends(1);
    let any = enforcer.create(free("a").tools(["*"]).calls(20)).unwrap();
    enforcer.set_policy(policy(FIVE));
    assert_eq!(any.authorize("send").unwrap().remaining(), Some(15));
    assert_eq!(any.authorize("other").unwrap().remaining(), Some(14));
}

#[test]
fn a_child_carries_the_weight_all_the_way_up() {
    let (enforcer, _) = under(FIVE);
    let parent = enforcer.create(free("a").calls(100).tool("send", 9)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tool("send", 4).calls(30).carve_out(true)).unwrap();
    child.authorize_batch(["send", "send"]).unwrap();
    child.close().unwrap();
    let seen = parent.snapshot();
    assert_eq!((seen.calls.spent, seen.tools["send"].unwrap().spent), (10, 2));
}

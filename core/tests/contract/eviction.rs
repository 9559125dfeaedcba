//! Agents and tenants are forgotten only where that gives nobody anything (D6).

use allotment::{Enforcer, ManualClock, Nanos, Policy, Reason, Scope, Usage};

use crate::common::{free, policy, under};
use crate::reason;

/// Under `text`, a session of agent `a` that spends `usage` and is swept.
fn visited(text: &str, usage: Usage) -> (Enforcer, ManualClock) {
    let (enforcer, clock) = under(text);
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    session.authorize_with("read", usage).unwrap();
    session.close().unwrap();
    assert_eq!(enforcer.sweep(), 1);
    (enforcer, clock)
}

#[test]
// D6
fn d6_agents_with_nothing_to_remember_are_forgotten() {
    for text in
        ["", "[agents.\"*\"]\nmax_sessions = 3\ntokens = 5", "[agents.\"*\"]\ntokens_rate = \"5/min\""]
    {
        let (enforcer, _) = visited(text, Usage::NONE);
        assert_eq!((enforcer.stats().agents, enforcer.stats().tenants), (0, 0), "{text}");
    }
}

#[test]
// D6
fn d6_agents_that_spent_of_a_budget_are_never_forgotten() {
    for limit in ["calls = 3", "tokens = 3", "steps = 3", "cost_usd = \"0.000000003\""] {
        let usage = Usage::tokens(2).steps(2).cost(allotment::NanoUsd::new(2));
        for (section, counts) in [("agents", (1, 0)), ("tenants", (0, 1))] {
            let (enforcer, clock) = visited(&format!("[{section}.\"*\"]\n{limit}"), usage);
            for _ in 0..5 {
                clock.advance(Nanos::from_secs(86_400));
                assert_eq!(enforcer.sweep(), 0);
                assert_eq!((enforcer.stats().agents, enforcer.stats().tenants), counts, "{section} {limit}");
            }
            let again = enforcer.create(free("a").tenant("t")).unwrap();
            let more = if limit.starts_with("calls") {
                again.authorize_batch(["read"; 3])
            } else {
                again.authorize_with("read", usage)
            };
            assert_eq!(reason(&more), Some(Reason::BudgetExceeded), "{section} {limit}");
        }
    }
}

#[test]
// D6
fn d6_agents_whose_buckets_are_filling_are_forgotten_once_they_are_full() {
    for (section, counts) in [("agents", (1, 0)), ("tenants", (0, 1))] {
        let (enforcer, clock) = visited(&format!("[{section}.\"*\"]\nrate = \"2/min\""), Usage::NONE);
        let held = || (enforcer.stats().agents, enforcer.stats().tenants);
        assert_eq!(held(), counts);
        clock.advance(Nanos::new(29_999_999_999));
        enforcer.sweep();
        assert_eq!(held(), counts, "{section}: a nanosecond before the bucket is full");
        clock.advance(Nanos::new(1));
        enforcer.sweep();
        assert_eq!(held(), (0, 0), "{section}: full");
    }
}

#[test]
// D6
fn d6_forgetting_gives_nobody_tokens() {
    // Whoever ends its session and comes back, with sweeps as often as can be, gets what one long session gets.
    let (enforcer, clock) = under("[agents.\"*\"]\nrate = \"3/min\"");
    let mut admitted = 0;
    for _ in 0..=600 {
        let session = enforcer.create(free("a")).unwrap();
        admitted += (0..5).filter(|_| session.authorize("read").is_ok()).count();
        session.close().unwrap();
        enforcer.sweep();
        clock.advance(Nanos::from_secs(1));
    }
    assert_eq!(admitted, 3 + 30);
}

#[test]
// D6
fn d6_a_table_full_of_forgettable_agents_locks_nobody_out() {
    let clock = ManualClock::new();
    let rate = policy("[agents.\"*\"]\nrate = \"60/min\"\n[tenants.\"*\"]\nrate = \"60/min\"");
    let enforcer = Enforcer::builder().policy(rate).clock(clock.clone()).max_sessions(3).build().unwrap();
    for name in ["a", "b", "c"] {
        let session = enforcer.create(free(name).tenant(name)).unwrap();
        session.authorize("read").unwrap();
        session.close().unwrap();
    }
    enforcer.sweep();
    assert_eq!((enforcer.stats().sessions, enforcer.stats().agents, enforcer.stats().tenants), (0, 3, 3));
    clock.advance(Nanos::from_secs(3600));
    // Every bucket is full again; the newcomer must not need somebody else to sweep.
    let newcomer = enforcer.create(free("d").tenant("d"));
    assert!(newcomer.is_ok(), "{newcomer:?} {:?}", enforcer.stats());
}

#[test]
// D6
fn d6_a_table_full_of_agents_with_sessions_or_debts_refuses() {
    let clock = ManualClock::new();
    let spend = policy("[agents.\"*\"]\ncalls = 1");
    let enforcer = Enforcer::builder().policy(spend).clock(clock).max_sessions(2).build().unwrap();
    for name in ["a", "b"] {
        let session = enforcer.create(free(name)).unwrap();
        session.authorize("read").unwrap();
        session.close().unwrap();
    }
    enforcer.sweep();
    assert!(enforcer.create(free("c")).is_err());
    let back = enforcer.create(free("a")).unwrap();
    assert_eq!(reason(&back.authorize("read")), Some(Reason::BudgetExceeded));
}

/// A policy that lifts a limit for a while must not wash away what was spent under it.
#[test]
// D6
fn d6_what_was_spent_outlives_a_policy_without_the_limit() {
    for limit in ["calls = 1", "rate = \"1/h\""] {
        let limited = || Policy::from_toml_str(&format!("[agents.\"*\"]\n{limit}")).unwrap();
        let (enforcer, _) = under("");
        enforcer.set_policy(limited());
        let session = enforcer.create(free("a")).unwrap();
        session.authorize("read").unwrap();
        session.close().unwrap();
        enforcer.set_policy(Policy::default());
        enforcer.sweep();
        enforcer.set_policy(limited());
        let again = enforcer.create(free("a")).unwrap();
        assert!(again.authorize("read").is_err(), "{limit}: one was spent before, no time has passed");
    }
}

#[test]
// D6, D25
fn d6_d25_what_is_recorded_after_the_end_is_charged_to_an_agent_and_a_tenant_that_were_forgotten() {
    let (enforcer, _) = under("[agents.a]\ntokens = 100\n[tenants.t]\ntokens = 90");
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    let hold = session.reserve(Usage::NONE.steps(1)).unwrap();
    session.close().unwrap();
    enforcer.sweep();
    assert_eq!((enforcer.stats().agents, enforcer.stats().tenants), (0, 0));
    assert!(!session.record(Usage::tokens(50)));
    assert!(hold.settle(Usage::tokens(45)).unwrap().overrun, "95 of the tenant's 90");
    let again = enforcer.create(free("a").tenant("t")).unwrap();
    let denial = again.reserve(Usage::tokens(6)).unwrap_err();
    assert_eq!((denial.scope(), denial.used()), (Some(Scope::Agent), Some(95)));
    assert!(!session.record(Usage::NONE.steps(1)), "nobody limits steps");
    again.close().unwrap();
    enforcer.sweep();
    assert_eq!((enforcer.stats().agents, enforcer.stats().tenants), (1, 1));
}

#[test]
// D6, D25
fn d6_d25_what_a_settlement_uses_beyond_its_estimate_is_charged_to_an_agent_that_was_forgotten() {
    let (enforcer, clock) = under("[agents.a]\ntokens_rate = \"60/min\"");
    let session = enforcer.create(free("a")).unwrap();
    let hold = session.reserve(Usage::tokens(1)).unwrap();
    session.close().unwrap();
    clock.advance(Nanos::from_secs(60));
    enforcer.sweep();
    assert_eq!(enforcer.stats().agents, 0, "its bucket has filled");
    hold.settle(Usage::tokens(91)).unwrap();
    let again = enforcer.create(free("a")).unwrap();
    let denial = again.reserve(Usage::tokens(1)).unwrap_err();
    assert_eq!(denial.retry_after(), Some(Nanos::from_secs(31)), "90 more than was reserved");
}

//! A threshold is told of once when it is crossed, and again only when more was given and it is crossed anew.

use allotment::{Enforcer, EventKind, NanoUsd, Nanos, Rate, Resource, Scope, SessionSpec, TopUp, Usage};

use crate::common::{free, policy, under};

/// What has been warned of since the last time, in its order.
fn told(enforcer: &Enforcer) -> Vec<(Scope, Resource, u64)> {
    let events = enforcer.events().filter(|event| event.kind() == EventKind::Warning);
    events.map(|event| event.warning().map(|w| (w.scope, w.resource, w.remaining)).unwrap()).collect()
}

fn calls(calls: u64) -> TopUp {
    TopUp { calls, ..TopUp::default() }
}

#[test]
// G7, G8
fn g7_g8_a_thousand_calls_by_the_plain_way_are_told_of_once() {
    let (enforcer, _) = under("");
    for rate in [None, Some(Rate::per_second(1_000_000).unwrap())] {
        let spec = free("a").calls(1_000);
        let session = enforcer.create(rate.map_or(spec.clone(), |rate| spec.rate(rate))).unwrap();
        for call in 1..=1_000u64 {
            session.authorize("read").unwrap();
            let expected = (call == 800).then_some((Scope::Session, Resource::Calls, 200));
            assert_eq!(told(&enforcer), Vec::from_iter(expected), "call {call}");
        }
        for round in 1..4u64 {
            session.top_up(calls(1_000)).unwrap();
            let (limit, mut seen) = (1_000 * (round + 1), Vec::new());
            for _ in 0..1_000 {
                session.authorize("read").unwrap();
                seen.extend(told(&enforcer));
            }
            // A fifth of it, or all there is where less than that was ever left.
            let left = (limit / 5).min(999);
            assert_eq!(seen, [(Scope::Session, Resource::Calls, left)], "round {round}");
        }
    }
}

#[test]
// G7
fn g7_a_jump_over_the_threshold_is_a_crossing() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(100)).unwrap();
    session.authorize_batch(["read"; 79]).unwrap();
    assert_eq!(told(&enforcer), []);
    session.authorize_batch(["read"; 5]).unwrap();
    session.authorize_batch(["read"; 5]).unwrap();
    assert_eq!(told(&enforcer), [(Scope::Session, Resource::Calls, 16)]);
    assert!(session.preview("read").is_ok());
    session.top_up(calls(1)).unwrap();
    session.authorize("read").unwrap();
    assert_eq!(told(&enforcer), [(Scope::Session, Resource::Calls, 11)], "more, but not enough");
}

#[test]
// G7
fn g7_every_resource_is_told_of_once_however_it_is_spent() {
    for by_reservation in [false, true] {
        let (enforcer, _) = under("");
        let spec = free("a").tokens(1_000).cost(NanoUsd::new(500)).steps(250);
        let session = enforcer.create(spec).unwrap();
        let usage = Usage::tokens(4).cost(NanoUsd::new(2)).steps(1);
        for _ in 0..250 {
            if by_reservation {
                session.reserve(usage).unwrap().settle(usage).unwrap();
            } else {
                session.authorize_with("read", usage).unwrap();
            }
        }
        let expected = [(Resource::Steps, 50), (Resource::Tokens, 200), (Resource::Cost, 100)]
            .map(|(of, left)| (Scope::Session, of, left));
        assert_eq!(told(&enforcer), expected, "{by_reservation}");
        session.top_up(TopUp { tokens: 1_000, ..TopUp::default() }).unwrap();
        for _ in 0..1_000 {
            session.admit(Usage::tokens(1)).unwrap();
        }
        assert_eq!(told(&enforcer), [(Scope::Session, Resource::Tokens, 400)]);
    }
}

#[test]
// G7
fn g7_the_time_is_told_of_once_and_again_after_a_top_up() {
    let (enforcer, clock) = under("");
    for watched in [allotment::Execution::DISABLED, allotment::Execution::STANDARD] {
        let spec = free("a").time_limit(Nanos::from_secs(100)).execution(watched);
        let session = enforcer.create(spec).unwrap();
        let mut seen = Vec::new();
        for second in 0..200 {
            if second == 90 {
                session.top_up(TopUp { time: Nanos::from_secs(110), ..TopUp::default() }).unwrap();
            }
            for _ in 0..5 {
                session.authorize("read").unwrap();
            }
            seen.extend(told(&enforcer).into_iter().map(|(_, of, left)| (of, left / 1_000_000_000)));
            clock.advance(Nanos::from_secs(1));
        }
        assert_eq!(seen, [(Resource::Time, 20), (Resource::Time, 42)]);
    }
}

#[test]
// G7
fn g7_an_agent_and_a_tenant_are_told_of_once_for_all_their_sessions_and_again_after_a_raise() {
    let text = |calls| format!("[agents.a]\ncalls = {calls}\n[tenants.t]\ncalls = {calls}");
    let (enforcer, _) = under(&text(100));
    let sessions = [(); 3].map(|()| enforcer.create(free("a").tenant("t")).unwrap());
    let make = |calls: usize| {
        for call in 0..calls {
            sessions[call % 3].authorize("read").unwrap();
        }
        told(&enforcer)
    };
    let both = |left| [Scope::Agent, Scope::Tenant].map(|scope| (scope, Resource::Calls, left));
    assert_eq!(make(100), both(20));
    enforcer.set_policy(policy(&text(1_000)));
    assert_eq!(make(900), both(200));
    enforcer.set_policy(policy(&format!("warnings.threshold = 0.1\n{}", text(1_000))));
    assert!(sessions[0].authorize("read").is_err());
    assert_eq!(told(&enforcer), []);
}

#[test]
// G7
fn g7_a_child_tells_of_its_parents_budget_once_and_again_after_a_top_up() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(100)).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    let grandchild = child.delegate(SessionSpec::new("c").tools(["read"])).unwrap();
    for round in 1..=3u64 {
        for session in [&child, &grandchild] {
            for _ in 0..50 {
                session.authorize("read").unwrap();
            }
        }
        let mut seen = told(&enforcer);
        seen.dedup_by_key(|(scope, ..)| *scope);
        assert_eq!(seen.len(), 1, "round {round}: {seen:?}");
        assert_eq!((seen[0].0, seen[0].1), (Scope::Ancestor, Resource::Calls));
        parent.top_up(calls(100)).unwrap();
    }
}

#[test]
// G7
fn g7_a_cap_and_a_threshold_of_nothing() {
    let (enforcer, _) = under("warnings.threshold = 0");
    let session = enforcer.create(free("a").calls(10).tool("send", 5)).unwrap();
    assert!((0..5).all(|_| session.authorize("send").is_ok()) && session.authorize("send").is_err());
    assert_eq!(told(&enforcer), []);
    enforcer.set_policy(policy(""));
    let session = enforcer.create(free("a").tool("send", 1_000)).unwrap();
    assert!((0..1_000).all(|_| session.authorize("send").is_ok()));
    assert_eq!(told(&enforcer), [(Scope::Tool, Resource::Calls, 200)]);
    enforcer.set_policy(policy("events.warnings = false"));
    let session = enforcer.create(free("a").calls(5)).unwrap();
    assert_eq!(session.authorize_batch(["read"; 5]).unwrap().warnings().count(), 1);
    assert_eq!(told(&enforcer), []);
}

#[test]
fn each_capped_tool_is_told_of_for_itself() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tool("send", 10).tool("post", 10)).unwrap();
    assert!((0..10).all(|_| session.authorize("send").is_ok() && session.authorize("post").is_ok()));
    assert_eq!(told(&enforcer), [(Scope::Tool, Resource::Calls, 2); 2]);
}

#[test]
// G7
fn g7_each_decision_lists_all_that_is_low_also_what_it_takes_nothing_of() {
    let (enforcer, _) = under("");
    let lists = |session: &allotment::Session| {
        let grant = session.authorize("read").unwrap();
        grant.warnings().map(|warning| (warning.resource, warning.remaining)).collect::<Vec<_>>()
    };
    let session = enforcer.create(free("a").calls(1_000).tokens(100).steps(10)).unwrap();
    assert_eq!(lists(&session), []);
    let hold = session.reserve(Usage::tokens(79)).unwrap();
    assert_eq!(lists(&session), []);
    session.record(Usage::tokens(1));
    for _ in 0..3 {
        assert_eq!(lists(&session), [(Resource::Tokens, 20)]);
    }
    session.admit(Usage::NONE.steps(9)).unwrap();
    assert_eq!(lists(&session), [(Resource::Steps, 1), (Resource::Tokens, 20)]);
    session.top_up(TopUp { steps: 100, ..TopUp::default() }).unwrap();
    assert_eq!(lists(&session), [(Resource::Tokens, 20)]);
    hold.settle(Usage::tokens(70)).unwrap();
    assert_eq!(lists(&session), []);
    let carved = free("b").tokens(20).carve_out(true);
    let child = session.delegate(carved).unwrap();
    assert_eq!(lists(&session), [(Resource::Tokens, 9)]);
    child.close().unwrap();
    assert_eq!(lists(&session), []);
    let told: Vec<_> = told(&enforcer).into_iter().map(|(_, resource, _)| resource).collect();
    assert_eq!(told, [Resource::Tokens, Resource::Steps], "each is told of once");
}

#[test]
// G7
fn g7_what_a_reservation_or_its_settlement_takes_is_listed_from_the_next_call_on() {
    let (enforcer, _) = under("");
    for (reserved, settled) in [(85, None), (10, Some(85))] {
        let session = enforcer.create(free("a").calls(1_000).tokens(100)).unwrap();
        assert_eq!(session.authorize("read").unwrap().warnings().count(), 0);
        let hold = session.reserve(Usage::tokens(reserved)).unwrap();
        if let Some(actual) = settled {
            assert_eq!(session.authorize("read").unwrap().warnings().count(), 0);
            hold.settle(Usage::tokens(actual)).unwrap();
        }
        let low: Vec<_> = session.authorize("read").unwrap().warnings().map(|w| w.remaining).collect();
        assert_eq!(low, [15], "{reserved} reserved, {settled:?} settled");
    }
}

#[test]
// G7
fn g7_calls_that_are_low_before_the_first_one_are_told_of_once_too() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").calls(0)).unwrap();
    for expected in [&[(Scope::Session, Resource::Calls, 0)][..], &[]] {
        assert_eq!(session.admit(Usage::NONE.steps(1)).unwrap().warnings().count(), 1);
        assert_eq!(told(&enforcer), expected);
    }
    enforcer.set_policy(policy("[warnings]\nthreshold = 1.0"));
    let session = enforcer.create(free("a").calls(10)).unwrap();
    session.authorize_batch([]).unwrap();
    session.authorize("read").unwrap();
    let seen = told(&enforcer);
    let first: Vec<_> = seen.iter().filter(|(_, resource, _)| *resource == Resource::Calls).collect();
    assert_eq!(first, [&(Scope::Session, Resource::Calls, 10)]);
}

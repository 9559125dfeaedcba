//! Budgets that are carved out of a parent's: gone from it at once, and what is left returns, once, whatever happens.

use allotment::{
    CreateError, Denial, EventKind, Execution, NanoUsd, Nanos, Rate, Reason, Resource, Scope, Session,
    SessionSpec, Status, TopUp, Usage,
};

use crate::common::{free, policy, under};
use crate::reason;

fn child(agent: &str) -> SessionSpec {
    SessionSpec::new(agent).tools(["read"])
}

fn carved(agent: &str) -> SessionSpec {
    child(agent).carve_out(true)
}

/// Calls and tokens spent.
fn spent(session: &Session) -> (u64, u64) {
    let seen = session.snapshot();
    (seen.calls.spent, seen.tokens.spent)
}

fn denied(result: Result<Session, CreateError>) -> Denial {
    match result {
        Err(CreateError::Denied(denial)) => denial,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_carved_out_leaves_the_parent_at_once_and_the_rest_returns_at_close() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(100).tokens(1_000)).unwrap();
    let child = parent.delegate(carved("b").calls(20).tokens(300)).unwrap();
    assert_eq!((spent(&parent), spent(&child)), ((20, 300), (0, 0)));
    for _ in 0..7 {
        child.authorize_with("read", Usage::tokens(10)).unwrap();
    }
    assert_eq!(
        (spent(&parent), spent(&child)),
        ((20, 300), (7, 70)),
        "what it does costs the parent no more"
    );
    assert!(parent.authorize_batch(["read"; 80]).is_ok());
    assert_eq!(reason(&parent.authorize("read")), Some(Reason::BudgetExceeded));
    assert_eq!(reason(&child.authorize("read")), None);
    child.close().unwrap();
    assert_eq!((spent(&parent), spent(&child)), ((88, 70), (8, 70)));
    assert!(child.close().is_err());
    enforcer.sweep();
    assert_eq!(spent(&parent), (88, 70), "once");
    assert!(parent.authorize_batch(["read"; 12]).is_ok());
}

#[test]
fn the_rest_returns_however_the_child_ends() {
    for end in 0..5 {
        let (enforcer, clock) = under("");
        let parent = enforcer.create(free("a").calls(100)).unwrap();
        let spec = carved("b").calls(20).time_limit(Nanos::from_secs(60));
        let child = parent.delegate(spec).unwrap();
        child.authorize_batch(["read"; 3]).unwrap();
        if end >= 3 {
            clock.advance(Nanos::from_secs(60));
        }
        match end {
            0 => drop(child.close().unwrap()),
            1 => assert_eq!(enforcer.close_agent("b"), 1),
            2 => drop(parent.close().unwrap()),
            3 => assert_eq!(reason(&child.authorize("read")), Some(Reason::Expired)),
            _ => assert_eq!(enforcer.sweep(), 1),
        }
        assert_eq!(spent(&parent).0, 3, "end {end}");
        enforcer.sweep();
        assert_eq!(spent(&parent).0, 3, "end {end}");
    }
}

#[test]
fn an_expired_child_gives_back_when_its_parents_calls_need_it() {
    let (enforcer, clock) = under("");
    let parent = enforcer.create(free("a").calls(10)).unwrap();
    let _child = parent.delegate(carved("b").calls(10).time_limit(Nanos::from_secs(60))).unwrap();
    assert_eq!(reason(&parent.authorize("read")), Some(Reason::BudgetExceeded));
    clock.advance(Nanos::from_secs(60));
    enforcer.sweep();
    assert!(parent.authorize_batch(["read"; 10]).is_ok());
}

#[test]
fn carved_out_of_what_was_carved_out_returns_level_by_level() {
    let (enforcer, _) = under("");
    let root = enforcer.create(free("a").calls(100)).unwrap();
    let middle = root.delegate(carved("b").calls(50)).unwrap();
    let leaf = middle.delegate(carved("c").calls(30)).unwrap();
    let of = || (spent(&root).0, spent(&middle).0, spent(&leaf).0);
    assert_eq!(of(), (50, 30, 0));
    leaf.authorize_batch(["read"; 4]).unwrap();
    middle.authorize_batch(["read"; 2]).unwrap();
    assert_eq!(of(), (50, 32, 4));
    assert!(middle.authorize_batch(["read"; 19]).is_err() && middle.authorize_batch(["read"; 18]).is_ok());
    leaf.close().unwrap();
    assert_eq!(of(), (50, 24, 4));
    middle.close().unwrap();
    assert_eq!(of(), (24, 24, 4));
}

#[test]
fn a_cascade_returns_everything_that_was_not_spent() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 100");
    let root = enforcer.create(free("a").calls(100).tokens(1_000)).unwrap();
    let middle = root.delegate(carved("b").calls(50).tokens(500)).unwrap();
    let pooled = middle.delegate(child("c")).unwrap();
    let leaves: Vec<_> = (0..3).map(|_| middle.delegate(carved("c").calls(10)).unwrap()).collect();
    pooled.authorize_with("read", Usage::tokens(7)).unwrap();
    for leaf in &leaves {
        leaf.authorize_with("read", Usage::tokens(1)).unwrap();
    }
    assert_eq!((spent(&root), spent(&middle)), ((50, 500), (31, 10)));
    middle.close().unwrap();
    assert_eq!((spent(&root), spent(&middle)), ((4, 10), (4, 10)));
}

#[test]
fn a_pooled_grandchild_spends_what_the_child_was_given_and_nothing_of_the_parents() {
    let (enforcer, _) = under("");
    let root = enforcer.create(free("a").calls(100)).unwrap();
    let middle = root.delegate(carved("b").calls(5)).unwrap();
    let leaf = middle.delegate(child("c")).unwrap();
    assert!(leaf.authorize_batch(["read"; 5]).is_ok());
    let denial = leaf.authorize("read").unwrap_err();
    assert_eq!((denial.scope(), denial.ancestor()), (Some(Scope::Ancestor), Some(middle.id())));
    assert_eq!((spent(&root).0, spent(&middle).0, spent(&leaf).0), (5, 5, 5));
}

#[test]
fn only_the_budgets_that_are_mentioned_are_carved_and_the_others_are_shared() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(100).tokens(1_000).cost(NanoUsd::new(50))).unwrap();
    let child = parent.delegate(carved("b").tokens(300)).unwrap();
    child.authorize_with("read", Usage::tokens(10).cost(NanoUsd::new(5))).unwrap();
    assert_eq!((spent(&parent), parent.snapshot().cost.spent), ((1, 300), 5));
    child.close().unwrap();
    assert_eq!((spent(&parent), parent.snapshot().cost.spent), ((1, 10), 5));
}

#[test]
fn every_way_a_reservation_ends_after_its_session_is_accounted_for_once() {
    // Reserved 60 of 100 carved out of 1,000; then the child closes with 60 still in the air.
    for (actual, left) in [(Some(60), 60), (Some(20), 20), (Some(0), 0), (Some(150), 150), (None, 60)] {
        for deep in [false, true] {
            let (enforcer, _) = under("");
            let parent = enforcer.create(free("a").tokens(1_000)).unwrap();
            let carved = parent.delegate(carved("b").tokens(100)).unwrap();
            let pooled = carved.delegate(child("c")).unwrap();
            let holder = if deep { &pooled } else { &carved };
            let hold = holder.reserve(Usage::tokens(60)).unwrap();
            assert_eq!(parent.snapshot().tokens.spent, 100);
            carved.close().unwrap();
            assert_eq!(parent.snapshot().tokens.spent, 60, "what is reserved stays");
            if actual == Some(20) {
                enforcer.sweep();
            }
            match actual {
                Some(0) => hold.release().unwrap(),
                Some(actual) => {
                    assert_eq!(hold.settle(Usage::tokens(actual)).unwrap().overrun, actual > 100);
                }
                None => drop(hold),
            }
            enforcer.sweep();
            let seen = [&parent, &carved, holder].map(|session| session.snapshot().tokens);
            assert_eq!(seen.each_ref().map(|tokens| tokens.spent), [left; 3], "{actual:?} {deep}");
            assert!(seen.iter().all(|tokens| tokens.reserved == 0));
        }
    }
}

#[test]
fn a_settlement_just_before_the_end_is_not_given_back_twice() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").tokens(1_000)).unwrap();
    let child = parent.delegate(carved("b").tokens(100)).unwrap();
    let hold = child.reserve(Usage::tokens(100)).unwrap();
    hold.settle(Usage::tokens(30)).unwrap();
    assert_eq!(parent.snapshot().tokens.spent, 100);
    child.close().unwrap();
    assert_eq!(parent.snapshot().tokens.spent, 30);
}

#[test]
fn what_overruns_a_carved_budget_is_the_parents_to_bear_before_and_after_the_end() {
    let (enforcer, _) = under("");
    let root = enforcer.create(free("a").tokens(1_000)).unwrap();
    let middle = root.delegate(carved("b").tokens(100)).unwrap();
    let leaf = middle.delegate(carved("c").tokens(50)).unwrap();
    let of = || [&root, &middle, &leaf].map(|session| session.snapshot().tokens.spent);
    assert!(!leaf.record(Usage::tokens(50)));
    assert!(leaf.record(Usage::tokens(30)));
    assert_eq!(of(), [100, 80, 80]);
    assert!(leaf.record(Usage::tokens(40)));
    assert_eq!(of(), [120, 120, 120], "the middle one is overrun too");
    assert!(root.authorize_with("read", Usage::tokens(881)).is_err());
    leaf.close().unwrap();
    assert_eq!(of(), [120; 3]);
    leaf.record(Usage::tokens(5));
    assert_eq!(of(), [125; 3], "also after it has ended");
    middle.close().unwrap();
    leaf.record(Usage::tokens(5));
    assert_eq!(of(), [130; 3]);
    assert_eq!(enforcer.events().filter(|event| event.kind() == EventKind::Overrun).count(), 4);
}

#[test]
fn the_parents_pace_is_the_childs_too_and_so_are_agents_and_tenants() {
    let (enforcer, clock) = under("[agents.b]\ncalls = 6\n[tenants.t]\ncalls = 100");
    let parent = free("a").tenant("t").calls(100).rate(Rate::per_minute(4).unwrap());
    let parent = enforcer.create(parent).unwrap();
    let child = parent.delegate(carved("b").calls(50)).unwrap();
    assert!(parent.authorize("read").is_ok(), "carving fifty out cost no pace");
    assert!(child.authorize_batch(["read"; 3]).is_ok());
    let denial = child.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.ancestor()), (Reason::RateLimited, Some(parent.id())));
    assert_eq!(denial.retry_after(), Some(Nanos::from_secs(15)));
    clock.advance(Nanos::from_secs(60));
    assert!(child.authorize_batch(["read"; 3]).is_ok());
    clock.advance(Nanos::from_secs(60));
    let denial = child.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.scope()), (Reason::BudgetExceeded, Some(Scope::Agent)));
    assert_eq!((spent(&parent).0, spent(&child).0), (51, 6));
    enforcer.set_policy(policy(""));
    parent.close().unwrap();
    assert_eq!(spent(&parent).0, 7);
}

#[test]
fn what_is_handed_over_does_not_wait_for_a_bucket_that_owes() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").tokens(100).tokens_rate(Rate::per_minute(10).unwrap())).unwrap();
    parent.record(Usage::tokens(25));
    let child = parent.delegate(carved("b").tokens(30)).unwrap();
    assert_eq!(spent(&parent).1, 55);
    let denial = child.authorize_with("read", Usage::tokens(1)).unwrap_err();
    assert_eq!(denial.reason(), Reason::RateLimited, "what it does comes at the parent's pace");
}

#[test]
fn more_than_the_parent_has_left_is_denied_whole() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(100).tokens(1_000).cost(NanoUsd::new(50))).unwrap();
    parent.authorize_with("read", Usage::tokens(600)).unwrap();
    let (before, stats) = (parent.snapshot(), enforcer.stats().sessions);
    let denial = denied(parent.delegate(carved("b").calls(99).tokens(401).cost(NanoUsd::new(50))));
    assert_eq!((denial.reason(), denial.resource()), (Reason::BudgetExceeded, Some(Resource::Tokens)));
    assert_eq!((denial.limit(), denial.used(), denial.requested()), (Some(1_000), Some(600), Some(401)));
    let after = parent.snapshot();
    assert_eq!((after.calls, after.tokens, after.cost), (before.calls, before.tokens, before.cost));
    assert_eq!((enforcer.stats().sessions, enforcer.active_sessions("b")), (stats, 0));
    assert!(parent.delegate(carved("b").calls(99).tokens(400).cost(NanoUsd::new(50))).is_ok());
    assert_eq!(denied(parent.delegate(carved("b").calls(1))).resource(), Some(Resource::Calls));
}

#[test]
fn more_than_a_grandparents_pool_has_left_is_denied_by_name() {
    let (enforcer, _) = under("");
    let root = enforcer.create(free("a").calls(10)).unwrap();
    let pooled = root.delegate(child("b")).unwrap();
    root.authorize("read").unwrap();
    let denial = denied(pooled.delegate(carved("c").calls(10)));
    assert_eq!((denial.scope(), denial.ancestor()), (Some(Scope::Ancestor), Some(root.id())));
    let leaf = pooled.delegate(carved("c").calls(9)).unwrap();
    assert_eq!((spent(&root).0, spent(&pooled).0), (10, 9));
    leaf.authorize("read").unwrap();
    leaf.close().unwrap();
    assert_eq!((spent(&root).0, spent(&pooled).0), (2, 1));
}

#[test]
fn a_child_that_does_not_come_to_be_gives_everything_back() {
    let (enforcer, _) = under("[agents.b]\nmax_sessions = 0");
    let root = enforcer.create(free("a").calls(100).tokens(9)).unwrap();
    let middle = root.delegate(carved("c").calls(50).tokens(9)).unwrap();
    let before = [&root, &middle].map(spent);
    let full = denied(middle.delegate(carved("b").calls(30).tokens(9)));
    assert_eq!(full.reason(), Reason::TooManySessions);
    for spec in [
        carved("c").calls(51),
        carved("c").calls(10).tools(["write"]),
        carved("c").calls(10).time_limit(Nanos::from_secs(1 << 40)),
        carved("c").calls(10).tool("bad name", 1),
        carved("").calls(10),
        carved("c"),
    ] {
        assert!(matches!(middle.delegate(spec), Err(CreateError::Invalid(_))));
    }
    assert_eq!([&root, &middle].map(spent), before);
    assert!(
        matches!(enforcer.create(carved("c").calls(1)), Err(CreateError::Invalid(e)) if e.argument() == "carve_out")
    );
    middle.close().unwrap();
    assert_eq!(denied(middle.delegate(carved("c").calls(1))).reason(), Reason::Closed);
    assert_eq!(spent(&root), (0, 0));
}

#[test]
fn a_carved_budget_is_not_topped_up() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(100).tokens(100)).unwrap();
    let child = parent.delegate(carved("b").calls(10)).unwrap();
    let before = (parent.snapshot(), child.snapshot());
    let error = child.top_up(TopUp { calls: 1, ..TopUp::default() }).unwrap_err();
    assert!(matches!(error, CreateError::Invalid(e) if e.argument() == "calls"));
    assert_eq!((parent.snapshot(), child.snapshot()), before);
}

#[test]
fn money_that_was_carved_out_can_be_spent_though_the_parent_has_reached_its_threshold() {
    let (enforcer, _) = under("");
    let limits = Execution { cost: Some(NanoUsd::new(100)), ..Execution::DISABLED };
    let parent = enforcer.create(free("a").execution(limits)).unwrap();
    let child = parent.delegate(carved("b").cost(NanoUsd::new(100))).unwrap();
    assert_eq!(reason(&parent.authorize("read")), Some(Reason::BudgetExceeded), "it has given it all away");
    let dime = Usage::NONE.cost(NanoUsd::new(10));
    assert_eq!((0..20).take_while(|_| child.authorize_with("read", dime).is_ok()).count(), 10);
    child.close().unwrap();
    assert_eq!(parent.snapshot().cost.spent, 100);
}

#[test]
// D24
fn d24_once_all_has_ended_the_root_has_spent_what_its_tree_really_spent() {
    let (enforcer, clock) = under("[agents.\"*\"]\nmax_sessions = 1000");
    let root = enforcer.create(free("a").calls(10_000).tokens(100_000)).unwrap();
    let (mut tree, mut calls, mut tokens) = (vec![root.clone()], 0, 0);
    let mut holds = Vec::new();
    for step in 0..400u64 {
        let at = usize::try_from(step * 7 % tree.len() as u64).unwrap();
        let session = tree[at].clone();
        match step % 8 {
            0 | 1 => {
                let spec = child("b").time_limit(Nanos::from_secs(1 + step % 50));
                let spec = if step % 3 == 0 { spec } else { spec.carve_out(true).calls(1 + step % 40) };
                let spec = if step % 3 == 2 { spec.tokens(1 + step % 90) } else { spec };
                tree.extend(session.delegate(spec).ok());
            }
            2 | 3 => calls += u64::from(session.authorize("read").is_ok()),
            4 => holds.extend(session.reserve(Usage::tokens(1 + step % 60)).ok()),
            5 if !holds.is_empty() => {
                let hold: allotment::Reservation =
                    holds.swap_remove(usize::try_from(step).unwrap() % holds.len());
                tokens += hold.settle(Usage::tokens(step % 70)).unwrap().charged.tokens;
            }
            6 => {
                session.record(Usage::tokens(step % 11));
                tokens += step % 11;
            }
            _ if at > 0 && step % 16 == 7 => drop(session.close()),
            _ => clock.advance(Nanos::from_secs(1)),
        }
    }
    drop(tree);
    for session in enforcer.sessions() {
        if session.id() != root.id() {
            let _ = session.close();
        }
    }
    for hold in holds {
        tokens += hold.settle(Usage::tokens(3)).unwrap().charged.tokens;
    }
    assert_eq!(spent(&root), (calls, tokens));
    assert!(calls > 20 && tokens > 500, "{calls} {tokens}");
    assert_eq!(root.status(), Status::Active);
}

#[test]
fn a_budget_is_handed_over_also_where_the_bucket_owes_more_than_it_holds() {
    let (enforcer, clock) = under("");
    let slow = Rate::per_minute(60).unwrap();
    let parent = enforcer.create(free("a").tokens(1_000).tokens_rate(slow)).unwrap();
    parent.record(Usage::tokens(200));
    assert_eq!(reason(&parent.admit(Usage::tokens(1))), Some(Reason::RateLimited));
    let child = parent.delegate(carved("b").tokens(300)).unwrap();
    assert_eq!((spent(&parent).1, spent(&child).1), (500, 0));
    // What is done with it goes at the parent's pace.
    assert_eq!(reason(&child.admit(Usage::tokens(1))), Some(Reason::RateLimited));
    clock.advance(Nanos::from_secs(141));
    assert_eq!(reason(&child.admit(Usage::tokens(1))), None);
}

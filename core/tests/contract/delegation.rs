//! Sessions that were delegated: never wider than their parent, spending what it has.

use allotment::{
    CreateError, DELEGATION_DEPTH_MAX, EventKind, NanoUsd, Nanos, Rate, Reason, Scope, Sensitivity, Session,
    SessionSpec, Setting, Status, TopUp, Usage,
};

use crate::common::{free, under};
use crate::reason;

/// A child that may read, without limits of its own.
fn child() -> SessionSpec {
    SessionSpec::new("b").tools(["read"])
}

fn refused(parent: &Session, spec: SessionSpec) -> String {
    match parent.delegate(spec) {
        Err(CreateError::Invalid(error)) => error.argument().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
// D18
fn d18_asking_for_more_than_the_parent_has_is_an_error_and_creates_nothing() {
    let (enforcer, _) = under("");
    let parent =
        SessionSpec::new("a").tool("send", 2).tools(["read"]).tenant("acme").calls(10).steps(5).tokens(100);
    let parent =
        parent.cost(NanoUsd::new(1_000)).rate(Rate::per_minute(30).unwrap()).time_limit(Nanos::from_secs(60));
    let parent = enforcer.create(parent.sensitivity(Sensitivity::Confidential)).unwrap();
    let before = enforcer.stats();
    for (spec, argument) in [
        (child().tools(["write"]), "tools"),
        (child().tools(["*"]), "tools"),
        (child().tool("send", 3), "tools[\"send\"]"),
        (child().tenant("other"), "tenant"),
        (child().calls(11), "calls"),
        (child().steps(6), "steps"),
        (child().tokens(101), "tokens"),
        (child().cost(NanoUsd::new(1_001)), "cost_usd"),
        (child().rate(Rate::per_minute(31).unwrap()), "rate"),
        (child().rate(Rate::per_minute(30).and_then(|rate| rate.with_burst(1.1)).unwrap()), "rate"),
        (child().time_limit(Nanos::from_secs(61)), "time_limit"),
        (child().sensitivity(Sensitivity::Restricted), "sensitivity"),
    ] {
        assert_eq!(refused(&parent, spec), argument);
    }
    assert_eq!(enforcer.stats(), before);
    let all = child().tool("send", 2).tenant("acme").calls(10).steps(5).tokens(100).cost(NanoUsd::new(1_000));
    let all = all.rate(Rate::per_minute(30).unwrap()).time_limit(Nanos::from_secs(60));
    assert!(parent.delegate(all.sensitivity(Sensitivity::Confidential)).is_ok());
}

#[test]
// D24
fn d24_children_share_their_parents_budget_and_do_not_copy_it() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(10).tokens(100)).unwrap();
    let capped = parent.delegate(child().calls(4)).unwrap();
    let pooled = parent.delegate(child()).unwrap();
    let admitted = |session: &Session| (0..20).filter(|_| session.authorize("read").is_ok()).count();
    assert_eq!(admitted(&capped), 4, "its own cap");
    let own = capped.authorize("read").unwrap_err();
    assert_eq!((own.scope(), own.ancestor(), own.limit()), (Some(Scope::Session), None, Some(4)));
    assert!(pooled.authorize_with("read", Usage::tokens(60)).is_ok());
    assert_eq!(admitted(&pooled), 5, "what is left of the pool");
    let denial = pooled.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.scope()), (Reason::BudgetExceeded, Some(Scope::Ancestor)));
    assert_eq!((denial.ancestor(), denial.limit(), denial.used()), (Some(parent.id()), Some(10), Some(10)));
    assert!(denial.detail().contains(&parent.id().to_string()));
    assert_eq!((parent.snapshot().calls.spent, parent.snapshot().tokens.spent), (10, 60));
    assert_eq!((pooled.snapshot().calls.limit, pooled.snapshot().calls.spent), (None, 6));
}

#[test]
fn a_childs_calls_count_against_the_parents_tool_caps_and_rates_and_against_both_agents() {
    let (enforcer, _) = under("[agents.a]\ncalls = 7\n[agents.b]\ncalls = 6");
    let parent = free("a").tool("send", 2).rate(Rate::per_minute(5).unwrap());
    let parent = enforcer.create(parent).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read", "send"])).unwrap();
    assert!(child.authorize_batch(["send", "send"]).is_ok());
    let denial = child.authorize("send").unwrap_err();
    assert_eq!(
        (denial.scope(), denial.tool(), denial.ancestor()),
        (Some(Scope::Tool), Some("send"), Some(parent.id()))
    );
    assert!(child.authorize_batch(["read", "read", "read"]).is_ok());
    let denial = child.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.scope()), (Reason::RateLimited, Some(Scope::Ancestor)));

    let other = enforcer.create(free("b")).unwrap();
    assert!(other.authorize("read").is_ok(), "the sixth of agent b");
    let denial = other.authorize("read").unwrap_err();
    assert_eq!((denial.scope(), denial.party(), denial.used()), (Some(Scope::Agent), Some("b"), Some(6)));
    let denial = enforcer.create(free("a")).unwrap().authorize_batch(["read"; 3]).unwrap_err();
    assert_eq!((denial.party(), denial.used()), (Some("a"), Some(5)));
}

#[test]
fn what_is_not_mentioned_is_the_parents_and_not_the_policys_default() {
    let (enforcer, clock) = under("[defaults]\ncalls = 3\ntime_limit = 50");
    let parent =
        free("a").tenant("acme").time_limit(Nanos::from_secs(100)).sensitivity(Sensitivity::Restricted);
    let parent = enforcer.create(parent).unwrap();
    clock.advance(Nanos::from_secs(30));
    let child = parent.delegate(child()).unwrap();
    let seen = child.snapshot();
    assert_eq!(
        (seen.calls.limit, seen.sensitivity, seen.tenant.as_deref()),
        (None, "restricted", Some("acme"))
    );
    assert!((seen.seconds_remaining - 70.0).abs() < 1e-9);
    assert_eq!(seen.parent, Some(parent.id().to_string()));
    clock.advance(Nanos::from_secs(70));
    assert_eq!((parent.status(), child.status()), (Status::Expired, Status::Expired));
}

#[test]
// B2
fn b2_the_delegation_chain_is_in_the_snapshot_and_at_most_eight_deep() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 100");
    let mut chain = vec![enforcer.create(free("a").calls(9)).unwrap()];
    for _ in 0..DELEGATION_DEPTH_MAX {
        let next = chain.last().unwrap().delegate(child()).unwrap();
        chain.push(next);
    }
    let last = chain.last().unwrap();
    assert_eq!(refused(last, child()), "delegate");
    let ids: Vec<_> = chain.iter().map(|session| session.id().to_string()).collect();
    assert_eq!(last.snapshot().delegation_chain, ids[..DELEGATION_DEPTH_MAX]);
    assert!(last.authorize("read").is_ok());
    assert!(
        chain.iter().all(|session| session.snapshot().calls.spent == 1),
        "one call, debited all the way up"
    );
}

#[test]
// G23
fn g23_ending_a_session_ends_what_was_delegated_from_it_and_gives_the_places_back() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a")).unwrap();
    let middle = parent.delegate(child()).unwrap();
    let leaf = middle.delegate(SessionSpec::new("c").tools(["read"])).unwrap();
    let other = enforcer.create(free("b")).unwrap();
    assert_eq!(["a", "b", "c"].map(|agent| enforcer.active_sessions(agent)), [1, 2, 1]);
    assert_eq!(enforcer.close_agent("a"), 1);
    assert_eq!(
        [&parent, &middle, &leaf, &other].map(Session::status),
        [Status::Closed, Status::Closed, Status::Closed, Status::Active]
    );
    assert_eq!(reason(&leaf.authorize("read")), Some(Reason::Closed));
    assert_eq!(["a", "b", "c"].map(|agent| enforcer.active_sessions(agent)), [0, 1, 0]);
    assert_eq!(enforcer.sweep(), 3);
    assert!(
        matches!(parent.delegate(child()), Err(CreateError::Denied(denial)) if denial.reason() == Reason::Closed)
    );
}

#[test]
fn a_paused_parent_holds_its_children_and_a_childs_end_is_its_own() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(Setting::At(5))).unwrap();
    let child = parent.delegate(child()).unwrap();
    parent.pause().unwrap();
    let denial = child.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.scope()), (Reason::Paused, Some(Scope::Ancestor)));
    assert_eq!(child.snapshot().calls.spent, 0);
    parent.resume().unwrap();
    assert!(child.authorize("read").is_ok());
    child.close().unwrap();
    assert_eq!((parent.status(), enforcer.active_sessions("b")), (Status::Active, 0));
    assert_eq!(parent.snapshot().calls.spent, 1, "what a child has spent stays spent");
}

#[test]
// D18
fn d18_what_a_parent_shares_with_its_own_parent_is_no_more_than_that_has() {
    let (enforcer, _) = under("");
    let root = free("a").tool("send", 2).calls(10).tokens(100).rate(Rate::per_minute(30).unwrap());
    let root = enforcer.create(root).unwrap();
    let pooled = root.delegate(SessionSpec::new("b").tools(["read", "send"])).unwrap();
    for (spec, argument) in [
        (child().tool("send", 3), "tools[\"send\"]"),
        (child().calls(11), "calls"),
        (child().tokens(101), "tokens"),
        (child().rate(Rate::per_minute(31).unwrap()), "rate"),
        (child().carve_out(true).calls(11), "calls"),
    ] {
        assert_eq!(refused(&pooled, spec), argument);
    }
    let all = child().tool("send", 2).calls(10).tokens(100).rate(Rate::per_minute(30).unwrap());
    let leaf = pooled.delegate(all).unwrap();
    let more = TopUp { calls: 1, ..TopUp::default() };
    assert!(matches!(leaf.top_up(more), Err(CreateError::Invalid(error)) if error.argument() == "calls"));
    root.top_up(more).unwrap();
    leaf.top_up(more).unwrap();
}

#[test]
fn a_child_that_has_expired_stays_so_when_its_parent_is_closed() {
    let (enforcer, clock) = under("");
    let parent = enforcer.create(free("a").time_limit(Nanos::from_secs(60))).unwrap();
    let session = parent.delegate(child().time_limit(Nanos::from_secs(10))).unwrap();
    clock.advance(Nanos::from_secs(10));
    assert_eq!(session.status(), Status::Expired);
    parent.close().unwrap();
    assert_eq!((session.status(), parent.status()), (Status::Expired, Status::Closed));
    let told: Vec<_> = enforcer.events().map(|event| event.kind()).collect();
    assert!(told.contains(&EventKind::Expired) && told.contains(&EventKind::Closed), "{told:?}");
}

//! Raising the limits of a live session.

use allotment::{
    CreateError, EventKind, Execution, NanoUsd, Nanos, Reason, Resource, SessionSpec, Setting, Status, TopUp,
    Usage,
};

use crate::common::{free, under};
use crate::reason;

fn secs(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

fn calls(calls: u64) -> TopUp {
    TopUp { calls, ..TopUp::default() }
}

fn time(time: Nanos) -> TopUp {
    TopUp { time, ..TopUp::default() }
}

fn argument(result: Result<(), CreateError>) -> String {
    match result {
        Err(CreateError::Invalid(error)) => error.argument().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_limit_is_raised_by_its_own_amount_and_told() {
    let (enforcer, _) = under("");
    let spec = free("a").calls(1).steps(2).discovered_steps(3).tokens(4).cost(NanoUsd::new(5));
    let session = enforcer.create(spec).unwrap();
    session.authorize("read").unwrap();
    assert_eq!(reason(&session.authorize("read")), Some(Reason::BudgetExceeded));
    let by = TopUp {
        calls: 10,
        steps: 20,
        discovered_steps: 30,
        tokens: 40,
        cost: NanoUsd::new(50),
        time: secs(60),
    };
    let _ = enforcer.drain_events(99);
    session.top_up(by).unwrap();
    let seen = session.snapshot();
    let all = [&seen.calls, &seen.steps, &seen.discovered_steps, &seen.tokens, &seen.cost];
    let limits = all.map(|of| of.limit);
    assert_eq!(limits, [11, 22, 33, 44, 55].map(Some));
    assert_eq!((seen.calls.spent, session.time_left()), (1, secs(86_460)));
    let events = enforcer.drain_events(99);
    assert_eq!(events.iter().map(allotment::Event::kind).collect::<Vec<_>>(), [EventKind::ToppedUp]);
    assert!(events[0].amounts().contains(&(Resource::Time, secs(60).get())));
    assert_eq!((0..99).filter(|_| session.authorize("read").is_ok()).count(), 10);
}

#[test]
fn what_cannot_be_raised_is_an_error_and_raises_nothing() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(10).calls(5)).unwrap();
    let before = session.snapshot();
    let tokens = |tokens| TopUp { tokens, ..calls(1) };
    assert_eq!(argument(session.top_up(TopUp { steps: 1, ..tokens(1) })), "steps");
    assert_eq!(argument(session.top_up(tokens(u64::MAX))), "tokens");
    assert_eq!(argument(session.top_up(tokens((1 << 48) - 9))), "tokens");
    assert_eq!(argument(session.top_up(TopUp { cost: NanoUsd::new(1), ..calls(1) })), "cost_usd");
    assert_eq!(argument(session.top_up(TopUp { time: Nanos::MAX, ..calls(1) })), "time");
    assert_eq!(argument(session.top_up(TopUp { time: Nanos::new(u64::MAX), ..calls(1) })), "time");
    assert_eq!(session.snapshot(), before);
    assert!(session.top_up(tokens((1 << 48) - 10)).is_ok());
    let unlimited = enforcer.create(free("a").calls(Setting::Unlimited)).unwrap();
    assert_eq!(argument(unlimited.top_up(calls(1))), "calls");
    session.close().unwrap();
    let Err(CreateError::Denied(denial)) = session.top_up(calls(1)) else { panic!("topped up") };
    assert_eq!(denial.reason(), Reason::Closed);
}

#[test]
// D18
fn d18_a_child_is_not_raised_above_its_parent_and_then_with_it() {
    let (enforcer, clock) = under("");
    let parent = enforcer.create(free("a").calls(10).time_limit(secs(100))).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"]).calls(8).time_limit(secs(50))).unwrap();
    assert_eq!(argument(child.top_up(calls(3))), "calls");
    assert_eq!(argument(child.top_up(time(secs(51)))), "time");
    assert_eq!(child.snapshot().calls.limit, Some(8));
    child.top_up(TopUp { time: secs(50), ..calls(2) }).unwrap();
    parent.top_up(TopUp { time: secs(100), ..calls(10) }).unwrap();
    child.top_up(TopUp { time: secs(100), ..calls(10) }).unwrap();
    assert_eq!((child.time_left(), parent.time_left()), (secs(200), secs(200)));
    assert_eq!((0..99).filter(|_| child.authorize("read").is_ok()).count(), 20);
    clock.advance(secs(199));
    assert_eq!((parent.status(), child.status()), (Status::Active, Status::Active));
    clock.advance(secs(1));
    assert_eq!((parent.status(), child.status()), (Status::Expired, Status::Expired));
}

#[test]
fn the_lists_of_deadlines_follow_a_deadline_that_moves() {
    let (enforcer, clock) = under("[agents.a]\nmax_sessions = 2");
    let minute = || free("a").time_limit(secs(60));
    let moved = enforcer.create(minute()).unwrap();
    let stays = enforcer.create(minute()).unwrap();
    moved.top_up(time(secs(60))).unwrap();
    clock.advance(secs(60));
    // The reap at the agent's cap finds the one and not the other.
    assert_eq!(enforcer.active_sessions("a"), 1);
    assert_eq!((moved.status(), stays.status()), (Status::Active, Status::Expired));
    let third = enforcer.create(minute()).unwrap();
    assert!(enforcer.create(minute()).is_err(), "the cap is reached again");
    assert_eq!(enforcer.sweep(), 1);
    assert_eq!(reason(&moved.authorize("read")), None);
    clock.advance(Nanos::new(secs(60).get() - 1));
    assert_eq!(enforcer.sweep(), 0);
    clock.advance(Nanos::new(1));
    assert_eq!(enforcer.sweep(), 2);
    assert_eq!((enforcer.stats().sessions, enforcer.active_sessions("a")), (0, 0));
    assert_eq!(third.status(), Status::Expired);
    assert_eq!(enforcer.events().filter(|event| event.kind() == EventKind::Expired).count(), 3);
}

#[test]
fn a_child_whose_deadline_moved_still_ends_with_its_parent() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a")).unwrap();
    let child = parent.delegate(SessionSpec::new("b").tools(["read"]).time_limit(secs(10))).unwrap();
    for _ in 0..5 {
        child.top_up(time(secs(10))).unwrap();
    }
    parent.close().unwrap();
    assert_eq!(child.status(), Status::Closed);
    assert_eq!((enforcer.sweep(), enforcer.active_sessions("b")), (2, 0));
}

#[test]
// E9
fn e9_time_is_added_before_the_grace_and_never_to_a_session_that_has_expired() {
    let (enforcer, clock) = under("");
    let grace = Execution { grace: secs(5), ..Execution::STANDARD };
    let session = enforcer.create(free("a").time_limit(secs(10)).execution(grace)).unwrap();
    clock.advance(secs(12));
    assert_eq!((session.status(), session.time_left()), (Status::Active, Nanos::ZERO));
    session.top_up(time(secs(10))).unwrap();
    assert_eq!(session.time_left(), secs(8));
    clock.advance(secs(13));
    let Err(CreateError::Denied(denial)) = session.top_up(time(secs(10))) else { panic!("topped up") };
    assert_eq!((denial.reason(), denial.limit()), (Reason::Expired, Some(secs(20).get())));
    assert_eq!(session.status(), Status::Expired);
}

#[test]
fn what_is_reserved_or_overrun_counts_when_more_is_added() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(100)).unwrap();
    session.record(Usage::tokens(130));
    let more = |tokens| session.top_up(TopUp { tokens, ..TopUp::default() }).unwrap();
    more(30);
    assert_eq!(reason(&session.admit(Usage::tokens(1))), Some(Reason::BudgetExceeded));
    more(10);
    let hold = session.reserve(Usage::tokens(10)).unwrap();
    assert_eq!(reason(&session.admit(Usage::tokens(1))), Some(Reason::BudgetExceeded));
    hold.release().unwrap();
    assert!(session.admit(Usage::tokens(10)).is_ok());
}

#[test]
// E14
fn e14_a_top_up_of_money_raises_the_threshold_and_the_budget_whichever_there_are() {
    let (enforcer, _) = under("");
    for budget in [None, Some(8)] {
        let execution = Execution { cost: Some(NanoUsd::new(5)), ..Execution::DISABLED };
        let cost = budget.map_or(Setting::Unlimited, |budget| Setting::At(NanoUsd::new(budget)));
        let session = enforcer.create(free("a").cost(cost).execution(execution)).unwrap();
        let spend =
            || (0..99).take_while(|_| session.admit(Usage::NONE.cost(NanoUsd::new(1))).is_ok()).count();
        assert_eq!(spend(), 5);
        session.top_up(TopUp { cost: NanoUsd::new(2), ..TopUp::default() }).unwrap();
        assert_eq!(spend(), 2);
        assert_eq!(session.snapshot().cost.limit, budget.map(|budget| budget + 2));
    }
}

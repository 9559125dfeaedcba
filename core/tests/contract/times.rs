//! Executions and time: idleness, what counts as activity, grace, step timers.

use allotment::{Execution, Nanos, Reason, Resource, SessionSpec, Status, Usage};

use crate::common::{free, under};
use crate::reason;

fn secs(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

#[test]
// E14, E6
fn e14_e6_idle_blocks_at_its_timeout_and_warns_from_four_fifths_of_it() {
    let (enforcer, clock) = under("");
    let limits = Execution { idle_timeout: Some(secs(100)), ..Execution::DISABLED };
    let session = enforcer.create(free("a").execution(limits)).unwrap();
    let idle = |grant: &allotment::Grant<'_>| {
        let warned = grant.warnings().find(|w| w.resource == Resource::Idle);
        warned.map(|w| (w.remaining, w.limit))
    };
    clock.advance(Nanos::new(secs(80).get() - 1));
    assert_eq!(idle(&session.authorize("read").unwrap()), None);
    for _ in 0..2 {
        clock.advance(secs(80));
        let preview = session.preview("read").unwrap();
        assert_eq!(idle(&preview), Some((secs(20).get(), secs(100).get())));
        assert_eq!(idle(&session.authorize("read").unwrap()), idle(&preview));
    }
    let told = enforcer.events().filter(|event| event.warning().is_some()).count();
    assert_eq!(told, 2, "each time it was nearly over");
    clock.advance(secs(100));
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::IdleTimeout, Some(Resource::Idle)));
    assert_eq!((denial.limit(), denial.used()), (Some(secs(100).get()), Some(secs(100).get())));
    assert_eq!(reason(&session.authorize("unlisted")), Some(Reason::IdleTimeout), "a denial is no activity");
    assert!(session.reserve(Usage::tokens(1)).is_err() && session.descend().is_err());
    session.resume().unwrap();
    assert!(session.authorize("read").is_ok());
}

#[test]
// E16
fn e16_whatever_is_done_is_activity_and_what_is_refused_is_not() {
    let (enforcer, clock) = under("");
    let limits = Execution { idle_timeout: Some(secs(100)), depth: Some(1), ..Execution::DISABLED };
    let session = enforcer.create(free("a").execution(limits).calls(1_000).tokens(1_000)).unwrap();
    let last = || session.snapshot().last_activity.unwrap();
    let mut hold = None;
    let mut level = None;
    let mut child = None;
    for step in 0..8 {
        clock.advance(secs(60));
        let before = last();
        let refused = [
            session.authorize("unlisted").is_err(),
            session.reserve(Usage::tokens(2_000)).is_err(),
            session.preview("read").is_ok(),
            level.is_none() || session.descend().is_err(),
        ];
        assert_eq!((refused, last()), ([true; 4], before), "step {step}");
        match step {
            0 => drop(session.authorize("read").unwrap()),
            1 => drop(session.authorize_batch(["read", "write"]).unwrap()),
            2 => hold = Some(session.reserve(Usage::tokens(5)).unwrap()),
            3 => drop(hold.take().unwrap().settle(Usage::tokens(4)).unwrap()),
            4 => drop(session.record(Usage::NONE.steps(1))),
            5 => level = Some(session.descend().unwrap()),
            6 => child = Some(session.delegate(SessionSpec::new("b").tools(["read"])).unwrap()),
            _ => drop(child.as_ref().unwrap().authorize("read").unwrap()),
        }
        assert!(last() >= before + 60.0 - 1e-6, "step {step}");
    }
}

#[test]
// E16, E14
fn e16_e14_a_child_that_is_not_idle_keeps_its_parents_awake() {
    let (enforcer, clock) = under("");
    let limits = Execution { idle_timeout: Some(secs(100)), ..Execution::DISABLED };
    let parent = enforcer.create(free("a").execution(limits)).unwrap();
    clock.advance(secs(60));
    let child = parent.delegate(SessionSpec::new("b").tools(["read"])).unwrap();
    clock.advance(secs(60));
    assert_eq!(reason(&parent.preview("read")), None, "it was delegated from a minute ago");
    drop(child.descend().unwrap());
    clock.advance(secs(60));
    assert_eq!((reason(&parent.preview("read")), reason(&child.preview("read"))), (None, None));
    clock.advance(secs(40));
    assert_eq!(reason(&parent.preview("read")), Some(Reason::IdleTimeout));
    assert_eq!(reason(&child.authorize("read")), Some(Reason::IdleTimeout));
}

#[test]
// E9
fn e9_wall_time_blocks_only_past_limit_and_grace_and_reports_the_limit() {
    let (enforcer, clock) = under("");
    let make = |execution| enforcer.create(free("a").time_limit(secs(10)).execution(execution)).unwrap();
    let session = make(Execution { grace: secs(2), ..Execution::STANDARD });
    let usual = make(Execution::STANDARD);
    let strict = make(Execution { grace: Nanos::ZERO, ..Execution::STANDARD });
    clock.advance(secs(10));
    assert_eq!(reason(&strict.authorize("read")), Some(Reason::Expired));
    let grant = session.authorize("read").unwrap();
    assert_eq!((grant.time_left(), session.time_left()), (Nanos::ZERO, Nanos::ZERO));
    let seen = session.snapshot();
    assert!((seen.time_limit - 10.0).abs() < 1e-9 && (seen.expires_at - seen.created_at - 10.0).abs() < 1e-6);
    clock.advance(Nanos::new(secs(1).get() - 1));
    assert!(usual.authorize("read").is_ok());
    clock.advance(Nanos::new(1));
    assert_eq!(reason(&usual.authorize("read")), Some(Reason::Expired));
    clock.advance(Nanos::new(secs(1).get() - 1));
    assert!(session.authorize("read").is_ok());
    clock.advance(Nanos::new(1));
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.resource()), (Reason::Expired, Some(Resource::Time)));
    assert_eq!((denial.limit(), denial.used()), (Some(secs(10).get()), Some(secs(12).get())));
    assert_eq!(session.status(), Status::Expired);
}

#[test]
// E9, D18
fn e9_d18_no_grace_outlives_the_parent() {
    for of_parent in [Execution::DISABLED, Execution::STANDARD] {
        let (enforcer, clock) = under("");
        let parent = enforcer.create(free("a").time_limit(secs(10)).execution(of_parent)).unwrap();
        let spec = SessionSpec::new("b").tools(["read"]);
        let child = parent.delegate(spec.execution(Execution { grace: secs(60), ..Execution::STANDARD }));
        let Ok(child) = child else { continue };
        // Nobody looks at the parent in between.
        clock.advance(secs(11));
        assert_eq!(reason(&child.authorize("read")), Some(Reason::Expired), "{of_parent:?}");
        assert_eq!(parent.status(), Status::Expired);
    }
}

#[test]
// E17
fn e17_a_step_timer_asks_the_enforcers_clock() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a")).unwrap();
    for by_session in [false, true] {
        let begun = clock.now();
        let timer = if by_session { session.step_timer(secs(5)) } else { enforcer.step_timer(secs(5)) };
        clock.advance(Nanos::new(secs(5).get() - 1));
        assert_eq!((timer.has_timed_out(), timer.remaining(), timer.check()), (false, Nanos::new(1), Ok(())));
        clock.advance(Nanos::new(1));
        assert!(timer.has_timed_out() && timer.check().is_err());
        clock.advance(secs(5));
        assert_eq!((timer.remaining(), timer.elapsed()), (Nanos::ZERO, secs(10)));
        assert_eq!(timer.check().unwrap_err().elapsed, clock.now().saturating_sub(begun));
    }
}

/// Found by fuzzing: a line of the agenda was due there, its session was not, and so the line was lost.
#[test]
fn at_the_end_of_time_a_session_is_over_whatever_its_grace() {
    let (enforcer, clock) = under("execution.preset = \"standard\"\nagents.\"*\".max_sessions = 1");
    clock.advance(Nanos::MAX);
    for _ in 0..2 {
        let session = enforcer.create(free("a")).unwrap();
        assert_eq!(session.status(), Status::Expired);
        assert_eq!(enforcer.active_sessions("a"), 0);
    }
    enforcer.close_agent("a");
    assert_eq!((enforcer.sweep(), enforcer.stats().sessions), (2, 0));
}

//! Active ⇄ paused → expired | closed.

use allotment::{Nanos, Reason, Resource, Status};

use crate::common::{free, under};
use crate::reason;

#[test]
// B5
fn b5_a_closed_session_says_closed_before_expired() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").time_limit(Nanos::from_secs(10))).unwrap();
    session.close().unwrap();
    clock.advance(Nanos::from_secs(100));
    let denial = session.authorize("read").unwrap_err();
    assert_eq!(
        (denial.reason(), denial.http_status(), session.status()),
        (Reason::Closed, 410, Status::Closed)
    );
}

#[test]
// B6
fn b6_past_its_time_limit_a_session_expires_to_the_nanosecond() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").time_limit(Nanos::from_secs(10))).unwrap();
    clock.advance(Nanos::new(9_999_999_999));
    assert_eq!(session.authorize("read").unwrap().time_left(), Nanos::new(1));
    clock.advance(Nanos::new(1));
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.http_status(), denial.retryable()), (Reason::Expired, 408, false));
    assert_eq!((denial.resource(), denial.limit()), (Some(Resource::Time), Some(10_000_000_000)));
    assert_eq!((session.status(), session.snapshot().status), (Status::Expired, "expired"));
    assert!(session.snapshot().seconds_remaining.abs() < f64::EPSILON);
}

#[test]
// B6
fn b6_a_session_is_expired_whether_somebody_noticed_or_not() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap();
    clock.advance(Nanos::from_secs(1));
    assert_eq!(session.status(), Status::Expired);
    assert_eq!(session.preview("read").unwrap_err().reason(), Reason::Expired);
    assert_eq!(session.close().unwrap_err().reason(), Reason::Expired);
    assert_eq!(enforcer.active_sessions("a"), 0);
}

#[test]
// B20, G16
fn b20_g16_a_session_closes_once_and_nothing_leaves_closed() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a")).unwrap();
    assert!(session.close().is_ok());
    for denial in [session.close().unwrap_err(), session.pause().unwrap_err(), session.resume().unwrap_err()]
    {
        assert_eq!((denial.reason(), denial.http_status()), (Reason::Closed, 410));
    }
    assert_eq!(reason(&session.authorize("read")), Some(Reason::Closed));
    assert_eq!(session.status(), Status::Closed);
}

#[test]
// G16
fn g16_nothing_leaves_expired() {
    let (enforcer, clock) = under("");
    let [idle, paused] =
        [(); 2].map(|()| enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap());
    paused.pause().unwrap();
    clock.advance(Nanos::from_secs(1));
    for session in [&idle, &paused] {
        for denial in
            [session.resume().unwrap_err(), session.pause().unwrap_err(), session.close().unwrap_err()]
        {
            assert_eq!(denial.reason(), Reason::Expired);
        }
        assert_eq!(session.status(), Status::Expired);
    }
}

#[test]
fn a_paused_session_holds_and_goes_on_where_it_stopped() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").calls(3).time_limit(Nanos::from_secs(100))).unwrap();
    session.authorize("read").unwrap();
    session.pause().unwrap();
    assert_eq!(session.pause().unwrap_err().reason(), Reason::Paused);
    let denial = session.authorize("read").unwrap_err();
    assert_eq!((denial.reason(), denial.http_status()), (Reason::Paused, 409));
    assert_eq!(reason(&session.authorize_batch([])), Some(Reason::Paused));
    clock.advance(Nanos::from_secs(60));
    session.resume().unwrap();
    session.resume().unwrap();
    let grant = session.authorize("read").unwrap();
    assert_eq!((grant.remaining(), grant.time_left()), (Some(1), Nanos::from_secs(40)));
}

#[test]
fn a_session_that_was_paused_past_its_time_limit_has_one_status_whoever_looks() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap();
    session.pause().unwrap();
    clock.advance(Nanos::from_secs(5));
    let before = (session.status(), reason(&session.authorize("read")));
    // Counting is a question; it must not change what the session answers.
    assert_eq!(enforcer.active_sessions("a"), 0);
    assert_eq!((session.status(), reason(&session.authorize("read"))), before);
}

#[test]
// B21
fn b21_looking_changes_nothing_and_shows_active_expired_and_closed_ones() {
    let (enforcer, clock) = under("");
    let short = enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap();
    let [long, closed] = [(); 2].map(|()| enforcer.create(free("a").calls(3)).unwrap());
    closed.close().unwrap();
    clock.advance(Nanos::from_secs(2));
    for _ in 0..3 {
        let mut seen: Vec<_> = enforcer.sessions().iter().map(|s| (s.id(), s.status())).collect();
        let mut expected =
            [(short.id(), Status::Expired), (long.id(), Status::Active), (closed.id(), Status::Closed)];
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
        assert_eq!(enforcer.get(closed.id()).unwrap().status(), Status::Closed);
        let looked = enforcer.get(long.id()).unwrap().snapshot();
        assert_eq!((looked.calls.spent, looked.denied, enforcer.stats().sessions), (0, 0, 3));
    }
}

#[test]
// B22
fn b22_an_agents_sessions_are_counted_and_closed_together_and_others_stay() {
    let (enforcer, clock) = under("");
    let mine: Vec<_> = (0..4).map(|_| enforcer.create(free("a")).unwrap()).collect();
    let other = enforcer.create(free("aa")).unwrap();
    let short = enforcer.create(free("a").time_limit(Nanos::from_secs(1))).unwrap();
    mine[0].close().unwrap();
    mine[1].pause().unwrap();
    clock.advance(Nanos::from_secs(1));
    assert_eq!((enforcer.active_sessions("a"), enforcer.active_sessions("aa")), (3, 1));
    assert_eq!(enforcer.close_agent("a"), 3);
    assert!(mine.iter().all(|s| s.status() == Status::Closed));
    assert_eq!((short.status(), other.status()), (Status::Expired, Status::Active));
    assert_eq!((enforcer.close_agent("a"), enforcer.close_agent("nobody")), (0, 0));
    assert_eq!((enforcer.active_sessions("a"), enforcer.active_sessions("nobody")), (0, 0));
    assert!(other.authorize("read").is_ok());
}

#[test]
// B22
fn b22_closing_an_agent_closes_its_sessions_of_every_tenant() {
    let (enforcer, _) = under("[tenants.\"*\"]\nmax_sessions = 2");
    let sessions = ["x", "x", "y"].map(|tenant| enforcer.create(free("a").tenant(tenant)).unwrap());
    assert!(enforcer.create(free("b").tenant("x")).is_err());
    assert_eq!(enforcer.close_agent("a"), 3);
    assert!(sessions.iter().all(|s| s.status() == Status::Closed));
    assert!(enforcer.create(free("b").tenant("x")).is_ok());
}

#[test]
// G23
fn g23_a_closed_agents_sessions_stay_closed_and_it_may_begin_anew() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 2\ncalls = 5");
    let old = [(); 2].map(|()| enforcer.create(free("a")).unwrap());
    old[0].authorize_batch(["read"; 3]).unwrap();
    enforcer.close_agent("a");
    let new = enforcer.create(free("a")).unwrap();
    assert_eq!(reason(&old[1].authorize("read")), Some(Reason::Closed));
    assert_eq!(reason(&new.authorize_batch(["read"; 3])), Some(Reason::BudgetExceeded));
    assert!(new.authorize_batch(["read"; 2]).is_ok());
}

#[test]
// D16
fn d16_the_end_of_time_expires_everything_and_panics_nowhere() {
    let (enforcer, clock) = under("[agents.\"*\"]\nrate = \"1/min\"");
    let session = enforcer.create(free("a")).unwrap();
    clock.advance(Nanos::MAX);
    assert_eq!(reason(&session.authorize("read")), Some(Reason::Expired));
    let late = enforcer.create(free("a")).unwrap();
    assert_eq!(reason(&late.authorize("read")), Some(Reason::Expired));
    assert_eq!(enforcer.sweep(), 2);
}

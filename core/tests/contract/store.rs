//! The store: what a sweep removes, and what a full one does.

use allotment::{
    CreateError, Enforcer, ManualClock, Nanos, Reason, Resource, Scope, Session, SessionId, Status,
};

use crate::common::{free, under};

/// An enforcer that holds at most `max` sessions.
fn small(max: u64) -> (Enforcer, ManualClock) {
    let clock = ManualClock::new();
    (Enforcer::builder().clock(clock.clone()).max_sessions(max).build().unwrap(), clock)
}

fn ids(sessions: &[Session]) -> Vec<SessionId> {
    let mut ids: Vec<_> = sessions.iter().map(Session::id).collect();
    ids.sort_unstable();
    ids
}

#[test]
// B23
fn b23_a_sweep_removes_exactly_what_has_ended() {
    let (enforcer, clock) = under("");
    let mut made: Vec<_> = (0..40)
        .map(|i| {
            let limit = Nanos::from_secs(if i % 4 == 0 { 10 } else { 1000 });
            enforcer.create(free(&format!("a{}", i % 7)).time_limit(limit)).unwrap()
        })
        .collect();
    for session in made.iter().skip(1).step_by(4) {
        session.close().unwrap();
    }
    for session in made.iter().skip(2).step_by(4) {
        session.pause().unwrap();
    }
    assert_eq!(enforcer.sweep(), 10, "the closed ones");
    clock.advance(Nanos::from_secs(10));
    assert_eq!(enforcer.sweep(), 10, "the expired ones");
    assert_eq!((enforcer.sweep(), enforcer.stats().sessions), (0, 20));
    let (live, gone): (Vec<_>, Vec<_>) = made.drain(..).partition(|session| !session.status().is_terminal());
    assert_eq!(ids(&enforcer.sessions()), ids(&live));
    for session in &gone {
        assert_eq!(enforcer.get(session.id()).unwrap_err().reason(), Reason::NotFound);
        let denial = enforcer.authorize(session.id(), session.agent(), "read").unwrap_err();
        assert_eq!(denial.reason(), Reason::NotFound);
        assert!(session.authorize("read").is_err(), "an old handle admits nothing either");
    }
    assert!(live.iter().all(|session| session.resume().is_ok() && session.authorize("read").is_ok()));
    clock.advance(Nanos::from_secs(10_000));
    assert_eq!((enforcer.sweep(), enforcer.stats().sessions), (20, 0));
    assert_eq!((enforcer.stats().agents, enforcer.stats().tenants), (0, 0));
}

#[test]
fn a_full_store_refuses_and_evicts_no_live_session() {
    let (enforcer, _) = small(3);
    let live = ["a", "b", "c"].map(|agent| enforcer.create(free(agent)).unwrap());
    live[1].pause().unwrap();
    let spent = enforcer.get(live[2].id()).unwrap();
    for _ in 0..100 {
        let Err(CreateError::Denied(denial)) = enforcer.create(free("d")) else {
            panic!("a place in a full store")
        };
        assert_eq!(
            (denial.reason(), denial.http_status(), denial.retryable()),
            (Reason::StoreFull, 503, false)
        );
        assert_eq!((denial.scope(), denial.resource()), (Some(Scope::Store), Some(Resource::Sessions)));
        assert_eq!((denial.limit(), denial.used()), (Some(3), Some(3)));
    }
    assert_eq!((enforcer.stats().sessions, enforcer.stats().agents), (3, 3));
    assert!(live[0].authorize("read").is_ok() && spent.authorize("read").is_ok());
    assert_eq!(live[1].status(), Status::Paused);
}

#[test]
fn a_full_store_makes_room_by_sweeping_what_has_ended() {
    let (enforcer, clock) = small(3);
    for round in 0..30 {
        let session = enforcer.create(free(&format!("a{round}")).time_limit(Nanos::from_secs(10))).unwrap();
        match round % 3 {
            0 => drop(session.close().unwrap()),
            1 => session.pause().unwrap(),
            _ => {}
        }
        clock.advance(Nanos::from_secs(6));
        assert!(enforcer.stats().sessions <= 3);
    }
}

#[test]
fn a_failed_creation_takes_no_place_in_the_store() {
    let (enforcer, _) = small(2);
    for _ in 0..10 {
        assert!(enforcer.create(free("")).is_err() && enforcer.create(free("a").tools(["a b"])).is_err());
    }
    assert!(enforcer.create(free("a")).is_ok() && enforcer.create(free("a")).is_ok());
    assert!(enforcer.create(free("a")).is_err());
}

#[test]
fn enforcers_share_nothing_and_clones_share_everything() {
    let (one, _) = small(1);
    let (two, _) = small(1);
    let session = one.create(free("a")).unwrap();
    assert!(two.create(free("a")).is_ok() && two.get(session.id()).is_err());
    let clone = one.clone();
    assert!(clone.get(session.id()).is_ok() && clone.create(free("b")).is_err());
    session.close().unwrap();
    assert_eq!((clone.sweep(), one.stats().sessions), (1, 0));
}

//! What one thread did is seen by another that has seen what followed it.

use std::sync::atomic::{AtomicU64, Ordering};

use allotment::{Nanos, Reason, SessionSpec, Setting, Usage};

use crate::common::{free, under};
use crate::race;

fn child() -> SessionSpec {
    SessionSpec::new("b").tools(["read"]).calls(Setting::Unlimited).time_limit(Nanos::from_secs(100))
}

#[test]
// G16
fn g16_after_close_returns_the_parent_shows_every_call_of_the_child() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").calls(9)).unwrap();
    for _ in 0..4 {
        let before = parent.calls().spent;
        let child = parent.delegate(child()).unwrap();
        let counts = race(2, |thread| {
            if thread == 0 {
                return (0..2).filter(|_| child.authorize("read").is_ok()).count() as u64;
            }
            let of_child = child.close().unwrap().calls.spent;
            let of_parent = parent.calls().spent - before;
            assert!(of_parent >= of_child, "the child shows {of_child}, the parent {of_parent}");
            of_child
        });
        assert_eq!(counts[0], counts[1], "admitted, and shown when it was closed");
        assert_eq!(parent.calls().spent - before, counts[0], "what was not admitted was taken back");
    }
}

#[test]
fn three_threads_admit_exactly_what_two_limits_allow() {
    let (enforcer, _) = under("[agents.\"*\"]\ncalls = 5");
    let sessions = [(); 2].map(|()| enforcer.create(free("a").calls(4)).unwrap());
    let admitted = race(3, |thread| {
        let session = &sessions[thread % 2];
        let mut admitted = 0u64;
        while let Err(Reason::Contended) | Ok(()) =
            session.authorize("read").map(|_| admitted += 1).map_err(|denial| denial.reason())
        {}
        admitted
    });
    assert_eq!(admitted.iter().sum::<u64>(), 5);
    assert_eq!(sessions.map(|session| session.calls().spent).iter().sum::<u64>(), 5);
}

#[test]
// D25
fn d25_a_reservation_ends_once_and_what_is_not_used_comes_back_once() {
    let (enforcer, _) = under("");
    let parent = enforcer.create(free("a").tokens(100)).unwrap();
    let child = parent.delegate(child().carve_out(true).tokens(60)).unwrap();
    let holds = [child.reserve(Usage::tokens(20)).unwrap(), parent.reserve(Usage::tokens(30)).unwrap()];
    race(3, |thread| match thread {
        0 => drop(child.close()),
        1 => drop(holds[0].settle(Usage::tokens(5))),
        _ => drop(holds[1].release()),
    });
    drop(holds);
    let tokens = parent.snapshot().tokens;
    assert_eq!((tokens.spent, tokens.reserved), (5, 0));
}

/// What the writer did before it moved the clock is there for whoever sees the new time.
#[test]
fn whoever_sees_the_new_time_sees_what_was_done_before() {
    let (enforcer, clock) = under("");
    let session = enforcer.create(free("a").calls(9)).unwrap();
    let told = AtomicU64::new(0);
    race(2, |thread| {
        if thread == 0 {
            session.authorize("read").unwrap();
            // Relaxed: the clock alone has to publish it.
            told.store(1, Ordering::Relaxed);
            clock.advance(Nanos::from_secs(1));
        } else if clock.now() == Nanos::from_secs(1) {
            assert_eq!((told.load(Ordering::Relaxed), session.calls().spent), (1, 1));
        }
    });
}

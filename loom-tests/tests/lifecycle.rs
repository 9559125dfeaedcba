//! The gate: nothing lands after close, and ending happens once.
#![cfg(loom)]

use allotment::model::{Gauge, Outcome, Outer, Session, budgets};
use allotment::{Scope, Status};
use loom::sync::Arc;
use loom::thread;
use loom_tests::{Depth, explore};

/// Once `close` has returned, nothing is admitted, and what was admitted is all there.
#[test]
fn no_admission_lands_after_close() {
    explore("admit × 2 ‖ close", Depth::Exhaustive, || {
        let session = Arc::new(Session::new(&budgets(Some(9), None), 1_000, None));
        let caller = session.clone();
        let calls = thread::spawn(move || [caller.admit(1, 0, &[]), caller.admit(1, 0, &[])]);
        assert!(session.close().is_some());
        let spent = session.calls();
        assert_eq!(session.admit(1, 0, &[]), Outcome::Shut(Status::Closed));
        let outcomes = calls.join().unwrap();
        assert_eq!(
            outcomes.iter().filter(|&&o| o == Outcome::Admitted).count() as u64,
            spent,
            "{outcomes:?}"
        );
        assert_eq!(session.calls(), spent);
    });
}

/// Whoever sees the gate shut sees the debits that admissions before it made elsewhere.
#[test]
fn after_close_returns_the_outer_meter_shows_every_admission() {
    explore("admit ‖ close, session + agent", Depth::Exhaustive, || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(9), None)));
        let session = Arc::new(Session::new(&budgets(Some(9), None), 1_000, None));
        let (agent2, caller) = (agent.clone(), session.clone());
        let call = thread::spawn(move || caller.admit(1, 0, &[&agent2]));
        assert!(session.close().is_some());
        let (spent, of_agent) = (session.calls(), agent.calls().0);
        assert!(of_agent >= spent, "the session shows {spent}, the agent {of_agent}");
        let outcome = call.join().unwrap();
        assert_eq!(u64::from(outcome == Outcome::Admitted), spent, "{outcome:?}");
        assert_eq!(agent.calls(), (spent, 0), "what was not admitted was taken back");
    });
}

/// A resume that comes too late does not open what a close has shut.
#[test]
fn a_late_resume_never_opens_a_closed_session() {
    explore("pause, resume ‖ close", Depth::Exhaustive, || {
        let session = Arc::new(Session::new(&budgets(None, None), 1_000, None));
        let other = session.clone();
        let resumed = thread::spawn(move || (other.pause(), other.resume()));
        assert!(session.close().is_some());
        assert_eq!(session.admit(1, 0, &[]), Outcome::Shut(Status::Closed));
        let (paused, resumed) = resumed.join().unwrap();
        assert!(paused || !resumed);
        assert_eq!(session.status(), Status::Closed);
    });
}

/// Close, close and expire at once: one of them ends the session, and gives its place back once.
#[test]
fn ending_happens_once_and_places_are_given_back_once() {
    explore("close ‖ close ‖ expire", Depth::Exhaustive, || {
        let session = Arc::new(Session::new(&budgets(None, None), 10, None));
        let places = Arc::new(Gauge::default());
        assert!(places.acquire(1));
        let others: Vec<_> = [false, true]
            .into_iter()
            .map(|expire| {
                let (session, places) = (session.clone(), places.clone());
                thread::spawn(move || {
                    let ended = if expire { session.expire(10) } else { session.close() };
                    ended.map(|_proof| places.release()).is_some()
                })
            })
            .collect();
        let mut ended = u32::from(session.close().map(|_proof| places.release()).is_some());
        ended += others.into_iter().map(|thread| u32::from(thread.join().unwrap())).sum::<u32>();
        assert_eq!((ended, places.count()), (1, 0));
    });
}

/// A parent closes while its child calls: what begins after the close is refused, and the parent has paid for exactly
/// what the child was granted.
#[test]
fn no_childs_admission_begins_after_its_parent_was_closed() {
    explore("child's admit × 2 ‖ parent's close", Depth::Exhaustive, || {
        let parent = Arc::new(Session::new(&budgets(Some(9), None), 1_000, None));
        let child = Arc::new(Session::new(&budgets(None, None), 1_000, None));
        let (above, caller) = (parent.clone(), child.clone());
        let calls = thread::spawn(move || {
            [caller.admit_below(&[&above], 1, 0, &[]), caller.admit_below(&[&above], 1, 0, &[])]
        });
        assert!(parent.close().is_some());
        assert_eq!(child.admit_below(&[&parent], 1, 0, &[]), Outcome::Shut(Status::Closed));
        let outcomes = calls.join().unwrap();
        let admitted = outcomes.iter().filter(|&&o| o == Outcome::Admitted).count() as u64;
        assert_eq!((child.calls(), parent.calls()), (admitted, admitted), "{outcomes:?}");
    });
}

//! Promises 1 to 3 on the admission step: never over, never falsely exhausted, all or nothing.
#![cfg(loom)]

use allotment::Scope;
use allotment::model::{Outcome, Outer, Session, budgets};
use loom::sync::Arc;
use loom::thread;
use loom_tests::{Depth, explore};

const NEVER: u64 = 1_000;

fn session(calls: Option<u64>) -> Session {
    Session::new(&budgets(calls, None), NEVER, None)
}

/// Two callers of one session and one unit: exactly one gets it, and the other is told the truth.
#[test]
fn one_meter_never_admits_more_than_its_budget() {
    explore("admit × 2 ‖ admit × 2, one meter", Depth::Exhaustive, || {
        let session = Arc::new(session(Some(3)));
        let other = session.clone();
        let call = |session: &Session| {
            let outcomes = [session.admit(1, 0, &[]), session.admit(1, 0, &[])];
            outcomes.iter().filter(|&&outcome| outcome == Outcome::Admitted).count()
        };
        let theirs = thread::spawn(move || call(&other));
        let ours = call(&session);
        assert_eq!(ours + theirs.join().unwrap(), 3);
        assert_eq!(session.calls(), 3);
    });
}

/// Two sessions of one agent race for the agent's last unit: one gets it, and nothing is left of the other's attempt.
#[test]
fn two_meters_race_for_the_last_unit() {
    explore("admit ‖ admit, session + agent", Depth::Exhaustive, || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(1), None)));
        let (ours, theirs) = (session(Some(1)), Arc::new(session(Some(1))));
        let (agent2, theirs2) = (agent.clone(), theirs.clone());
        let other = thread::spawn(move || theirs2.admit(1, 0, &[&agent2]));
        let outcomes = [ours.admit(1, 0, &[&agent]), other.join().unwrap()];
        let admitted = outcomes.iter().filter(|&&o| o == Outcome::Admitted).count() as u64;
        assert_eq!(admitted, 1, "{outcomes:?}");
        assert!(
            outcomes.iter().all(|o| [
                Outcome::Admitted,
                Outcome::Exhausted(Scope::Agent),
                Outcome::Contended
            ]
            .contains(o))
        );
        assert_eq!((agent.calls(), ours.calls() + theirs.calls()), ((1, 0), 1));
    });
}

/// All or nothing over three meters: whoever is refused by one has debited none.
#[test]
fn all_or_nothing_over_three_meters() {
    explore("admit ‖ admit, session + agent + tenant", Depth::Exhaustive, || {
        let tenant = Arc::new(Outer::new(Scope::Tenant, &budgets(Some(2), None)));
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(1), None)));
        let session = Arc::new(Session::new(&budgets(Some(5), Some(5)), NEVER, None));
        let (tenant2, agent2, session2) = (tenant.clone(), agent.clone(), session.clone());
        let other = thread::spawn(move || session2.admit(1, 2, &[&agent2, &tenant2]));
        let outcomes = [session.admit(1, 3, &[&agent, &tenant]), other.join().unwrap()];
        let tokens: u64 =
            [3, 2].iter().zip(outcomes).filter(|(_, o)| *o == Outcome::Admitted).map(|(n, _)| n).sum();
        let admitted = outcomes.iter().filter(|&&o| o == Outcome::Admitted).count() as u64;
        assert_eq!(admitted, 1, "{outcomes:?}");
        assert_eq!((tenant.calls(), agent.calls()), ((1, 0), (1, 0)));
        assert_eq!((session.calls(), session.tokens()), (1, tokens));
    });
}

/// The tool's cap, the session and the agent, each with room for one of two batches.
#[test]
fn a_batch_is_admitted_whole_or_not_at_all() {
    explore("batch of 2 ‖ batch of 2, tool cap + session + agent", Depth::Exhaustive, || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(3), None)));
        let session = Arc::new(Session::new(&budgets(Some(3), None), NEVER, Some(3)));
        let (agent2, session2) = (agent.clone(), session.clone());
        let other = thread::spawn(move || session2.admit(2, 0, &[&agent2]));
        let outcomes = [session.admit(2, 0, &[&agent]), other.join().unwrap()];
        let admitted = outcomes.iter().filter(|&&o| o == Outcome::Admitted).count() as u64;
        assert_eq!(admitted, 1, "{outcomes:?}");
        assert_eq!((session.capped(), session.calls(), agent.calls()), (2, 2, (2, 0)));
    });
}

/// Three callers and one unit that two meters have to give.
#[test]
fn three_threads_race_for_the_last_unit_over_two_meters() {
    explore("admit ‖ admit ‖ admit, session + agent", Depth::Preemptions(3), || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(1), None)));
        let session = Arc::new(session(Some(1)));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (agent, session) = (agent.clone(), session.clone());
                thread::spawn(move || session.admit(1, 0, &[&agent]))
            })
            .collect();
        let mut outcomes = vec![session.admit(1, 0, &[&agent])];
        outcomes.extend(others.into_iter().map(|thread| thread.join().unwrap()));
        assert_eq!(outcomes.iter().filter(|&&o| o == Outcome::Admitted).count(), 1, "{outcomes:?}");
        assert_eq!((agent.calls(), session.calls()), ((1, 0), 1));
    });
}

/// Two callers of a session with one unit hold two of the agent's two units for a moment, and one gives its unit back.
/// A third, whose own session has room, may be told to come again; it is never told that the agent's budget is gone.
#[test]
fn a_terminal_denial_is_truthful() {
    explore("admit ‖ admit ‖ another session's admit, one agent", Depth::Preemptions(3), || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(Some(2), None)));
        let narrow = Arc::new(session(Some(1)));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (agent, narrow) = (agent.clone(), narrow.clone());
                thread::spawn(move || narrow.admit(1, 0, &[&agent]))
            })
            .collect();
        let wide = session(Some(9)).admit(1, 0, &[&agent]);
        assert!(
            matches!(wide, Outcome::Admitted | Outcome::Contended),
            "{wide:?} while the agent had a unit left"
        );
        let outcomes: Vec<_> = others.into_iter().map(|thread| thread.join().unwrap()).collect();
        let admitted = outcomes.iter().chain([&wide]).filter(|&&o| o == Outcome::Admitted).count() as u64;
        let exhausted = outcomes.contains(&Outcome::Exhausted(Scope::Agent));
        assert!(
            admitted == 2 || !exhausted,
            "{outcomes:?} {wide:?}: the agent never had less than one unit left"
        );
        assert_eq!(agent.calls(), (admitted, 0));
    });
}

/// Two children and one unit in their parent's pool, each with room of its own.
#[test]
fn a_pool_is_shared_by_the_children_and_not_copied() {
    explore("child's admit ‖ other child's admit, a pool of one", Depth::Exhaustive, || {
        let parent = Arc::new(session(Some(1)));
        let (ours, theirs) = (session(Some(5)), Arc::new(session(Some(5))));
        let (parent2, theirs2) = (parent.clone(), theirs.clone());
        let other = thread::spawn(move || theirs2.admit_below(&[&parent2], 1, 0, &[]));
        let outcomes = [ours.admit_below(&[&parent], 1, 0, &[]), other.join().unwrap()];
        assert_eq!(outcomes.iter().filter(|&&o| o == Outcome::Admitted).count(), 1, "{outcomes:?}");
        assert_eq!((parent.calls(), ours.calls() + theirs.calls()), (1, 1));
    });
}

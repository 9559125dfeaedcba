//! Limits that move, that are thresholds, or that are granted in part, and reservations of sessions that end.
#![cfg(loom)]

use allotment::model::{Outcome, Outer, Session, budgets};
use allotment::{NanoUsd, Resource, Scope, Status, Usage};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use loom_tests::{Depth, explore};

/// Two are admitted below the threshold at most: the second reaches it. Once somebody has returned from recording that it is
/// reached, nothing is, not even what costs nothing.
#[test]
fn past_the_threshold_nothing_is_admitted() {
    const COST: fn(u64) -> Usage = |cost| Usage::NONE.cost(NanoUsd::new(cost));
    explore("record, admit ‖ admit ‖ admit, threshold of 3", Depth::Preemptions(3), || {
        let session = Arc::new(Session::with_threshold(3));
        let others = [2, 2].map(|cost| {
            let session = session.clone();
            thread::spawn(move || session.ask(&[], 1, COST(cost), &[]))
        });
        session.record(&[], COST(2));
        let mine = session.ask(&[], 1, COST(1), &[]);
        let theirs = others.map(|other| other.join().unwrap());
        let admitted = theirs.iter().filter(|&&outcome| outcome == Outcome::Admitted).count();
        assert!(mine != Outcome::Admitted || admitted == 0, "{mine:?} past the threshold, {theirs:?}");
        assert!(mine == Outcome::Admitted || admitted > 0, "{mine:?} below the threshold, {theirs:?}");
        session.record(&[], COST(1));
        assert_eq!(session.ask(&[], 1, COST(0), &[]), Outcome::Exhausted(Scope::Session));
    });
}

/// What is granted in part is within the budget and within what was asked for; who is refused could not have had the least.
fn partial_grants(name: &str, depth: Depth, least: &'static [u64], of_agent: Option<u64>) {
    explore(name, depth, move || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(None, of_agent)));
        let session = Arc::new(Session::new(&budgets(None, Some(6)), u64::MAX, None));
        let ask = |session: &Session, agent: &Outer, least| {
            (least, session.reserve(&[], 4, least, &[agent]).map(|reserved| reserved.tokens()))
        };
        let others: Vec<_> = least[1..]
            .iter()
            .map(|&least| {
                let (session, agent) = (session.clone(), agent.clone());
                thread::spawn(move || ask(&session, &agent, least))
            })
            .collect();
        let mut all = vec![ask(&session, &agent, least[0])];
        all.extend(others.into_iter().map(|other| other.join().unwrap()));
        let granted: u64 = all.iter().filter_map(|(_, granted)| granted.ok()).sum();
        assert_eq!(session.tokens(), granted, "{all:?}");
        assert_eq!(agent.tokens(), of_agent.map_or(0, |_| granted), "{all:?}");
        assert!(granted <= of_agent.unwrap_or(6), "{all:?}");
        for (least, outcome) in &all {
            match *outcome {
                Ok(granted) => assert!((*least..=4).contains(&granted), "{all:?}"),
                Err(Outcome::Exhausted(scope)) => {
                    let budget = of_agent.filter(|_| scope == Scope::Agent).unwrap_or(6);
                    assert!(granted + least > budget, "{all:?}: {least} were left");
                }
                Err(outcome) => assert_eq!(outcome, Outcome::Contended, "{all:?}"),
            }
        }
    });
}

#[test]
fn partial_grants_never_pass_the_budget() {
    partial_grants("reserve ‖ reserve ‖ reserve, at most 4 of 6", Depth::Preemptions(2), &[2, 2, 1], None);
}

#[test]
fn partial_grants_never_pass_either_of_two_budgets() {
    partial_grants("reserve ‖ reserve, at most 4 of 6 and of 5", Depth::Preemptions(5), &[2, 1], Some(5));
}

/// Two top-ups race with each other and with calls: each counts once, and no call passes the budget as it stands then.
#[test]
fn a_top_up_is_never_lost_and_never_lets_through_more() {
    explore("raise ‖ raise ‖ admit × 2", Depth::Exhaustive, || {
        let session = Arc::new(Session::new(&budgets(Some(1), None), u64::MAX, None));
        let others = [1, 2].map(|more| {
            let session = session.clone();
            thread::spawn(move || assert!(session.raise(Resource::Calls, more)))
        });
        for _ in 0..2 {
            session.admit(1, 0, &[]);
            let spent = session.calls();
            assert!(spent <= session.calls_budget(), "{spent} spent");
        }
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(session.calls_budget(), 4);
        while session.admit(1, 0, &[]) == Outcome::Admitted {}
        assert_eq!(session.calls(), 4);
    });
}

/// Of two top-ups that together pass what can be counted, one is refused.
#[test]
fn top_ups_never_pass_the_maximum_together() {
    explore("raise ‖ raise, near the maximum", Depth::Exhaustive, || {
        let most = Session::MOST_CALLS;
        let session = Arc::new(Session::new(&budgets(Some(most - 3), None), u64::MAX, None));
        let other = session.clone();
        let raised = thread::spawn(move || other.raise(Resource::Calls, 2));
        let both = (session.raise(Resource::Calls, 2), raised.join().unwrap());
        assert!(both.0 != both.1, "{both:?}");
        assert_eq!(session.calls_budget(), most - 1);
    });
}

/// A session that expires at ten. Two top-ups of ten each come while the time passes, and somebody finds the session past its
/// deadline. Whoever was told that it goes on was told the truth.
#[test]
fn a_top_up_of_time_and_an_expiry_agree() {
    explore("top-up ‖ top-up ‖ expire, look, time going on", Depth::Preemptions(4), || {
        let session = Arc::new(Session::new(&budgets(None, None), 10, None));
        let clock = Arc::new(AtomicU64::new(9));
        // A clock that may be read late: who was first must not depend on it.
        let now = |clock: &AtomicU64| clock.load(Ordering::Acquire);
        let top_ups = [0, 1].map(|_| {
            let (session, clock) = (session.clone(), clock.clone());
            thread::spawn(move || {
                let extended = session.extend(10, || now(&clock));
                (extended, session.deadline())
            })
        });
        clock.store(12, Ordering::Release);
        let seen = session.status_at(now(&clock));
        let ended = session.expire(now(&clock)).is_some();
        assert!(seen == Status::Active || ended, "{seen:?}, and then it went on");
        let told = top_ups.map(|top_up| top_up.join().unwrap());
        let longest = told.iter().filter(|told| told.0).map(|told| told.1).max();
        assert!(!(ended && longest.is_some()), "ended at 12, {told:?}");
        assert_eq!(session.status_at(12) == Status::Active, longest.is_some(), "{told:?}");
        let moved = told.iter().filter(|told| told.0).count() as u64;
        assert!(ended || session.deadline() == 10 + 10 * moved, "{told:?}");
    });
}

/// A session closes while one reservation on it is made and forfeited and another settled and released at once: what was used
/// is spent, on it and on its agent, once.
#[test]
fn a_reservation_and_a_closing_session_agree() {
    explore("reserve, forfeit ‖ settle ‖ release, close", Depth::Preemptions(4), || {
        let agent = Arc::new(Outer::new(Scope::Agent, &budgets(None, Some(10))));
        let session = Arc::new(Session::new(&budgets(None, Some(8)), u64::MAX, None));
        let held = Arc::new(session.reserve(&[], 4, 4, &[&agent]).unwrap());
        let (session1, agent1) = (session.clone(), agent.clone());
        let forfeits = thread::spawn(move || {
            let made = session1.reserve(&[], 3, 3, &[&agent1]);
            if let Ok(reserved) = &made {
                assert!(session1.settle(&[], reserved, 3, &[&agent1]));
            }
            made.map(|reserved| reserved.tokens())
        });
        let (session2, agent2, held2) = (session.clone(), agent.clone(), held.clone());
        let settles = thread::spawn(move || session2.settle(&[], &held2, 1, &[&agent2]));
        assert!(session.close().is_some());
        let late = session.reserve(&[], 1, 1, &[&agent]).map(drop);
        assert_eq!(late, Err(Outcome::Shut(Status::Closed)));
        let released = session.settle(&[], &held, 0, &[&agent]);
        let (forfeited, settled) = (forfeits.join().unwrap(), settles.join().unwrap());
        assert!(released != settled, "it ended twice or never");
        assert!(forfeited.is_ok() || forfeited == Err(Outcome::Shut(Status::Closed)), "{forfeited:?}");
        let spent = u64::from(settled) + forfeited.unwrap_or(0);
        assert_eq!((session.tokens(), agent.tokens()), (spent, spent));
    });
}

//! Top-ups and approvals under threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use allotment::{EventKind, Nanos, Reason, Status, TopUp};

use crate::common::{free, under};
use crate::seed::seed;
use crate::{Random, race};

fn time(secs: u64) -> TopUp {
    TopUp { time: Nanos::from_secs(secs), ..TopUp::default() }
}

fn calls(calls: u64) -> TopUp {
    TopUp { calls, ..TopUp::default() }
}

/// A session is topped up just when its time is over, by two at once, while others look for expired ones.
#[test]
fn a_top_up_of_time_that_succeeded_moved_the_deadline_for_everybody() {
    let seed = seed();
    let mut both = [0, 0];
    for round in 0..3_000u64 {
        let (enforcer, clock) = under("[agents.\"*\"]\nmax_sessions = 3");
        let spec = || free("a").time_limit(Nanos::from_secs(10));
        let session = enforcer.create(spec()).unwrap();
        let topped = race(4, |thread| {
            let mut random = Random(seed ^ (round << 8) ^ thread as u64);
            random.dawdle(300);
            match thread {
                0 => clock.advance(Nanos::from_secs(10)),
                1 if round % 3 == 0 => drop(session.authorize("read")),
                1 if round % 3 == 1 => drop(enforcer.sweep()),
                1 => drop(enforcer.active_sessions("a")),
                _ => return u64::from(session.top_up(time(10)).is_ok()),
            }
            0
        });
        let topped: u64 = topped.iter().sum();
        both[usize::from(topped > 0)] += 1;
        if topped == 0 {
            assert_eq!(session.status(), Status::Expired);
            enforcer.sweep();
            assert_eq!((enforcer.stats().sessions, enforcer.active_sessions("a")), (0, 0));
            continue;
        }
        // The clock stands at the old deadline.
        assert_eq!(session.status(), Status::Active, "{topped}");
        assert!(session.authorize("read").is_ok());
        assert!(session.time_left() >= Nanos::from_secs(10 * topped));
        assert_eq!((enforcer.sweep(), enforcer.active_sessions("a")), (0, 1));
        let more: Vec<_> = (0..4).filter_map(|_| enforcer.create(spec()).ok()).collect();
        assert_eq!(more.len(), 2, "it still holds its place");
        clock.advance(session.time_left().saturating_sub(Nanos::new(1)));
        let _ = enforcer.active_sessions("a");
        assert_eq!(session.status(), Status::Active);
        clock.advance(Nanos::new(1));
        let _ = enforcer.active_sessions("a");
        enforcer.sweep();
        assert_eq!((enforcer.stats().sessions, enforcer.active_sessions("a")), (0, 0));
        let expired = enforcer.events().filter(|event| event.kind() == EventKind::Expired);
        assert_eq!(expired.count(), 3, "each once");
    }
    println!("expired, topped up: {both:?}");
}

#[test]
fn what_is_topped_up_while_others_spend_is_there_to_the_last_call() {
    for text in ["", "[agents.a]\ncalls = 1_000_000"] {
        let (enforcer, _) = under(text);
        let session = enforcer.create(free("a").calls(100)).unwrap();
        let done = AtomicU64::new(0);
        let admitted = race(8, |thread| {
            if thread < 4 {
                for _ in 0..2_000 {
                    session.top_up(calls(3)).unwrap();
                }
                done.fetch_add(1, Ordering::SeqCst);
                return 0;
            }
            let mut admitted = 0;
            loop {
                let all = done.load(Ordering::SeqCst) == 4;
                match session.authorize("read").map_err(|denial| denial.reason()) {
                    Ok(_) => admitted += 1,
                    Err(Reason::BudgetExceeded) if all => return admitted,
                    Err(reason) => assert!(matches!(reason, Reason::BudgetExceeded | Reason::Contended)),
                }
            }
        });
        assert_eq!(admitted.iter().sum::<u64>(), 100 + 4 * 2_000 * 3);
        assert_eq!(session.calls().remaining(), Some(0));
    }
}

#[test]
fn an_approval_lets_exactly_what_was_approved_through() {
    let (enforcer, _) = under("[approval]\non_exhausted = \"pause\"");
    let session = enforcer.create(free("a").calls(10)).unwrap();
    let done = AtomicBool::new(false);
    let admitted = race(8, |thread| {
        if thread == 0 {
            for _ in 0..500 {
                crate::until(|| session.status() == Status::Paused);
                session.top_up(calls(7)).unwrap();
                session.resume().unwrap();
            }
            crate::until(|| session.status() == Status::Paused);
            done.store(true, Ordering::SeqCst);
            return 0;
        }
        let mut admitted = 0;
        while !done.load(Ordering::SeqCst) {
            match session.authorize("read").map_err(|denial| denial.reason()) {
                Ok(_) => admitted += 1,
                Err(reason) => assert!(matches!(reason, Reason::Paused | Reason::Contended), "{reason}"),
            }
        }
        admitted
    });
    let all = 10 + 500 * 7;
    assert!(admitted.iter().sum::<u64>() <= all);
    assert_eq!(admitted.iter().sum::<u64>(), session.calls().spent);
    session.resume().unwrap();
    assert_eq!(
        (0..all).filter(|_| session.authorize("read").is_ok()).count() as u64 + admitted.iter().sum::<u64>(),
        all
    );
}

/// However many see that something runs low, one tells of it; and one again after a top-up.
#[test]
// G7
fn g7_a_crossing_is_told_of_once_however_many_cross() {
    for text in ["", "[agents.a]\ncalls = 8000\n[tenants.t]\ncalls = 8000"] {
        for _ in 0..20 {
            let (enforcer, _) = under(text);
            let session = enforcer.create(free("a").tenant("t").calls(4_000)).unwrap();
            let told = || enforcer.events().filter(|event| event.kind() == EventKind::Warning).count();
            let spend = || {
                race(8, |_| {
                    for _ in 0..500 {
                        while session
                            .authorize("read")
                            .is_err_and(|denial| denial.reason() == Reason::Contended)
                        {
                        }
                    }
                })
            };
            spend();
            assert_eq!((session.calls().spent, told()), (4_000, 1));
            session.top_up(calls(4_000)).unwrap();
            spend();
            assert_eq!(told(), if text.is_empty() { 1 } else { 3 });
        }
    }
}

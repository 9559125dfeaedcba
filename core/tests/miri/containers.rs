//! The map, the queues, the skip list and the swapped pointer: added to, read and taken apart at once.

use std::sync::Mutex;

use allotment::{KeyedLimiter, ManualClock, Nanos, Rate, Reason, Usage};

use crate::common::{free, policy, under};
use crate::race;

#[test]
// B23, D23
fn b23_d23_sessions_made_found_ended_and_swept_at_once_end_once() {
    let (enforcer, clock) = under("");
    let swept: u64 = race(3, |thread| {
        if thread == 2 {
            clock.advance(Nanos::from_secs(1));
            assert!(enforcer.sessions().len() <= 4);
            return enforcer.sweep();
        }
        let [long, short] = [9, 1].map(|seconds| {
            enforcer.create(free("a").tenant("t").time_limit(Nanos::from_secs(seconds))).unwrap()
        });
        assert!(enforcer.get(long.id()).is_ok());
        assert!(long.authorize("read").is_ok());
        drop(short);
        long.close().unwrap();
        assert_eq!(long.authorize("read").unwrap_err().reason(), Reason::Closed);
        0
    })
    .into_iter()
    .sum();
    clock.advance(Nanos::from_secs(1));
    assert_eq!(swept + enforcer.sweep(), 4);
    let stats = enforcer.stats();
    assert_eq!((stats.sessions, stats.agents, stats.tenants), (0, 0, 0));
}

#[test]
// D11
fn d11_a_cap_of_two_gives_two_places() {
    let (enforcer, _) = under("[agents.\"*\"]\nmax_sessions = 2");
    let made = race(3, |_| enforcer.create(free("a")));
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 2);
    let ended: u64 = race(2, |_| enforcer.close_agent("a")).into_iter().sum();
    assert_eq!((ended, enforcer.active_sessions("a"), enforcer.sweep()), (2, 0, 2));
}

#[test]
fn a_decision_follows_one_policy_while_policies_are_swapped_and_freed() {
    let texts = ["[agents.a]\ncalls = 0", "[tenants.t]\ncalls = 0"];
    let (enforcer, _) = under(texts[0]);
    let session = enforcer.create(free("a").tenant("t")).unwrap();
    race(3, |thread| {
        if thread == 0 {
            for turn in 1..4 {
                enforcer.set_policy(policy(texts[turn % 2]));
            }
        } else {
            for _ in 0..4 {
                assert_eq!(session.authorize("read").unwrap_err().reason(), Reason::BudgetExceeded);
            }
        }
    });
}

#[test]
// D23
fn d23_each_denial_is_told_once_in_its_writers_order_or_counted_as_dropped() {
    let (enforcer, _) = under("[events]\ncapacity = 3");
    let sessions = [(); 2].map(|()| enforcer.create(free("a")).unwrap());
    let drained = race(3, |thread| match sessions.get(thread) {
        Some(session) => {
            for tool in ["drop-0", "drop-1", "drop-2"] {
                session.authorize(tool).unwrap_err();
            }
            Vec::new()
        }
        None => (0..3).flat_map(|_| enforcer.drain_events(2)).collect(),
    });
    let mut told: Vec<_> = drained.into_iter().flatten().collect();
    told.extend(enforcer.events());
    for session in &sessions {
        let tools: Vec<_> =
            told.iter().filter(|e| e.session() == Some(session.id())).map(|e| e.tool()).collect();
        assert!(tools.is_sorted(), "{tools:?}");
    }
    assert_eq!(told.len() as u64 + enforcer.stats().events_dropped, 6);
}

#[test]
// D6
fn d6_a_limiter_with_one_place_too_few_gives_no_key_more_than_its_bucket() {
    let clock = ManualClock::new();
    let limiter =
        KeyedLimiter::builder(Rate::per_second(2).unwrap()).max_keys(2).clock(clock.clone()).build().unwrap();
    let admitted = race(3, |thread| {
        let ask = |key: &str| u64::from(limiter.check(key).is_ok());
        if thread == 2 {
            limiter.sweep();
            return [ask("c"), 0];
        }
        [ask("a") + ask("a"), ask("b")]
    });
    let of_a: u64 = admitted[..2].iter().map(|[a, _]| a).sum();
    let of_b: u64 = admitted[..2].iter().map(|[_, b]| b).sum();
    assert!(of_a <= 2 && of_b <= 2 && limiter.len() <= 2, "{admitted:?}");
    clock.advance(Nanos::from_secs(1));
    limiter.sweep();
    assert_eq!(limiter.len(), 0);
}

/// The last handles go at once, on different threads, while a reservation is still open.
#[test]
fn the_last_handles_are_dropped_on_different_threads() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a").tokens(9)).unwrap();
    let hold = session.reserve(Usage::tokens(3)).unwrap();
    let handles = Mutex::new((Some(enforcer), Some(session), Some(hold)));
    race(3, |thread| {
        let mut handles = handles.lock().unwrap();
        let (enforcer, session, hold) = match thread {
            0 => (handles.0.take(), None, None),
            1 => (None, handles.1.take(), None),
            _ => (None, None, handles.2.take()),
        };
        drop(handles);
        drop((enforcer, session, hold));
    });
}

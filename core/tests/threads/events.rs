//! Events under threads: an end once, a denial once, each writer's in its order, none lost without being counted.
//!
//! Not model-checked: the queue is crossbeam's, which loom cannot see into. Who ends a session is decided by a word that
//! loom does search (loom-tests, `ending_happens_once_and_places_are_given_back_once`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use allotment::{Event, EventKind, Nanos, SessionId, SessionSpec};

use crate::common::{free, under};
use crate::race;

#[test]
// D23
fn d23_an_end_is_told_once_however_many_end_it() {
    for round in 0..200 {
        let (enforcer, clock) = under("");
        let second = || free("a").time_limit(Nanos::from_secs(1));
        let parent = enforcer.create(second()).unwrap();
        let child = parent.delegate(SessionSpec::new("c").tools(["read"])).unwrap();
        race(8, |thread| match (thread + round) % 8 {
            0 | 1 => drop(parent.close()),
            2 => drop(child.close()),
            3 => clock.advance(Nanos::from_secs(1)),
            4 => drop(enforcer.sweep()),
            5 => drop(enforcer.close_agent("a")),
            6 => drop(child.authorize("read")),
            _ => drop(enforcer.active_sessions("a")),
        });
        let ends: Vec<_> = enforcer.events().filter(|event| event.kind() != EventKind::Denied).collect();
        for session in [&parent, &child] {
            let told: Vec<_> =
                ends.iter().filter(|end| end.session() == Some(session.id())).map(Event::kind).collect();
            assert_eq!(told.iter().map(|kind| kind.name()).collect::<Vec<_>>(), [session.status().name()]);
        }
    }
}

#[test]
fn every_denial_is_told_once_in_its_writers_order_or_counted_as_dropped() {
    const EACH: usize = 20_000;
    let (enforcer, _) = under("");
    let sessions: Vec<_> = (0..4).map(|_| enforcer.create(free("a")).unwrap()).collect();
    let writing = AtomicUsize::new(sessions.len());
    let drained = race(sessions.len() + 2, |thread| {
        if let Some(session) = sessions.get(thread) {
            for number in 0..EACH {
                assert!(session.authorize(&format!("drop-{number}")).is_err());
            }
            writing.fetch_sub(1, Ordering::SeqCst);
            return Vec::new();
        }
        let mut seen = Vec::new();
        while writing.load(Ordering::SeqCst) > 0 {
            seen.extend(enforcer.drain_events(100));
            std::thread::yield_now();
        }
        seen
    });
    let number = |event: &Event| event.tool().unwrap()["drop-".len()..].parse::<usize>().unwrap();
    let mut told = enforcer.stats().events_waiting;
    // Two who drain see each a part of each writer's events, in order.
    for part in &drained {
        let mut last: HashMap<SessionId, usize> = HashMap::new();
        for event in part {
            let before = last.insert(event.session().unwrap(), number(event));
            assert!(before.is_none_or(|before| before < number(event)), "{event}");
        }
        told += part.len() as u64;
    }
    assert_eq!(told + enforcer.stats().events_dropped, (sessions.len() * EACH) as u64);
}

#[test]
fn racing_writers_exceed_the_capacity_by_no_more_than_their_number() {
    let (enforcer, _) = under("");
    let session = enforcer.create(free("a")).unwrap();
    race(8, |_| (0..2000).for_each(|_| assert!(session.authorize("drop").is_err())));
    let stats = enforcer.stats();
    assert!((4096..4096 + 8).contains(&stats.events_waiting), "{stats:?}");
    assert_eq!(stats.events_waiting + stats.events_dropped, 16_000);
}

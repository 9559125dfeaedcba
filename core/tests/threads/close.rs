//! Once `close` or `pause` has returned, nothing lands; and an end happens once.
//!
//! Power: these fail where the gate is looked at before the debit instead of in it.

use std::sync::atomic::{AtomicBool, Ordering};

use allotment::{Nanos, Reason, Session, Status};

use crate::common::{free, policy, under};
use crate::seed::seed;
use crate::{Random, race};

const LIMITED: &str =
    "[agents.\"*\"]\ncalls = 100000000\nmax_sessions = 99\n[tenants.\"*\"]\nrate = \"1000000/s\"";

/// Hammers `session` until it refuses, and after that as often again; panics if a call that began after `ended` was
/// set is granted.
fn hammer(session: &Session, tools: &[&'static str], ended: &AtomicBool) -> u64 {
    let mut admitted = 0;
    let mut late = 0;
    while late < 20 {
        let after = ended.load(Ordering::SeqCst);
        let granted = match *tools {
            [tool] => session.authorize(tool),
            ref batch => session.authorize_batch(batch.iter().copied()),
        }
        .is_ok();
        assert!(!(after && granted), "a call that began after the end was admitted");
        admitted += if granted { tools.len() as u64 } else { 0 };
        late += u64::from(after);
    }
    admitted
}

/// Three threads hammer, a fourth ends the session by `end` at some moment.
fn nothing_lands_after(text: &str, end: impl Fn(&Session) + Sync) {
    let seed = seed();
    for round in 0..150 {
        let (enforcer, _) = under(text);
        let session = enforcer.create(free("a").tenant("t").tool("send", 1 << 40)).unwrap();
        let ended = AtomicBool::new(false);
        let counted = race(4, |thread| {
            if thread < 3 {
                let tools: &[&str] = [&["read"][..], &["send"], &["read", "send", "write"]][thread];
                return (hammer(&session, tools, &ended), None);
            }
            Random(seed ^ round).dawdle(20_000);
            end(&session);
            let spent = session.snapshot().calls.spent;
            ended.store(true, Ordering::SeqCst);
            (0, Some(spent))
        });
        let admitted: u64 = counted.iter().map(|(admitted, _)| admitted).sum();
        let at_the_end = counted.iter().find_map(|(_, spent)| *spent);
        assert_eq!((Some(admitted), session.snapshot().calls.spent), (at_the_end, admitted));
    }
}

#[test]
// G16
fn g16_nothing_lands_after_close_has_returned() {
    for text in ["", LIMITED] {
        nothing_lands_after(text, |session| {
            let summary = session.close().unwrap();
            assert_eq!(summary.calls.spent, session.snapshot().calls.spent);
        });
    }
}

#[test]
fn nothing_lands_after_pause_has_returned() {
    for text in ["", LIMITED] {
        nothing_lands_after(text, |session| session.pause().unwrap());
    }
}

#[test]
// B22
fn b22_nothing_lands_after_its_agent_was_closed() {
    let seed = seed();
    for round in 0..100 {
        let (enforcer, _) = under(LIMITED);
        let sessions: Vec<_> = (0..3).map(|_| enforcer.create(free("a").tenant("t")).unwrap()).collect();
        let ended = AtomicBool::new(false);
        race(4, |thread| {
            if let Some(session) = sessions.get(thread) {
                hammer(session, &["read"], &ended);
            } else {
                Random(seed ^ round).dawdle(20_000);
                assert_eq!(enforcer.close_agent("a"), 3);
                ended.store(true, Ordering::SeqCst);
            }
        });
    }
}

#[test]
fn a_policy_that_allows_nothing_admits_nothing_once_it_is_in_force() {
    let seed = seed();
    for round in 0..100 {
        let (enforcer, _) = under(["", LIMITED][round % 2]);
        let session = enforcer.create(free("a").tenant("t")).unwrap();
        let nothing = policy(["[agents.a]\ncalls = 0", "[tenants.t]\nrate = \"0/s\""][round / 2 % 2]);
        let ended = AtomicBool::new(false);
        race(3, |thread| {
            if thread < 2 {
                hammer(&session, &["read"], &ended);
            } else {
                Random(seed ^ round as u64).dawdle(20_000);
                enforcer.set_policy(nothing.clone());
                ended.store(true, Ordering::SeqCst);
            }
        });
    }
}

#[test]
// D23, G16
fn g16_d23_a_session_ends_once_however_many_end_it() {
    for round in 0..300 {
        let (enforcer, clock) = under("[agents.\"*\"]\nmax_sessions = 2\n[tenants.\"*\"]\nmax_sessions = 2");
        let spec = || free("a").tenant("t").time_limit(Nanos::from_secs(1));
        let (session, _other) =
            (enforcer.create(spec()).unwrap(), enforcer.create(free("a").tenant("t")).unwrap());
        let closed = race(4, |thread| match (thread, round % 3) {
            (0, 0 | 1) => {
                clock.advance(Nanos::from_secs(1));
                enforcer.sweep() * 100
            }
            (1, 1) => enforcer.active_sessions("a") * 1000,
            (2, 2) => enforcer.close_agent("a") * 10_000,
            _ => u64::from(session.close().is_ok()),
        });
        let by_handle = closed.iter().filter(|closed| **closed == 1).count();
        assert!(by_handle <= 1, "{closed:?}");
        assert_eq!(
            session.status(),
            if by_handle == 1 || round % 3 == 2 { Status::Closed } else { Status::Expired }
        );
        // Two places came back at the most, one at the least: the count of places is right again.
        let live = enforcer.active_sessions("a");
        let more = (0..5).filter(|_| enforcer.create(spec()).is_ok()).count() as u64;
        assert_eq!(live + more, 2, "{closed:?}");
        assert_eq!(
            enforcer.create(spec()).err().map(|e| e.to_string()),
            Some("There are too many sessions at the moment. Try again later.".to_owned())
        );
        assert_eq!(session.authorize("read").err().map(|d| d.reason() == Reason::Paused), Some(false));
    }
}

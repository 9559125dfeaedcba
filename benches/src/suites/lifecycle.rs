//! Sessions come and go. Each time is that of one session; what a session is asked to be is put together within it.

use std::time::{Duration, Instant};

use allotment::{Enforcer, ManualClock, Session, SessionSpec};

use crate::{PLENTY, Subject, TOOLS, fast, policy, session};

/// How many sessions there are at most between two sweeps.
const LOT: u64 = 1_000;

/// Creating, closing and sweeping, together and each alone.
#[must_use]
pub fn lifecycle() -> Vec<Subject> {
    vec![create_close(), create(), close(), sweep()]
}

fn enforcer() -> Enforcer {
    Enforcer::new(policy(false, false)).expect("an enforcer")
}

fn create_close() -> Subject {
    let enforcer = enforcer();
    Subject::timed("lifecycle/create_close", move |times| {
        let begun = Instant::now();
        for nth in 1..=times {
            session(&enforcer, "agent-7", None).close().expect("a session that was active");
            if nth % LOT == 0 || nth == times {
                enforcer.sweep();
            }
        }
        let took = begun.elapsed();
        assert_eq!(enforcer.stats().sessions, 0, "all were closed and swept");
        took
    })
}

/// `work` on lots of up to a thousand, timed by itself, until it was done `times` times.
fn by_lots(times: u64, mut work: impl FnMut(u64) -> Duration) -> Duration {
    let (mut took, mut left) = (Duration::ZERO, times);
    while left > 0 {
        let lot = left.min(LOT);
        took += work(lot);
        left -= lot;
    }
    took
}

fn create() -> Subject {
    let enforcer = enforcer();
    let mut made: Vec<Session> = Vec::with_capacity(1_000);
    Subject::timed("lifecycle/create", move |times| {
        by_lots(times, |lot| {
            let begun = Instant::now();
            for _ in 0..lot {
                made.push(session(&enforcer, "agent-7", None));
            }
            let took = begun.elapsed();
            assert_eq!(enforcer.close_agent("agent-7"), lot);
            made.clear();
            assert_eq!(enforcer.sweep(), lot);
            took
        })
    })
}

fn close() -> Subject {
    let enforcer = enforcer();
    Subject::timed("lifecycle/close", move |times| {
        by_lots(times, |lot| {
            let made: Vec<Session> = (0..lot).map(|_| session(&enforcer, "agent-7", None)).collect();
            let begun = Instant::now();
            for session in &made {
                session.close().expect("a session that was active");
            }
            let took = begun.elapsed();
            drop(made);
            assert_eq!(enforcer.sweep(), lot);
            took
        })
    })
}

fn sweep() -> Subject {
    let clock = ManualClock::new();
    let builder = Enforcer::builder().policy(policy(false, false)).clock(clock.clone());
    let enforcer = builder.build().expect("an enforcer");
    let second = Duration::from_secs(1);
    Subject::timed("lifecycle/sweep", move |times| {
        by_lots(times, |lot| {
            for _ in 0..lot {
                let spec = SessionSpec::new("agent-7").tools(TOOLS).calls(PLENTY).rate(fast());
                enforcer.create(spec.time_limit(second)).expect("a session");
            }
            clock.advance(second);
            let begun = Instant::now();
            let swept = enforcer.sweep();
            let took = begun.elapsed();
            assert_eq!(swept, lot, "all had expired");
            took
        })
    })
}

//! How cost grows: the same work on little and on much, named `what/how much`. `bin/growth.rs` times and prints it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use allotment::{Enforcer, Session, SessionId, SessionSpec};

use super::{chains, floor, threads};
use crate::{Order, PLENTY, Subject, fast, policy, session};

/// Decisions by id and by handle against how many sessions there are, each time another one in random order, with the floors by id.
#[must_use]
pub fn by_sessions(counts: &[usize]) -> Vec<Subject> {
    let each = counts.iter().flat_map(|&count| {
        let enforcer = enforcer();
        let made: Vec<Session> = (0..count).map(|_| session(&enforcer, "agent-7", None)).collect();
        let mut ids: Order<SessionId> = Order::of(made.iter().map(Session::id).collect());
        let mut handles = Order::of(made);
        [
            floor::all_by_id(count).named(format!("floor by id/{count}")),
            Subject::sure(format!("by id/{count}"), move || {
                enforcer.authorize(*ids.next(), black_box("agent-7"), black_box("search")).is_ok()
            }),
            Subject::sure(format!("by handle/{count}"), move || {
                handles.next().authorize(black_box("search")).is_ok()
            }),
        ]
    });
    each.collect()
}

/// Decisions against how many tools the session has, each time another one in random order.
#[must_use]
pub fn by_tools(counts: &[usize]) -> Vec<Subject> {
    let each = counts.iter().map(|&count| {
        let (session, names) = with_tools(count);
        let mut order = Order::of(names);
        Subject::sure(format!("tools/{count}"), move || session.authorize(order.next()).is_ok())
    });
    each.collect()
}

/// Snapshots against how many tools the session has: each is listed.
#[must_use]
pub fn snapshots(counts: &[usize]) -> Vec<Subject> {
    let each = counts.iter().map(|&count| {
        let (session, _) = with_tools(count);
        Subject::sure(format!("snapshot/{count}"), move || session.snapshot().tools.len() == count)
    });
    each.collect()
}

/// Decisions against how many sessions are on the path.
#[must_use]
pub fn by_depth(most: usize) -> Vec<Subject> {
    (1..=most).map(|sessions| chains::of(sessions, format!("path/{sessions}"))).collect()
}

/// Decisions against how many threads there are, each on a session of its own, or all on one.
#[must_use]
pub fn by_threads(counts: &[usize]) -> Vec<Subject> {
    let cases = [("threads apart", false), ("threads on one session", true)];
    cases
        .into_iter()
        .flat_map(|(what, same)| {
            counts.iter().map(move |&count| threads::by_handle(format!("{what}/{count}"), count, same))
        })
        .collect()
}

/// Counting an agent's active sessions, against how many it has, and how many others there are.
#[must_use]
pub fn counting(counts: &[u64]) -> Vec<Subject> {
    let subject = |what: &str, held: u64, of_agent: u64, others: u64| {
        let enforcer = enforcer();
        for _ in 0..of_agent {
            let _ = session(&enforcer, "agent-7", None);
        }
        for _ in 0..others {
            let _ = session(&enforcer, "agent-8", None);
        }
        Subject::sure(format!("{what}/{held}"), move || {
            enforcer.active_sessions(black_box("agent-7")) == of_agent
        })
    };
    let own = counts.iter().map(|&count| subject("count, sessions of the agent", count, count, 0));
    let others = counts.iter().map(|&count| subject("count, sessions of others", count, 10, count));
    own.chain(others).collect()
}

/// Closing all of an agent's sessions: the time of one of them.
#[must_use]
pub fn closing_agents(counts: &[u64]) -> Vec<Subject> {
    let each = counts.iter().map(|&count| {
        let enforcer = enforcer();
        Subject::timed(format!("close_agent, a session/{count}"), move |times| {
            // As often as it takes to close so many sessions.
            let often = times.div_ceil(count);
            let took = (0..often).map(|_| {
                for _ in 0..count {
                    let _ = session(&enforcer, "agent-7", None);
                }
                let begun = Instant::now();
                let closed = enforcer.close_agent("agent-7");
                let took = begun.elapsed();
                assert_eq!((closed, enforcer.sweep()), (count, count));
                took
            });
            let took = took.sum::<Duration>();
            took.mul_f64(times as f64 / (often * count) as f64)
        })
    });
    each.collect()
}

fn enforcer() -> Enforcer {
    Enforcer::new(policy(false, false)).expect("an enforcer")
}

/// A session with so many tools, and their names.
fn with_tools(count: usize) -> (Session, Vec<String>) {
    let names: Vec<String> = (0..count).map(|tool| format!("tool_{tool}")).collect();
    let spec = SessionSpec::new("agent-7").tools(names.iter().map(String::as_str)).calls(PLENTY).rate(fast());
    (enforcer().create(spec.time_limit(Duration::from_secs(86_400))).expect("a session"), names)
}

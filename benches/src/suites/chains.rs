//! Delegated sessions: a call is charged to every session on the way to the one that was not delegated.

use std::hint::black_box;

use allotment::{Enforcer, Session, SessionSpec};

use crate::{PLENTY, Subject, TOOLS, fast, policy, session};

/// Calls of a session with one to four sessions on its path, itself included: `chain/child_1` is one that nobody delegated.
#[must_use]
pub fn chains() -> Vec<Subject> {
    (1..=4).map(|sessions| of(sessions, format!("chain/child_{sessions}"))).collect()
}

/// Calls of a session with so many `sessions` on its path, each with a budget, a rate and an agent of its own.
#[must_use]
pub fn of(sessions: usize, name: String) -> Subject {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let root = session(&enforcer, "agent-1", None);
    let path: Vec<Session> = std::iter::successors(Some(root), |above| {
        let depth = above.agent().trim_start_matches("agent-").parse::<u64>().expect("a number");
        let child = SessionSpec::new(format!("agent-{}", depth + 1)).tools(TOOLS).calls(PLENTY).rate(fast());
        Some(above.delegate(child).expect("a child"))
    })
    .take(sessions)
    .collect();
    let last = path[sessions - 1].clone();
    last.authorize("search").expect("a call");
    assert!(path.iter().all(|session| session.calls().spent == 1), "every session on the path is charged");
    Subject::sure(name, move || last.authorize(black_box("search")).is_ok())
}

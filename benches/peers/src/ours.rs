//! Ours: the whole decision.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use allotment::{Enforcer, KeyedLimiter, Rate, Session, SessionId, SessionSpec};
use allotment_benches::{Order, PLENTY, fast, policy, session};

use crate::case::Case;
use crate::{LAST_TOOL, MANY, thousand_tools};

fn enforcer(agents: bool) -> Enforcer {
    Enforcer::new(policy(agents, false)).expect("an enforcer")
}

fn by_handle(name: &str, session: &Session, tool: &'static str) -> Case {
    Case::alone(name, || {
        let session = session.clone();
        move || session.authorize(black_box(tool)).is_ok()
    })
}

fn two(name: &str, sessions: &[Session; 2]) -> Case {
    Case::two(name, |thread| {
        let session = sessions[thread].clone();
        move || session.authorize(black_box("search")).is_ok()
    })
}

/// By id, one of so many in random order.
fn by_id(name: &str, sessions: usize) -> Case {
    let enforcer = enforcer(false);
    let ids: Vec<SessionId> = (0..sessions).map(|_| session(&enforcer, "agent-7", None).id()).collect();
    Case::alone(name, || {
        let (enforcer, mut order) = (enforcer.clone(), Order::of(ids.clone()));
        move || enforcer.authorize(*order.next(), black_box("agent-7"), black_box("search")).is_ok()
    })
}

fn with_thousand_tools() -> Session {
    let spec = SessionSpec::new("agent-7").tools(thousand_tools()).calls(PLENTY).rate(fast());
    enforcer(false).create(spec.time_limit(Duration::from_hours(24))).expect("a session")
}

fn keyed() -> Case {
    // A bucket that neither runs empty nor is full again while this runs, so that no key is forgotten.
    let slow = Rate::per_hour(1).and_then(|rate| rate.with_burst(1e14)).expect("a rate");
    let limiter = Arc::new(KeyedLimiter::new(slow).expect("a limiter"));
    let keys: Vec<String> = (0..MANY).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    Case::alone("allotment/keyed_1000", || {
        let (limiter, mut order) = (Arc::clone(&limiter), Order::of(keys.clone()));
        move || limiter.check(order.next()).is_ok()
    })
}

/// What is timed of ours.
#[must_use]
pub fn cases() -> Vec<Case> {
    let alone = session(&enforcer(false), "agent-7", None);
    let with_agent = session(&enforcer(true), "agent-7", None);
    let shared = enforcer(false);
    let apart = [(); 2].map(|()| session(&shared, "agent-7", None));
    let same = session(&enforcer(false), "agent-7", None);
    vec![
        by_handle("allotment/handle", &alone, "search"),
        by_handle("allotment/agent", &with_agent, "search"),
        by_id("allotment/id", 1),
        by_id("allotment/id_1000", MANY),
        by_handle("allotment/tools_1000", &with_thousand_tools(), LAST_TOOL),
        two("allotment/handle_two_apart", &apart),
        two("allotment/handle_two_same", &[same.clone(), same]),
        keyed(),
    ]
}

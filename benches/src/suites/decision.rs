//! The decision: by handle, by id, and over longer chains.

use std::hint::black_box;

use allotment::{Enforcer, Session, SessionId};

use crate::{Order, Subject, policy, session};

/// By handle: alone, and with agent and tenant limited too.
#[must_use]
pub fn by_handle() -> Vec<Subject> {
    let cases = [("handle", false, false), ("agent", true, false), ("agent_tenant", true, true)];
    cases
        .into_iter()
        .map(|(name, agents, tenants)| {
            let enforcer = Enforcer::new(policy(agents, tenants)).expect("an enforcer");
            let session = session(&enforcer, "agent-7", Some("acme"));
            Subject::new(format!("decision/{name}"), move || session.authorize(black_box("search")).is_ok())
        })
        .collect()
}

/// By id, one of so many in random order.
#[must_use]
pub fn by_id(sessions: usize) -> Subject {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let made: Vec<Session> = (0..sessions).map(|_| session(&enforcer, "agent-7", None)).collect();
    let mut order: Order<SessionId> = Order::of(made.iter().map(Session::id).collect());
    Subject::new(format!("decision/id_{sessions}"), move || {
        enforcer.authorize(*order.next(), black_box("agent-7"), black_box("search")).is_ok()
    })
}

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
            Subject::sure(format!("decision/{name}"), move || session.authorize(black_box("search")).is_ok())
        })
        .collect()
}

/// By id, one of so many in random order.
#[must_use]
pub fn by_id(sessions: usize) -> Subject {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let made: Vec<Session> = (0..sessions).map(|_| session(&enforcer, "agent-7", None)).collect();
    let mut order: Order<SessionId> = Order::of(made.iter().map(Session::id).collect());
    Subject::sure(format!("decision/id_{sessions}"), move || {
        enforcer.authorize(*order.next(), black_box("agent-7"), black_box("search")).is_ok()
    })
}

/// By handle, by a caller who reads what is left and what is running low.
#[must_use]
pub fn with_grant() -> Subject {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let session = session(&enforcer, "agent-7", None);
    Subject::sure("decision/decide_with_grant", move || {
        session.authorize(black_box("search")).is_ok_and(|grant| {
            let (left, warnings) = (black_box(grant.remaining()), black_box(grant.warnings().count()));
            left.is_some() && warnings == 0
        })
    })
}

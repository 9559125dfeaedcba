//! Two threads at once, against one: apart, on the same session, and on what sessions share.

use std::hint::black_box;
use std::sync::Arc;

use allotment::{Enforcer, Session, SessionId};

use super::keyed::remembering;
use crate::{Order, Share, Subject, policy, session, sure_share};

/// What one and two threads do.
#[must_use]
pub fn threads() -> Vec<Subject> {
    let alone = enforcer(false);
    let of = |enforcer: &Enforcer| session(enforcer, "agent-7", None);
    let (apart, same) = (enforcer(false), of(&enforcer(false)));
    let limited_agent = enforcer(true);
    let shares = |sessions: [Session; 2]| sessions.map(calls).into_iter().collect::<Vec<Share>>();
    vec![
        Subject::shared("threads/one", vec![calls(of(&alone))]),
        Subject::shared("threads/two_apart", shares([of(&apart), of(&apart)])),
        Subject::shared("threads/two_same", shares([same.clone(), same])),
        Subject::shared("threads/two_same_agent", shares([of(&limited_agent), of(&limited_agent)])),
        by_id(),
        keyed(),
    ]
}

/// So many threads, each on a session of its own or all on the same one.
#[must_use]
pub fn by_handle(name: String, threads: usize, same: bool) -> Subject {
    let enforcer = enforcer(false);
    let shared = session(&enforcer, "agent-7", None);
    let own = || if same { shared.clone() } else { session(&enforcer, "agent-7", None) };
    Subject::shared(name, (0..threads).map(|_| calls(own())).collect())
}

fn enforcer(agents: bool) -> Enforcer {
    Enforcer::new(policy(agents, false)).expect("an enforcer")
}

fn calls(session: Session) -> Share {
    sure_share(move || session.authorize(black_box("search")).is_ok())
}

/// A thousand sessions, half of them each thread's, asked for by id in random order.
fn by_id() -> Subject {
    let enforcer = enforcer(false);
    let half = || -> Share {
        let ids = (0..500).map(|_| session(&enforcer, "agent-7", None).id()).collect();
        let mut order: Order<SessionId> = Order::of(ids);
        let enforcer = enforcer.clone();
        sure_share(move || {
            enforcer.authorize(*order.next(), black_box("agent-7"), black_box("search")).is_ok()
        })
    };
    Subject::shared("threads/id_two_apart", vec![half(), half()])
}

/// Two keys of one limiter.
fn keyed() -> Subject {
    let limiter = Arc::new(remembering());
    let one = |key: &'static str| {
        let limiter = Arc::clone(&limiter);
        sure_share(move || limiter.check(black_box(key)).is_ok())
    };
    Subject::shared("threads/keyed_two_apart", vec![one("provider-a"), one("provider-b")])
}

//! limitador: limits that a request is matched against, counted in fixed windows in memory.

use std::collections::HashMap;
use std::sync::Arc;

use allotment_benches::Order;
use limitador::RateLimiter;
use limitador::limit::{Context, Limit, Namespace};
use uuid::Uuid;

use crate::MANY;
use crate::case::Case;

const NAMESPACE: &str = "tools";

/// A limiter with one limit, and the namespace that this is in.
#[derive(Clone)]
pub struct Limited {
    limiter: Arc<RateLimiter>,
    namespace: Namespace,
}

impl Limited {
    /// So many calls a window of so many seconds, of all callers together.
    #[must_use]
    pub fn new(limit: u64, seconds: u64) -> Self {
        Self::limited_by(Limit::new(NAMESPACE, limit, seconds, [], []))
    }

    /// So many calls a window of so many seconds of each session, as its documentation limits users.
    #[must_use]
    pub fn each_session(limit: u64, seconds: u64) -> Self {
        let session = "session".try_into().expect("the name of a variable");
        Self::limited_by(Limit::new(NAMESPACE, limit, seconds, [], [session]))
    }

    fn limited_by(limit: Limit) -> Self {
        let limiter = RateLimiter::new(10_000);
        limiter.add_limit(limit);
        Self { limiter: Arc::new(limiter), namespace: NAMESPACE.into() }
    }

    /// Whether it is within the limit.
    #[must_use]
    pub fn call(&self, context: &Context<'_>) -> bool {
        let checked = self.limiter.check_rate_limited_and_update(&self.namespace, context, 1);
        checked.is_ok_and(|checked| !checked.limited)
    }
}

/// What is timed of limitador.
#[must_use]
pub fn cases() -> Vec<Case> {
    let all = Limited::new(1 << 60, 86_400);
    let each = Limited::each_session(1 << 60, 86_400);
    let sessions: Vec<String> = (0..MANY).map(|_| Uuid::new_v4().to_string()).collect();
    vec![
        Case::alone("limitador/memory", || {
            let (limited, context) = (all.clone(), Context::default());
            move || limited.call(&context)
        }),
        Case::alone("limitador/by_session_1000", || {
            let (limited, mut order) = (each.clone(), Order::of(sessions.clone()));
            move || limited.call(&of_session(order.next()))
        }),
    ]
}

/// A request of `session`.
fn of_session(session: &str) -> Context<'static> {
    Context::from(HashMap::from([("session".to_owned(), session.to_owned())]))
}

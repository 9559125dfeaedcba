//! limitador: limits that a request is matched against, counted in fixed windows in memory.

use std::sync::Arc;

use limitador::RateLimiter;
use limitador::limit::{Context, Limit, Namespace};

use crate::case::Case;

/// A limiter with one limit, and the namespace that this is in.
#[derive(Clone)]
pub struct Limited {
    limiter: Arc<RateLimiter>,
    namespace: Namespace,
}

impl Limited {
    /// So many calls a window of so many seconds.
    #[must_use]
    pub fn new(limit: u64, seconds: u64) -> Self {
        let namespace = "tools";
        let limiter = RateLimiter::new(10_000);
        limiter.add_limit(Limit::new(namespace, limit, seconds, [], []));
        Self { limiter: Arc::new(limiter), namespace: namespace.into() }
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
    let limited = Limited::new(1 << 60, 86_400);
    vec![Case::alone("limitador/memory", || {
        let (limited, context) = (limited.clone(), Context::default());
        move || limited.call(&context)
    })]
}

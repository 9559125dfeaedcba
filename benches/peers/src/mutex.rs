//! What an application's programmer writes: one mutex, and in it a map from ids to counters.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use allotment_benches::{Order, PLENTY, TOOLS};
use uuid::Uuid;

use crate::MANY;
use crate::case::Case;

/// What is known of one session.
#[derive(Debug)]
struct Counters {
    tools: HashSet<String>,
    calls: u64,
    budget: u64,
    tokens: f64,
    burst: f64,
    per_second: f64,
    refilled: Instant,
}

/// Sessions with tools, a budget and a token bucket.
#[derive(Debug, Default)]
pub struct Limiter {
    sessions: Mutex<HashMap<Uuid, Counters>>,
}

impl Limiter {
    /// Makes a session that may call eight tools `budget` times, and `burst` times at once.
    pub fn create(&self, budget: u64, burst: f64, per_second: f64, now: Instant) -> Uuid {
        let tools = TOOLS.map(str::to_owned).into();
        let counters = Counters { tools, calls: 0, budget, tokens: burst, burst, per_second, refilled: now };
        let id = Uuid::new_v4();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(id, counters);
        id
    }

    /// Whether the session may call `tool` now; if so, it has.
    pub fn allow(&self, id: Uuid, tool: &str) -> bool {
        self.allow_at(id, tool, Instant::now())
    }

    /// Whether the session may call `tool` at `now`; if so, it has.
    pub fn allow_at(&self, id: Uuid, tool: &str, now: Instant) -> bool {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = sessions.get_mut(&id) else { return false };
        if !session.tools.contains(tool) || session.calls >= session.budget {
            return false;
        }
        let passed = now.saturating_duration_since(session.refilled).as_secs_f64();
        session.tokens = (session.tokens + passed * session.per_second).min(session.burst);
        session.refilled = now;
        if session.tokens < 1.0 {
            return false;
        }
        session.tokens -= 1.0;
        session.calls += 1;
        true
    }
}

/// What is timed of the mutex.
#[must_use]
pub fn cases() -> Vec<Case> {
    // Each its own, with so many sessions.
    let made = |sessions: usize| {
        let limiter = Arc::new(Limiter::default());
        let now = Instant::now();
        let ids: Vec<Uuid> = (0..sessions).map(|_| limiter.create(PLENTY, 1e15, 1e12, now)).collect();
        (limiter, ids)
    };
    let one_of = |limiter: &Arc<Limiter>, id| {
        let limiter = Arc::clone(limiter);
        move || limiter.allow(id, black_box("search"))
    };
    let (one, apart, same, many) = (made(1), made(2), made(1), made(MANY));
    vec![
        Case::alone("mutex/one", || one_of(&one.0, one.1[0])),
        Case::two("mutex/two_apart", |thread| one_of(&apart.0, apart.1[thread])),
        Case::two("mutex/two_same", |_| one_of(&same.0, same.1[0])),
        Case::alone("mutex/id_1000", || {
            let (limiter, mut order) = (Arc::clone(&many.0), Order::of(many.1.clone()));
            move || limiter.allow(*order.next(), black_box("search"))
        }),
    ]
}

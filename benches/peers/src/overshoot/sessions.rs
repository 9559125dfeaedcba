//! A cap of ten sessions: sixty-four made at once, and ten more after ten have expired.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use allotment::{Enforcer, ManualClock, Policy, SessionSpec};
use arbiter_session::{CreateSessionRequest, SessionStore};
use enact_core::{EnforcementMiddleware, ExecutionId, ResourceLimits};
use uuid::Uuid;

use super::{Demand, Row, crowd};
use crate::arbiter::request;
use crate::enact::{limits, tenant};
use crate::tasks::on_this_thread;

const AT_ONCE: Demand = Demand { what: "10 sessions, 64 made at once", limit: 10 };
const ANEW: Demand = Demand { what: "10 sessions, 10 made after 10 have expired", limit: 10 };

const LIFE: Duration = Duration::from_secs(1);
const AFTER_LIFE: Duration = Duration::from_millis(1_100);

pub(super) fn rows() -> Vec<Row> {
    vec![
        AT_ONCE.ours(&crowd::threads(ours_at_once)),
        AT_ONCE.worst("arbiter-session", &arbiter_at_once()),
        AT_ONCE.worst("enact-core", &enact_at_once()),
        ANEW.ours(&[ours_anew()]),
        ANEW.row("arbiter-session", arbiter_anew()),
    ]
}

fn spec() -> SessionSpec {
    SessionSpec::new("agent-7").tools(["search"]).time_limit(LIFE)
}

/// Ten is an agent's cap that nothing is said about.
fn ours_at_once() -> impl Fn() -> bool + Sync {
    let enforcer = Enforcer::new(Policy::default()).expect("an enforcer");
    move || enforcer.create(SessionSpec::new("agent-7").tools(["search"])).is_ok()
}

fn ours_anew() -> u64 {
    let clock = ManualClock::new();
    let enforcer = Enforcer::builder().clock(clock.clone()).build().expect("an enforcer");
    let ten = || (0..10).map(|_| u64::from(enforcer.create(spec()).is_ok())).sum::<u64>();
    assert_eq!(ten(), 10, "the first ten");
    clock.advance(AFTER_LIFE);
    ten()
}

fn arbiter_at_once() -> Vec<u64> {
    let made = async || (SessionStore::new(), Uuid::new_v4());
    crowd::tasks(made, |(store, agent)| async move {
        store.create_if_under_cap(request(agent, 100, (100, 60)), AT_ONCE.limit).await.is_ok()
    })
}

fn arbiter_anew() -> u64 {
    let (runtime, store, agent) = (on_this_thread(), SessionStore::new(), Uuid::new_v4());
    let made = || {
        let life = chrono::Duration::from_std(LIFE).expect("a second");
        let request = CreateSessionRequest { time_limit: life, ..request(agent, 100, (100, 60)) };
        u64::from(runtime.block_on(store.create_if_under_cap(request, ANEW.limit)).is_ok())
    };
    let ten = || (0..10).map(|_| made()).sum::<u64>();
    assert_eq!(ten(), 10, "the first ten");
    thread::sleep(AFTER_LIFE);
    ten()
}

/// Its check of a tenant's concurrency, and the registration that counts, right after another.
fn enact_at_once() -> Vec<u64> {
    let made = async || Arc::new(EnforcementMiddleware::new());
    crowd::tasks(made, |middleware| async move {
        let limits = ResourceLimits { max_concurrent_executions: Some(10), ..limits(100) };
        let allowed = middleware.check_concurrency_allowed(&tenant(), &limits).await.is_allowed();
        if allowed {
            middleware.register_execution(ExecutionId::new(), tenant()).await;
        }
        allowed
    })
}

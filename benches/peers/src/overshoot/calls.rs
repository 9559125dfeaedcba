//! A limit of ten calls, and sixty-four who each want one at the same time.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use allotment::{Enforcer, Policy, SessionSpec};
use arbiter_session::SessionStore;
use chio_core::crypto::Keypair;
use governor::{Quota, RateLimiter};
use limitador::limit::Context;
use uuid::Uuid;

use super::{Demand, Row, crowd};
use crate::arbiter::{UseSession, request};
use crate::chio::{Evaluated, guard};
use crate::enact::{Steps, limits};
use crate::limitador::Limited;
use crate::mutex::Limiter;
use crate::tasks::Caller;

const TEN: Demand = Demand { what: "10 calls, 64 asking at once", limit: 10 };

/// How long a step takes that a check has allowed and that is recorded when it has ended.
const STEP: Duration = Duration::from_millis(1);

pub(super) fn rows() -> Vec<Row> {
    vec![
        TEN.ours(&crowd::threads(ours)),
        TEN.worst("arbiter-session", &arbiter()),
        TEN.worst("enact-core", &enact()),
        TEN.worst("chio-guards", &crowd::threads(chio)),
        TEN.worst("limitador", &crowd::threads(limitador)),
        TEN.worst("governor", &crowd::threads(governor)),
        TEN.worst("mutex", &crowd::threads(mutex)),
    ]
}

fn ours() -> impl Fn() -> bool + Sync {
    let enforcer = Enforcer::new(Policy::default()).expect("an enforcer");
    let spec = SessionSpec::new("agent-7").tools(["search"]).calls(TEN.limit);
    let session = enforcer.create(spec).expect("a session");
    move || session.authorize("search").is_ok()
}

fn arbiter() -> Vec<u64> {
    let made = async || {
        let request = request(Uuid::new_v4(), TEN.limit, (1_000, 60));
        UseSession::new(&SessionStore::new(), request, "search").await
    };
    crowd::tasks(made, |session| async move { session.call().await })
}

/// As its kernel has it: check, do the step, record it.
fn enact() -> Vec<u64> {
    let made = async || Steps::new(limits(10)).await;
    crowd::tasks(made, |steps| async move {
        let allowed = steps.check().await;
        if allowed {
            tokio::time::sleep(STEP).await;
            steps.record().await;
        }
        allowed
    })
}

fn chio() -> impl Fn() -> bool + Sync {
    let evaluated = Evaluated::new(&guard(None, Some(10), 60), &Keypair::generate(), "session-1");
    move || evaluated.call()
}

fn limitador() -> impl Fn() -> bool + Sync {
    let limited = Limited::new(TEN.limit, 3_600);
    move || limited.call(&Context::default())
}

fn governor() -> impl Fn() -> bool + Sync {
    let limiter = RateLimiter::direct(Quota::per_hour(NonZeroU32::new(10).expect("not zero")));
    move || limiter.check().is_ok()
}

fn mutex() -> impl Fn() -> bool + Sync {
    let limiter = Limiter::default();
    let id = limiter.create(TEN.limit, 1_000.0, 0.0, Instant::now());
    move || limiter.allow(id, "search")
}

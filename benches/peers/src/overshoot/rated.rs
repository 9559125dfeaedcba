//! Each system with one rate, and the time that it goes by.

use std::hint::spin_loop;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use allotment::{Enforcer, ManualClock, Rate, SessionSpec, Setting};
use allotment_benches::PLENTY;
use arbiter_session::SessionStore;
use chio_core::crypto::Keypair;
use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use limitador::limit::Context;
use uuid::Uuid;

use super::OURS;
use crate::arbiter::{UseSession, request};
use crate::chio::{Evaluated, guard};
use crate::limitador::Limited;
use crate::mutex::Limiter;
use crate::tasks::{Caller, on_this_thread};

/// A system with one rate.
pub(super) struct Rated {
    pub(super) system: &'static str,
    /// Asks for one call.
    pub(super) ask: Box<dyn FnMut() -> bool>,
    /// Waits until so long after it was made.
    pub(super) wait: Box<dyn FnMut(Duration)>,
}

impl Rated {
    fn new(
        system: &'static str,
        ask: impl FnMut() -> bool + 'static,
        wait: impl FnMut(Duration) + 'static,
    ) -> Self {
        Self { system, ask: Box::new(ask), wait: Box::new(wait) }
    }
}

/// Waits by moving a clock on.
fn moved(mut advance: impl FnMut(Duration) + 'static) -> impl FnMut(Duration) + 'static {
    let mut now = Duration::ZERO;
    move |at| {
        advance(at.saturating_sub(now));
        now = now.max(at);
    }
}

/// Waits: asleep, but for the last of it.
fn slept() -> impl FnMut(Duration) + 'static {
    let begun = Instant::now();
    move |at| {
        let left = at.saturating_sub(begun.elapsed());
        thread::sleep(left.saturating_sub(Duration::from_micros(300)));
        while begun.elapsed() < at {
            spin_loop();
        }
    }
}

pub(super) fn ours(limit: u32, window: Duration) -> Rated {
    let clock = ManualClock::new();
    let enforcer = Enforcer::builder().clock(clock.clone()).build().expect("an enforcer");
    let rate = Rate::new(limit.into(), window).expect("a rate");
    let spec = SessionSpec::new("agent-7").tools(["search"]).calls(Setting::Unlimited).rate(rate);
    let session = enforcer.create(spec).expect("a session");
    Rated::new(OURS, move || session.authorize("search").is_ok(), moved(move |by| clock.advance(by)))
}

pub(super) fn governor(limit: u32, window: Duration) -> Rated {
    let clock = FakeRelativeClock::default();
    let burst = NonZeroU32::new(limit).expect("not zero");
    let quota = Quota::with_period(window / limit).expect("a period").allow_burst(burst);
    let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
    Rated::new("governor", move || limiter.check().is_ok(), moved(move |by| clock.advance(by)))
}

pub(super) fn mutex(limit: u32, window: Duration) -> Rated {
    let now = Arc::new(Mutex::new(Instant::now()));
    let read = |now: &Mutex<Instant>| *now.lock().unwrap_or_else(PoisonError::into_inner);
    let limiter = Limiter::default();
    let id = limiter.create(PLENTY, limit.into(), f64::from(limit) / window.as_secs_f64(), read(&now));
    let its = Arc::clone(&now);
    let advance = move |by| *now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    Rated::new("mutex", move || limiter.allow_at(id, "search", read(&its)), moved(advance))
}

pub(super) fn arbiter(limit: u32, window: Duration) -> Rated {
    let runtime = on_this_thread();
    let request = request(Uuid::new_v4(), PLENTY, (limit.into(), window.as_secs()));
    let session = runtime.block_on(UseSession::new(&SessionStore::new(), request, "search"));
    Rated::new("arbiter-session", move || runtime.block_on(session.call()), slept())
}

pub(super) fn chio(limit: u32, window: Duration) -> Rated {
    let guard = guard(None, Some(limit), window.as_secs());
    let evaluated = Evaluated::new(&guard, &Keypair::generate(), "session-1");
    Rated::new("chio-guards", move || evaluated.call(), slept())
}

pub(super) fn limitador(limit: u32, window: Duration) -> Rated {
    let limited = Limited::new(limit.into(), window.as_secs());
    Rated::new("limitador", move || limited.call(&Context::default()), slept())
}

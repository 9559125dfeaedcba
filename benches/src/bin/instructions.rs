//! One kind of decision, so many times, in a function that callgrind is told to count and nothing else: not the clock's calibration, which
//! takes as long as it takes. `.ci/instructions` runs it and compares.

use std::hint::black_box;

use allotment::{Enforcer, KeyedLimiter, Rate, Session, SessionSpec, Usage};
use allotment_benches::{policy, session};

/// A name, and what is counted.
type Case = (&'static str, fn(u64));

/// The cases, each with what it does `times` times.
const CASES: [Case; 8] = [
    ("handle", |times| by_handle(times, &alone())),
    ("by_id", by_id),
    ("agent", |times| by_handle(times, &limited(true, false))),
    ("agent_tenant", |times| by_handle(times, &limited(true, true))),
    ("child", |times| by_handle(times, &child())),
    ("reserve_settle", reserve_settle),
    ("denied", denied),
    ("keyed", keyed),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), Some(times)) = (arguments.next(), arguments.next().and_then(|n| n.parse().ok())) else {
        // For the script: what there is to count.
        for (name, _) in CASES {
            println!("{name}");
        }
        return;
    };
    let (_, run) = CASES.iter().find(|(name, _)| *name == case).expect("a case");
    run(times);
}

/// What callgrind counts, by this name.
#[inline(never)]
fn counted(times: u64, decide: impl Fn() -> bool) {
    for _ in 0..times {
        assert!(decide());
    }
}

fn limited(agents: bool, tenants: bool) -> Session {
    let enforcer = Enforcer::new(policy(agents, tenants)).expect("an enforcer");
    session(&enforcer, "agent-7", Some("acme"))
}

fn alone() -> Session {
    limited(false, false)
}

fn child() -> Session {
    alone().delegate(SessionSpec::new("agent-8").tools(["search"]).calls(1 << 40)).expect("a child")
}

fn by_handle(times: u64, session: &Session) {
    counted(times, || session.authorize(black_box("search")).is_ok());
}

fn by_id(times: u64) {
    let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
    let id = session(&enforcer, "agent-7", None).id();
    counted(times, || enforcer.authorize(black_box(id), black_box("agent-7"), black_box("search")).is_ok());
}

fn reserve_settle(times: u64) {
    let spec = SessionSpec::new("agent-7").tools(["search"]).tokens(1 << 40);
    let session = Enforcer::new(policy(false, false)).expect("an enforcer").create(spec).expect("a session");
    counted(times, || {
        let hold = session.reserve(Usage::tokens(black_box(100))).expect("tokens");
        hold.settle(Usage::tokens(black_box(80))).is_ok_and(|settled| !settled.overrun)
    });
}

fn denied(times: u64) {
    let session = alone();
    counted(times, || session.authorize(black_box("wire_money")).is_err());
}

fn keyed(times: u64) {
    let slow = Rate::per_hour(1).and_then(|rate| rate.with_burst(1e14)).expect("a rate");
    let limiter = KeyedLimiter::new(slow).expect("a limiter");
    assert!(limiter.check("provider-7").is_ok());
    counted(times, || limiter.check(black_box("provider-7")).is_ok());
}

//! One kind of decision, so many times, in a function that callgrind is told to count and nothing else: not the clock's calibration, which
//! takes as long as it takes. `.ci/instructions` runs it and compares.
//!
//! Each decision is asked of another enforcer than the one before. Tables and maps are seeded anew each time they are made, so where a name
//! or an id stands in one of them, and how many places a look-up passes, is chance; of many it is an average.

use std::hint::black_box;

use allotment::{Enforcer, KeyedLimiter, Rate, Session, SessionSpec, Usage};
use allotment_benches::{policy, session};

/// How many enforcers are asked in turn.
const ENFORCERS: usize = 256;

/// A name, and what is counted.
type Case = (&'static str, fn(u64));

/// The cases, each with what it does `times` times.
const CASES: [Case; 9] = [
    ("handle", |times| by_handle(times, alone)),
    ("by_id", by_id),
    ("by_id_of_1000", by_id_of_many),
    ("agent", |times| by_handle(times, || limited(true, false))),
    ("agent_tenant", |times| by_handle(times, || limited(true, true))),
    ("child", |times| by_handle(times, child)),
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

fn many<T>(make: impl Fn() -> T) -> Vec<T> {
    (0..ENFORCERS).map(|_| make()).collect()
}

/// What callgrind counts, by this name.
#[inline(never)]
fn counted<T>(times: u64, asked: &[T], decide: impl Fn(&T) -> bool) {
    for one in asked.iter().cycle().take(usize::try_from(times).expect("a count")) {
        assert!(decide(one));
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

fn by_handle(times: u64, make: impl Fn() -> Session) {
    let sessions = many(make);
    counted(times, &sessions, |session| session.authorize(black_box("search")).is_ok());
}

fn by_id(times: u64) {
    let asked = many(|| {
        let enforcer = Enforcer::new(policy(false, false)).expect("an enforcer");
        let id = session(&enforcer, "agent-7", None).id();
        (enforcer, id)
    });
    counted(times, &asked, |(enforcer, id)| {
        enforcer.authorize(black_box(*id), black_box("agent-7"), black_box("search")).is_ok()
    });
}

/// Of 1,000 sessions, which all but fill a table of the next power of two.
fn by_id_of_many(times: u64) {
    let enforcers: Vec<_> =
        (0..4).map(|_| Enforcer::new(policy(false, false)).expect("an enforcer")).collect();
    let made = |enforcer: &Enforcer| (enforcer.clone(), session(enforcer, "agent-7", None).id());
    let asked: Vec<_> = (0..1_000).flat_map(|_| enforcers.iter().map(made)).collect();
    counted(times, &asked, |(enforcer, id)| {
        enforcer.authorize(black_box(*id), black_box("agent-7"), black_box("search")).is_ok()
    });
}

fn reserve_settle(times: u64) {
    let sessions = many(|| {
        let spec = SessionSpec::new("agent-7").tools(["search"]).tokens(1 << 40);
        Enforcer::new(policy(false, false)).expect("an enforcer").create(spec).expect("a session")
    });
    counted(times, &sessions, |session| {
        let hold = session.reserve(Usage::tokens(black_box(100))).expect("tokens");
        hold.settle(Usage::tokens(black_box(80))).is_ok_and(|settled| !settled.overrun)
    });
}

fn denied(times: u64) {
    let sessions = many(alone);
    counted(times, &sessions, |session| session.authorize(black_box("wire_money")).is_err());
}

fn keyed(times: u64) {
    let slow = Rate::per_hour(1).and_then(|rate| rate.with_burst(1e14)).expect("a rate");
    let limiters = many(|| KeyedLimiter::new(slow).expect("a limiter"));
    assert!(limiters.iter().all(|limiter| limiter.check("provider-7").is_ok()));
    counted(times, &limiters, |limiter| limiter.check(black_box("provider-7")).is_ok());
}

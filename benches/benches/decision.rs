//! The decision, against its floor: one clock read, one tool look-up, one 128-bit compare-and-swap, measured in the same
//! process. `cargo bench -p allotment-benches`.

use std::collections::HashSet;
use std::hint::black_box;

use allotment::{Enforcer, KeyedLimiter, Rate};
use allotment_benches::{TOOLS, fast, policy, session};
use criterion::{Criterion, criterion_group, criterion_main};
use portable_atomic::{AtomicU128, Ordering};

fn floor(c: &mut Criterion) {
    let mut group = c.benchmark_group("floor");
    let clock = quanta::Clock::new();
    let epoch = clock.raw();
    let word = AtomicU128::new(0);
    let tools: HashSet<&str, foldhash::fast::RandomState> = TOOLS.into_iter().collect();
    let read_clock = || clock.delta_as_nanos(epoch, clock.raw());
    let swap = |n: u64| {
        let seen = word.load(Ordering::Acquire);
        let next = seen + u128::from(n | 1);
        word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire)
    };
    group.bench_function("clock", |b| b.iter(read_clock));
    group.bench_function("compare_and_swap", |b| b.iter(|| swap(black_box(1))));
    group.bench_function("tool", |b| b.iter(|| tools.contains(black_box("search"))));
    group.bench_function("all", |b| {
        b.iter(|| {
            let now = read_clock();
            if tools.contains(black_box("search")) { swap(now).is_ok() } else { false }
        });
    });
    group.finish();
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("authorize");
    let alone = Enforcer::new(policy(false, false)).expect("an enforcer");
    let handle = session(&alone, "agent-7", None);
    group.bench_function("handle", |b| b.iter(|| handle.authorize(black_box("search")).is_ok()));
    let id = handle.id();
    group.bench_function("id", |b| {
        b.iter(|| alone.authorize(black_box(id), "agent-7", black_box("search")).is_ok());
    });
    for (name, agents, tenants) in [("agent", true, false), ("agent_tenant", true, true)] {
        let enforcer = Enforcer::new(policy(agents, tenants)).expect("an enforcer");
        let session = session(&enforcer, "agent-7", Some("acme"));
        group.bench_function(name, |b| b.iter(|| session.authorize(black_box("search")).is_ok()));
    }
    // Nobody drains: all but the first 4,096 find the queue of events full.
    group.bench_function("denied", |b| b.iter(|| handle.authorize(black_box("wire_money")).is_err()));
    group.bench_function("denied_told_and_drained", |b| {
        alone.events().for_each(drop);
        b.iter(|| handle.authorize(black_box("wire_money")).is_err() && alone.events().next().is_some());
    });
    group.finish();
}

fn keyed(c: &mut Criterion) {
    let mut group = c.benchmark_group("keyed");
    // A bucket that neither runs empty nor is full again while this runs, so that no key is forgotten.
    let slow = Rate::per_hour(1).and_then(|rate| rate.with_burst(1e14)).expect("a rate");
    let limiter = KeyedLimiter::new(slow).expect("a limiter");
    let keys: Vec<String> = (0..1_000).map(|key| format!("provider-{key}")).collect();
    assert!(keys.iter().all(|key| limiter.check(key).is_ok()));
    group.bench_function("known", |b| b.iter(|| limiter.check(black_box("provider-7")).is_ok()));
    let mut turn = 0;
    group.bench_function("known_of_1000", |b| {
        b.iter(|| {
            turn = (turn + 617) % keys.len();
            limiter.check(&keys[turn]).is_ok()
        });
    });
    assert_eq!(limiter.len(), 1_000, "every key was known all the time");
    // Full again after half a microsecond, so each is forgotten and comes anew.
    let forgetful = KeyedLimiter::new(fast()).expect("a limiter");
    group.bench_function("new", |b| {
        b.iter(|| {
            turn = (turn + 617) % keys.len();
            forgetful.check(&keys[turn]).is_ok()
        });
    });
    group.finish();
}

criterion_group!(benches, floor, decision, keyed);
criterion_main!(benches);

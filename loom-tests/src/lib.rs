//! How the loom tests explore and report. Run with `RUSTFLAGS="--cfg loom"`; without it there is nothing here.
#![cfg(loom)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How far a search goes.
#[derive(Debug, Clone, Copy)]
pub enum Depth {
    /// Every interleaving there is.
    Exhaustive,
    /// Every interleaving with at most this many preemptions.
    Preemptions(usize),
}

/// Runs `body` in every interleaving within `depth` and prints how many there were.
///
/// There is no time limit: loom's own ends a search silently and passes.
///
/// # Panics
/// Where `body` does in some interleaving, and where there was only one, because then nothing was explored.
pub fn explore(name: &str, depth: Depth, body: impl Fn() + Sync + Send + 'static) {
    static EXECUTIONS: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = EXECUTIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let executions: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    let mut builder = loom::model::Builder::new();
    builder.max_duration = None;
    builder.max_permutations = None;
    builder.preemption_bound = match depth {
        Depth::Exhaustive => None,
        Depth::Preemptions(bound) => Some(bound),
    };
    let start = Instant::now();
    builder.check(move || {
        executions.fetch_add(1, Ordering::Relaxed);
        body();
    });
    let count = executions.load(Ordering::Relaxed);
    println!("{name}: {count} interleavings, {depth:?}, {:.1} s", start.elapsed().as_secs_f64());
    assert!(count > 1, "{name} explored nothing");
}

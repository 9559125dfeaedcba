//! How the loom tests explore and report. Run with `RUSTFLAGS="--cfg loom"`; without it there is nothing here.
#![cfg(loom)]

use std::fmt;
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

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhaustive => f.write_str("exhaustive"),
            Self::Preemptions(bound) => write!(f, "at most {bound} preemptions"),
        }
    }
}

/// Runs `body` in every interleaving within `depth` and prints a row of a table: the test, `what` its threads do, how many interleavings
/// there were, whether that was all of them, and how long it took.
///
/// There is no time limit: loom's own ends a search silently and passes.
///
/// # Panics
/// Where `body` does in some interleaving, and where there was only one, because then nothing was explored.
pub fn explore(what: &str, depth: Depth, body: impl Fn() + Sync + Send + 'static) {
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
    let thread = std::thread::current();
    let (test, seconds) = (thread.name().unwrap_or_default(), start.elapsed().as_secs_f64());
    println!("| `{test}` | {what} | {count} | {depth} | {seconds:.1} s |");
    assert!(count > 1, "{test} explored nothing");
}

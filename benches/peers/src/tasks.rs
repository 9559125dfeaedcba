//! Peers that are asynchronous, on runtimes of their own.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use allotment_benches::Subject;
use tokio::runtime::{Builder, Runtime};

use crate::case::Case;

/// Something that can be awaited for one decision; clones ask the same object.
pub trait Caller: Clone + Send + Sync + 'static {
    /// Whether it was admitted.
    fn call(&self) -> impl Future<Output = bool> + Send;
}

/// A runtime on the thread that blocks on it.
#[must_use]
pub fn on_this_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A runtime of two workers.
#[must_use]
pub fn on_two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime")
}

/// One task. The runtime is entered once a batch.
pub fn alone(name: &str, caller: &impl Caller) -> Case {
    let runtime = Arc::new(on_this_thread());
    let (timed, asked) = (caller.clone(), caller.clone());
    let its = Arc::clone(&runtime);
    let subject = Subject::timed(name, move |times| its.block_on(took(&timed, times)).1);
    Case::new(subject, move |times| runtime.block_on(admitted(&asked, times)))
}

/// Two tasks on two workers; from when both are there until both are done.
pub fn two<C: Caller>(name: &str, callers: &[C; 2]) -> Case {
    let runtime = Arc::new(on_two_workers());
    let (timed, asked) = (callers.clone(), callers.clone());
    let its = Arc::clone(&runtime);
    let mut subject = Subject::timed(name, move |times| its.block_on(both_took(&timed, times)));
    subject.threads = callers.len();
    Case::new(subject, move |times| {
        let half = times / 2;
        asked.iter().map(|caller| runtime.block_on(admitted(caller, half))).sum()
    })
}

/// When it began and how long it took.
async fn took(caller: &impl Caller, times: u64) -> (Instant, Duration) {
    let begun = Instant::now();
    for _ in 0..times {
        black_box(caller.call().await);
    }
    (begun, begun.elapsed())
}

async fn both_took<C: Caller>(callers: &[C; 2], times: u64) -> Duration {
    let here = Arc::new(AtomicUsize::new(0));
    let tasks = callers.each_ref().map(|caller| {
        let (caller, here) = (caller.clone(), Arc::clone(&here));
        tokio::spawn(async move {
            here.fetch_add(1, Ordering::AcqRel);
            while here.load(Ordering::Acquire) < 2 {
                tokio::task::yield_now().await;
            }
            took(&caller, times).await
        })
    });
    let mut both = Vec::new();
    for task in tasks {
        both.push(task.await.expect("a task"));
    }
    let begun = both.iter().map(|(begun, _)| *begun).min();
    let ended = both.iter().map(|(begun, took)| *begun + *took).max();
    ended.zip(begun).map(|(ended, begun)| ended - begun).unwrap_or_default()
}

async fn admitted(caller: &impl Caller, times: u64) -> u64 {
    let mut admitted = 0;
    for _ in 0..times {
        admitted += u64::from(caller.call().await);
    }
    admitted
}

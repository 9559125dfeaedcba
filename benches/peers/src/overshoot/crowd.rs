//! Many who ask at once.

use std::sync::Barrier;
use std::thread;

use crate::tasks::on_two_workers;

/// How many ask at once.
pub(super) const CROWD: usize = 64;

const TRIALS: usize = 100;

/// What each trial admitted of a crowd of threads that each ask once; `made` makes what they share.
pub(super) fn threads<W: Fn() -> bool + Sync>(made: impl Fn() -> W) -> Vec<u64> {
    let trial = |_| {
        let (ask, start) = (made(), Barrier::new(CROWD));
        let asked = || {
            start.wait();
            u64::from(ask())
        };
        thread::scope(|scope| {
            let crew: Vec<_> = (0..CROWD).map(|_| scope.spawn(asked)).collect();
            crew.into_iter().map(|thread| thread.join().expect("a thread")).sum()
        })
    };
    (0..TRIALS).map(trial).collect()
}

/// What each trial admitted of a crowd of tasks on two workers; `made` makes something to share, and `ask` asks it once.
pub(super) fn tasks<T, F>(made: impl AsyncFn() -> T, ask: impl Fn(T) -> F) -> Vec<u64>
where
    T: Clone,
    F: Future<Output = bool> + Send + 'static,
{
    let runtime = on_two_workers();
    let trial = |_| {
        runtime.block_on(async {
            let shared = made().await;
            let crew: Vec<_> = (0..CROWD).map(|_| tokio::spawn(ask(shared.clone()))).collect();
            let mut admitted = 0;
            for task in crew {
                admitted += u64::from(task.await.expect("a task"));
            }
            admitted
        })
    };
    (0..TRIALS).map(trial).collect()
}

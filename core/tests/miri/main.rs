//! A few threads doing a few operations each, small enough for miri under many seeds (`bash .ci/miri`).
//!
//! miri looks for undefined behaviour and data races in the containers below (papaya, arc-swap, crossbeam), which the searches of
//! loom-tests cannot see into, and lets a load return any value that the memory model allows. So nothing here synchronises threads
//! but the product itself: they are spawned and joined, and what they tell each other before that is told by relaxed words.
//!
//! Power: `after_close_…` fails under some seeds where [`Meter`]'s update is relaxed; `.ci/miri` names what it does not find.
//!
//! [`Meter`]: ../../src/meter/mod.rs
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod containers;
mod ordering;

/// Runs `work(0)`, …, `work(threads − 1)` at once, with no meeting point: a barrier would order what they did before it.
fn race<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads).map(|index| scope.spawn(move || work(index))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

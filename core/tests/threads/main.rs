//! What has to hold whatever threads do. Time stands still or is moved by the test; nothing sleeps. Every random choice
//! comes from a seed that is printed, though a schedule cannot be repeated.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/seed.rs"]
mod seed;

mod carve_outs;
mod close;
mod conservation;
mod create;
mod delegation;
mod events;
mod exact;
mod limiter;
mod partial_grants;
mod places;
mod reservations;
mod shared;
mod steps;
mod swaps;
mod sweep;
mod top_ups;
mod torn;
mod truthful;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `work(0)`, …, `work(threads − 1)` at once: none begins before all are there.
fn race<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let waiting = AtomicUsize::new(threads);
    std::thread::scope(|scope| {
        let (work, waiting) = (&work, &waiting);
        let started = |index| {
            scope.spawn(move || {
                waiting.fetch_sub(1, Ordering::SeqCst);
                until(|| waiting.load(Ordering::SeqCst) == 0);
                work(index)
            })
        };
        let running: Vec<_> = (0..threads).map(started).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Spins until `done`, and lets others run where that takes long.
fn until(done: impl Fn() -> bool) {
    for spin in 0u32.. {
        if done() {
            return;
        }
        if spin < 500 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

/// A meeting point: two threads that call [`Duel::meet`] with the same round leave it within nanoseconds.
#[derive(Default)]
struct Duel(AtomicUsize);

impl Duel {
    fn meet(&self, round: usize) {
        self.0.fetch_add(1, Ordering::SeqCst);
        until(|| self.0.load(Ordering::SeqCst) >= 2 * (round + 1));
    }
}

/// A small generator of random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// Passes up to some hundred nanoseconds, so that two who met arrive in every order.
    fn dawdle(&mut self, most: u64) {
        for _ in 0..self.below(most) {
            std::hint::spin_loop();
        }
    }
}

//! The one place that chooses between real atomics, loom's and shuttle's.
//!
//! Everything hand-written that synchronises goes through here, because either sees only its own types: a lost
//! update on a std atomic passes loom unseen. Nothing else in the crate knows that they exist, but for what they drive (`model`).
//! The containers that have to be seen with the rest, arc-swap's and crossbeam's bounded queue, are named here for the same reason, and
//! used in L4.

#[cfg(any(loom, shuttle))]
mod modelled;

#[cfg(not(any(loom, shuttle)))]
mod real {
    pub(crate) use arc_swap::{ArcSwap, Guard};
    pub(crate) use core::sync::atomic::{AtomicU64, Ordering};
    pub(crate) use crossbeam::queue::ArrayQueue;
    pub(crate) use portable_atomic::AtomicU128;
    pub(crate) use std::sync::OnceLock;

    /// How often an admission that meets other admissions' holds looks again before it is `contended`.
    pub(crate) const ATTEMPTS: u32 = 256;
    /// How often somebody looks who has to wait until others have let go.
    pub(crate) const PATIENCE: u32 = ATTEMPTS;

    /// Waits a little, longer with each attempt; gives the core away once spinning has not helped, because whoever
    /// holds the funds may be waiting for this very core.
    pub(crate) fn back_off(attempt: u32) {
        if attempt < 6 {
            for _ in 0..1u32 << attempt {
                core::hint::spin_loop();
            }
        } else {
            std::thread::yield_now();
        }
    }
}

#[cfg(loom)]
mod real {
    pub(crate) use super::modelled::{ArcSwap, ArrayQueue, AtomicU128, Guard};
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
    pub(crate) use std::sync::OnceLock;

    /// Few, or the search never ends; a model that needs more sees `contended`, which it must expect.
    pub(crate) const ATTEMPTS: u32 = 3;
    /// None, so that what happens without it is searched; shuttle has enough of it.
    pub(crate) const PATIENCE: u32 = 1;

    pub(crate) fn back_off(_attempt: u32) {
        loom::thread::yield_now();
    }
}

#[cfg(shuttle)]
mod real {
    pub(crate) use super::modelled::{ArcSwap, ArrayQueue, AtomicU128, Guard};
    pub(crate) use shuttle::sync::Mutex;
    pub(crate) use shuttle::sync::atomic::{AtomicU64, Ordering};
    // Whatever is made on first use is made without a switch of threads in between.
    pub(crate) use std::sync::OnceLock;

    /// Enough that a seal is given up only where somebody never lets go.
    pub(crate) const ATTEMPTS: u32 = 64;
    pub(crate) const PATIENCE: u32 = ATTEMPTS;

    pub(crate) fn back_off(_attempt: u32) {
        shuttle::thread::yield_now();
    }
}

pub(crate) use real::*;

/// Tries until `attempt` gives something, or patience ends: for what has to wait until others have let go.
pub(crate) fn patiently<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    (0..PATIENCE).find_map(|count| {
        let done = attempt();
        if done.is_none() {
            back_off(count);
        }
        done
    })
}

/// How often this process was forked off another, as far as anybody told. Outside loom's knowledge, which has no statics.
static FORKS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

/// How often this process was forked off another.
#[inline]
pub(crate) fn forks() -> u64 {
    // Relaxed: it changes in a child that has one thread still.
    FORKS.load(core::sync::atomic::Ordering::Relaxed)
}

/// To be called in a child process right after a fork: every enforcer that it inherited denies from now on (`forked`), because what
/// it holds is a copy of budgets that the parent goes on spending. Enforcers made afterwards work. The Python package calls it by
/// itself.
pub fn after_fork_in_child() {
    FORKS.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
}

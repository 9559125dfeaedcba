//! The floor: what a decision cannot do without, written plainly. One clock read, one look-up in a set of tools, one 128-bit
//! compare-and-swap; for a chain of n accounts 2·n − 1 of them, because every account but one is held first and committed in the end.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;

use portable_atomic::{AtomicU128, Ordering};

pub use super::floor_by_id::{FLOOR_BY_ID, all_by_id, floor_by_id};
use crate::{Share, Subject, TOOLS, sure_share};

/// The name of the floor of a decision by handle.
pub const FLOOR: &str = "floor/all";

/// A word on a cache line of its own, as an entry's is: two that share one are two threads' to fight for.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Line(pub(super) AtomicU128);

type Tools = HashSet<&'static str, foldhash::fast::RandomState>;

/// The nanoseconds since it was made, as the product reads them.
pub(super) struct Clock {
    counter: quanta::Clock,
    epoch: u64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let counter = quanta::Clock::new();
        let epoch = counter.raw();
        Self { counter, epoch }
    }

    pub(super) fn now(&self) -> u64 {
        self.counter.delta_as_nanos(self.epoch, self.counter.raw())
    }
}

pub(super) fn tools() -> Tools {
    TOOLS.into_iter().collect()
}

/// One compare-and-swap; nobody is in between, so it succeeds.
#[inline]
pub(super) fn swap(word: &AtomicU128, n: u64) -> bool {
    let seen = word.load(Ordering::Acquire);
    let next = seen.wrapping_add(u128::from(n | 1));
    word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// As many as it takes: others are in between.
#[inline]
fn swap_among_others(word: &AtomicU128, n: u64) -> bool {
    let mut seen = word.load(Ordering::Acquire);
    loop {
        let next = seen.wrapping_add(u128::from(n | 1));
        match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return true,
            Err(found) => seen = found,
        }
    }
}

/// The floor's parts and their sum.
#[must_use]
pub fn floor() -> Vec<Subject> {
    let clock = Clock::new();
    let word = AtomicU128::new(0);
    let set = tools();
    let (all_clock, all_word, all_tools) = (Clock::new(), Box::<Line>::default(), tools());
    vec![
        Subject::new("floor/clock", move || clock.now()),
        Subject::sure("floor/compare_and_swap", move || swap(&word, black_box(1))),
        Subject::sure("floor/tool", move || set.contains(black_box("search"))),
        Subject::sure(FLOOR, move || {
            all_tools.contains(black_box("search")) && swap(&all_word.0, all_clock.now())
        }),
    ]
}

/// The floors of chains of two and of three accounts.
#[must_use]
pub fn chains() -> Vec<Subject> {
    vec![chain::<1>(), chain::<2>()]
}

/// The floor of a chain of a session and so many accounts more.
fn chain<const OUTER: usize>() -> Subject {
    let (clock, tools) = (Clock::new(), tools());
    // Each in a place of its own, as accounts are.
    let gate = Box::new(AtomicU128::new(0));
    let outer: [Box<AtomicU128>; OUTER] = std::array::from_fn(|_| Box::new(AtomicU128::new(0)));
    Subject::sure(format!("{FLOOR}_{}", OUTER + 1), move || {
        let now = clock.now();
        tools.contains(black_box("search"))
            && outer.iter().rev().all(|word| swap(word, now))
            && swap(&gate, now)
            && outer.iter().all(|word| swap(word, 1))
    })
}

/// The floor on two threads that share nothing, and a word that two threads change.
#[must_use]
pub fn two_threads() -> Vec<Subject> {
    let apart = || -> Share {
        let (clock, tools, word) = (Clock::new(), tools(), Box::<Line>::default());
        sure_share(move || tools.contains(black_box("search")) && swap(&word.0, clock.now()))
    };
    let word = Arc::new(AtomicU128::new(0));
    let same = || {
        let word = Arc::clone(&word);
        sure_share(move || swap_among_others(&word, black_box(1)))
    };
    vec![
        Subject::shared("floor/all_two_apart", vec![apart(), apart()]),
        Subject::shared("floor/compare_and_swap_two_same", vec![same(), same()]),
    ]
}

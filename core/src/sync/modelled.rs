//! What neither loom nor shuttle has, made of what they have.
//!
//! A container made so keeps what the real one promises and no more: what is put in it is the product's own, and searched with
//! the rest; how crossbeam and arc-swap keep their promises is not.

use core::ops::Deref;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex as Unseen, MutexGuard, PoisonError};

use super::{AtomicU64, Mutex, Ordering};

/// A mutex of the standard library: outside the search on purpose.
fn unseen<T>(mutex: &Unseen<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[derive(Default)]
struct Interned {
    numbers: HashMap<u128, u64>,
    values: Vec<u128>,
}

/// Shared by all executions: equal values always have equal numbers, so an execution that is replayed sees the same comparisons.
static INTERNED: Unseen<Option<Interned>> = Unseen::new(None);

fn number_of(value: u128) -> u64 {
    let mut guard = unseen(&INTERNED);
    let interned = guard.get_or_insert_with(Interned::default);
    *interned.numbers.entry(value).or_insert_with(|| {
        interned.values.push(value);
        interned.values.len() as u64 - 1
    })
}

fn value_of(number: u64) -> u128 {
    unseen(&INTERNED).as_ref().map_or(0, |interned| interned.values[place(number)])
}

/// A 128-bit atomic: an `AtomicU64` that holds the number of an interned value, so that loads and compare-and-swaps keep the full
/// treatment of orderings and of stale reads.
#[derive(Debug)]
pub(crate) struct AtomicU128(AtomicU64);

impl AtomicU128 {
    pub(crate) fn new(value: u128) -> Self {
        Self(AtomicU64::new(number_of(value)))
    }

    pub(crate) fn load(&self, ordering: Ordering) -> u128 {
        value_of(self.0.load(ordering))
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        current: u128,
        new: u128,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u128, u128> {
        self.0
            .compare_exchange_weak(number_of(current), number_of(new), success, failure)
            .map(value_of)
            .map_err(value_of)
    }
}

/// arc-swap's pointer: the number of the value that stands in it, with the orderings that arc-swap promises.
#[derive(Debug)]
pub(crate) struct ArcSwap<T> {
    number: AtomicU64,
    values: Unseen<Vec<Arc<T>>>,
}

/// What was loaded.
#[derive(Debug)]
pub(crate) struct Guard<T>(T);

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> ArcSwap<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self { number: AtomicU64::new(0), values: Unseen::new(vec![value]) }
    }

    pub(crate) fn from_pointee(value: T) -> Self {
        Self::new(Arc::new(value))
    }

    pub(crate) fn load(&self) -> Guard<Arc<T>> {
        Guard(self.value(self.number.load(Ordering::Acquire)))
    }

    /// Puts what `update` makes of the value in its place; the value that it was made of.
    pub(crate) fn rcu<R: Into<Arc<T>>>(&self, mut update: impl FnMut(&Arc<T>) -> R) -> Arc<T> {
        let mut seen = self.number.load(Ordering::Acquire);
        loop {
            let before = self.value(seen);
            let after = update(&before).into();
            let number = {
                let mut values = unseen(&self.values);
                values.push(after);
                values.len() as u64 - 1
            };
            match self.number.compare_exchange(seen, number, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return before,
                Err(other) => seen = other,
            }
        }
    }

    fn value(&self, number: u64) -> Arc<T> {
        Arc::clone(&unseen(&self.values)[place(number)])
    }
}

/// crossbeam's bounded queue.
#[derive(Debug)]
pub(crate) struct ArrayQueue<T> {
    held: Mutex<VecDeque<T>>,
    capacity: usize,
}

impl<T> ArrayQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { held: Mutex::new(VecDeque::new()), capacity }
    }

    fn held<R>(&self, access: impl FnOnce(&mut VecDeque<T>) -> R) -> R {
        access(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        self.held(|held| {
            if held.len() >= self.capacity {
                return Err(value);
            }
            held.push_back(value);
            Ok(())
        })
    }

    /// Puts `value` in, in place of the oldest where it is full.
    pub(crate) fn force_push(&self, value: T) -> Option<T> {
        self.held(|held| {
            let oldest = if held.len() >= self.capacity { held.pop_front() } else { None };
            held.push_back(value);
            oldest
        })
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.held(VecDeque::pop_front)
    }

    pub(crate) fn len(&self) -> usize {
        self.held(|held| held.len())
    }
}

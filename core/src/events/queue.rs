//! [`Events`]: the queue. Whoever finds it full counts one drop and goes on; nobody waits for whoever drains it.
//!
//! **Never**: more than the capacity + [`SLACK`] events held; an event half made; a decision that waits for a reader.
//!
//! *Why slack?* A reader that was stopped in the midst of taking an event out has left a slot that the queue counts as free
//! and that is not yet. A writer that came to this very slot would wait for it. So the ring is longer than the queue is
//! said to be: the queue is full before a writer comes that far, unless other readers have meanwhile taken out as many
//! events more as there is slack.
//!
//! What is done with the ring is searched by loom (`every_event_comes_out_once_or_is_counted`) with a model in place of crossbeam's; that
//! one runs on real threads in `core/tests/threads/events.rs`.

use crossbeam::utils::CachePadded;

use super::{About, Event, EventKind};
use crate::cell::{Stamp, Tally};
use crate::sync::{ArrayQueue, forks};
use crate::units::Nanos;

/// How much longer the ring is than the queue; also how many racing writers may exceed the capacity, each by one.
const SLACK: usize = 64;

/// Which kinds are let in. What becomes of sessions and reservations always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted(u64);

impl Wanted {
    /// Everything but what is said not to be.
    pub(crate) const fn new(grants: bool, warnings: bool, denials: bool) -> Self {
        let mut unwanted = 0;
        if !grants {
            unwanted |= EventKind::Granted.bit();
        }
        if !warnings {
            unwanted |= EventKind::Warning.bit() | EventKind::Drift.bit();
        }
        if !denials {
            unwanted |= EventKind::Denied.bit();
        }
        Self(!unwanted)
    }
}

impl Default for Wanted {
    /// Warnings and denials, no grants.
    fn default() -> Self {
        Self::new(false, true, true)
    }
}

/// A bounded queue of events. Each writer's events come out in its order.
#[derive(Debug)]
pub(crate) struct Events {
    /// Boxed, so that an empty queue is small: 16 bytes a place.
    ring: ArrayQueue<Box<Event>>,
    capacity: usize,
    wanted: Stamp,
    /// Wall time at the clock's epoch, in nanoseconds since 1970.
    wall_epoch: u64,
    /// How often the process had been forked off another when this was made: in a copy, whoever was at a slot never finishes.
    born: u64,
    /// On a line of its own: it is written when the queue is full, and everybody reads the rest.
    dropped: CachePadded<Tally>,
}

impl Events {
    /// A queue of `capacity` events; of 0, one that drops everything.
    pub(crate) fn new(capacity: usize, wanted: Wanted, wall_epoch: u64) -> Self {
        Self {
            ring: ArrayQueue::new(capacity.saturating_add(SLACK)),
            capacity,
            wanted: Stamp::new(wanted.0),
            wall_epoch,
            born: forks(),
            dropped: CachePadded::default(),
        }
    }

    /// Lets in from now on what is `wanted`.
    pub(crate) fn want(&self, wanted: Wanted) {
        self.wanted.set(wanted.0);
    }

    /// Whether events of this kind are let in.
    #[inline]
    pub(crate) fn wants(&self, kind: EventKind) -> bool {
        self.wanted.get() & kind.bit() != 0
    }

    /// Adds an event of `kind`, if that is wanted and there is room; nothing is built otherwise, and a lack of room counted.
    #[inline]
    pub(crate) fn push_with(&self, kind: EventKind, at: Nanos, about: impl FnOnce() -> About) {
        if !self.wants(kind) || self.born != forks() {
            return;
        }
        if self.ring.len() >= self.capacity {
            self.dropped.add_one();
            return;
        }
        let unix_nanos = self.wall_epoch.saturating_add(at.get());
        if self.ring.push(Box::new(Event { kind, at, unix_nanos, about: about() })).is_err() {
            self.dropped.add_one();
        }
    }

    /// Takes out up to `max` events, oldest first: of those that wait now, so that it ends while others go on adding.
    pub(crate) fn drain(&self, max: usize) -> impl Iterator<Item = Event> {
        (0..self.waiting().min(max)).map_while(|_| self.ring.pop().map(|event| *event))
    }

    /// How many events wait.
    pub(crate) fn waiting(&self) -> usize {
        self.ring.len()
    }

    /// How many events found the queue full.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

//! [`Clock`]: where "now" comes from. Read once per decision and passed down; nothing below reads it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::sync::{AtomicU64, Ordering};
use crate::units::Nanos;

/// A monotonic clock that counts from its own creation, or one that a test or a replay moves by hand.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    /// Wall time at the epoch, in nanoseconds since 1970; for timestamps that people read, never for deciding.
    wall_epoch: u64,
}

#[derive(Debug, Clone)]
enum Source {
    Monotonic { counter: quanta::Clock, epoch: u64 },
    Manual(ManualClock),
}

impl Clock {
    /// The machine's monotonic clock, by way of `quanta` (the time-stamp counter where it can be trusted).
    #[must_use]
    pub fn monotonic() -> Self {
        let counter = quanta::Clock::new();
        let epoch = counter.raw();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            source: Source::Monotonic { counter, epoch },
            wall_epoch: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// The time since the epoch.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Nanos {
        match &self.source {
            Source::Monotonic { counter, epoch } => Nanos::new(counter.delta_as_nanos(*epoch, counter.raw())),
            Source::Manual(hand) => hand.now(),
        }
    }

    /// `at` as nanoseconds since 1970, as far as the wall clock was right when this clock was made.
    #[must_use]
    pub fn wall(&self, at: Nanos) -> u64 {
        self.wall_epoch.saturating_add(at.get())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::monotonic()
    }
}

impl From<ManualClock> for Clock {
    /// A clock moved by hand; its epoch is 1970, so that timestamps are as reproducible as the rest.
    fn from(hand: ManualClock) -> Self {
        Self { source: Source::Manual(hand), wall_epoch: 0 }
    }
}

/// A clock that stands still until it is advanced. Clones share the time.
///
/// ```
/// use allotment::{ManualClock, Nanos};
/// let clock = ManualClock::new();
/// clock.clone().advance(std::time::Duration::from_millis(1500));
/// assert_eq!(clock.now(), Nanos::new(1_500_000_000));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock at its epoch.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(0)))
    }

    /// The time since the epoch.
    #[must_use]
    pub fn now(&self) -> Nanos {
        // Acquire: pairs with the release in `advance`, so that what happened before the advance is seen after it.
        Nanos::new(self.0.load(Ordering::Acquire))
    }

    /// Moves the time forward, to [`Nanos::MAX`] at most.
    pub fn advance(&self, length: impl Into<Nanos>) {
        let length = length.into();
        // AcqRel: advances by several threads add up. Acquire on failure: the retry starts from what was seen.
        let moved = |now| Some(Nanos::new(now).saturating_add(length).get());
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    // D16
    fn d16_time_never_runs_backwards() {
        let clock = Clock::monotonic();
        let mut last = clock.now();
        for _ in 0..10_000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_stops_at_the_end_of_time() {
        let hand = ManualClock::new();
        let clock = Clock::from(hand.clone());
        hand.advance(Duration::from_secs(2));
        assert_eq!((clock.now(), clock.wall(clock.now())), (Nanos::from_secs(2), 2_000_000_000));
        hand.advance(Nanos::MAX);
        assert_eq!(clock.now(), Nanos::MAX);
    }
}

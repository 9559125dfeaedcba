//! [`Drifts`]: when an agent last drifted, to tell whether it did so too often within an hour.

use crate::sync::ArrayQueue;
use crate::units::Nanos;

const HOUR: Nanos = Nanos::from_secs(3600);

/// The last drifts of an agent that were denied. Bounded: as many as it takes.
#[derive(Debug)]
pub(crate) struct Drifts {
    /// All of the last but the one that may be too many; `None` where the first one is.
    last: Option<ArrayQueue<Nanos>>,
}

impl Drifts {
    /// A memory for `count` drifts within an hour.
    pub(crate) fn new(count: u64) -> Self {
        let before = usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
        Self { last: (before > 0).then(|| ArrayQueue::new(before)) }
    }

    /// Counts one more at `now`; whether that makes as many within an hour as there may not be.
    pub(crate) fn are_too_many(&self, now: Nanos) -> bool {
        let Some(last) = &self.last else { return true };
        last.force_push(now).is_some_and(|first| now.saturating_sub(first) <= HOUR)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    // G15
    fn g15_only_as_many_within_one_hour_are_too_many() {
        let drifts = Drifts::new(3);
        let at = |minutes: u64| drifts.are_too_many(Nanos::from_secs(60 * minutes));
        assert!(!at(0) && !at(30) && !at(61), "three in 61 minutes");
        assert!(at(90), "30, 61 and 90");
        assert!(at(91) && !at(200) && !at(201) && at(202));
        assert!(Drifts::new(1).are_too_many(Nanos::ZERO), "the first is one too many");
    }
}

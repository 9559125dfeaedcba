//! [`Deadline`]: when a session expires (L3). Time is an argument.
//!
//! A top-up moves the deadline while somebody whose clock stands past it may be about to end the session. To read the clock once
//! more after the move does not decide who was first: of two top-ups the second starts from what the first has written, sees that
//! this has not passed, and promises time to a session that the first, who sees that the old deadline has, ends. So it is one word
//! that decides: whoever finds the deadline passed marks it lapsed before he tells anybody or ends the session, and one that has
//! lapsed does not move (loom: `a_top_up_of_time_and_an_expiry_agree`).
//!
//! **State**: bit 63 says whether it has lapsed; below it stand the nanoseconds, at most [`Nanos::MAX`], which is less than 2⁶².
//!
//! **Transitions**, each a [`Stamp::replace`]: `has_passed` at → lapsed, for good; `extend` at → later.

use crate::cell::Stamp;
use crate::units::Nanos;

const LAPSED: u64 = 1 << 63;

/// When a session expires.
#[derive(Debug)]
pub(super) struct Deadline(Stamp);

impl Deadline {
    pub(super) fn new(at: Nanos) -> Self {
        Self(Stamp::new(at.get()))
    }

    /// When it is, or was.
    #[inline]
    pub(super) fn at(&self) -> Nanos {
        Nanos::new(self.0.get() & !LAPSED)
    }

    /// Whether it has passed at `now`, or for somebody whose clock was ahead. Once it has, it has for everybody and for good.
    pub(super) fn has_passed(&self, now: Nanos) -> bool {
        self.standing(now).is_none()
    }

    /// Moves it by `time`, to [`Nanos::MAX`] at most; from where and to where. `None` if it has passed at `now`.
    pub(super) fn extend(&self, time: Nanos, now: Nanos) -> Option<(Nanos, Nanos)> {
        loop {
            let from = self.standing(now)?;
            let to = from.saturating_add(time);
            if self.0.replace(from.get(), to.get()) {
                return Some((from, to));
            }
        }
    }

    /// When it is, unless it has passed at `now`; then it lapses.
    fn standing(&self, now: Nanos) -> Option<Nanos> {
        loop {
            let at = self.0.get();
            if at & LAPSED != 0 {
                return None;
            }
            if now.get() < at {
                return Some(Nanos::new(at));
            }
            if self.0.replace(at, at | LAPSED) {
                return None;
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_was_seen_to_pass_moves_no_more() {
        let deadline = Deadline::new(Nanos::new(10));
        assert!(!deadline.has_passed(Nanos::new(9)));
        assert_eq!(deadline.extend(Nanos::new(5), Nanos::new(9)), Some((Nanos::new(10), Nanos::new(15))));
        assert!(!deadline.has_passed(Nanos::new(14)) && deadline.has_passed(Nanos::new(15)));
        // Also for somebody whose clock was read before.
        assert!(deadline.has_passed(Nanos::ZERO));
        assert_eq!(deadline.extend(Nanos::new(5), Nanos::ZERO), None);
        assert_eq!(deadline.at(), Nanos::new(15));
    }

    #[test]
    fn the_end_of_time_is_the_latest_deadline() {
        let deadline = Deadline::new(Nanos::new(10));
        assert_eq!(deadline.extend(Nanos::MAX, Nanos::ZERO), Some((Nanos::new(10), Nanos::MAX)));
        assert_eq!(deadline.at(), Nanos::MAX);
    }
}

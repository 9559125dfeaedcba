//! [`StepTimeout`]: how long one step may take (L0). A value; time is an argument.

use core::fmt;

use crate::units::Nanos;

/// A step that began at an instant and may take so long. It stops nothing by itself: the step has to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepTimeout {
    limit: Nanos,
    started: Nanos,
}

/// A step has taken as long as it may, or longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTimedOut {
    /// How long it may take.
    pub limit: Nanos,
    /// How long it has taken so far.
    pub elapsed: Nanos,
}

impl StepTimeout {
    /// A step that began at `started` and may take less than `limit`; with a limit of zero it is over at once.
    pub(crate) const fn new(limit: Nanos, started: Nanos) -> Self {
        Self { limit, started }
    }

    /// The time since it began, at `now`; zero before that.
    pub(crate) const fn elapsed(self, now: Nanos) -> Nanos {
        now.saturating_sub(self.started)
    }

    /// What is left at `now`, never less than zero.
    pub(crate) const fn remaining(self, now: Nanos) -> Nanos {
        self.limit.saturating_sub(self.elapsed(now))
    }

    /// Whether the limit is reached at `now`: whether nothing remains.
    pub(crate) fn timed_out(self, now: Nanos) -> bool {
        self.remaining(now) == Nanos::ZERO
    }

    /// An error once the limit is reached.
    pub(crate) fn check(self, now: Nanos) -> Result<(), StepTimedOut> {
        if self.timed_out(now) {
            Err(StepTimedOut { limit: self.limit, elapsed: self.elapsed(now) })
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for StepTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step timed out: {} / {}", self.elapsed, self.limit)
    }
}

impl std::error::Error for StepTimedOut {}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: Nanos = Nanos::from_secs(100);
    const STEP: StepTimeout = StepTimeout::new(Nanos::from_secs(5), STARTED);

    #[test]
    // E17
    fn e17_a_step_times_out_at_its_limit_to_the_nanosecond() {
        let end = STARTED.saturating_add(Nanos::from_secs(5));
        let last = end.saturating_sub(Nanos::new(1));
        assert_eq!((STEP.timed_out(STARTED), STEP.check(STARTED)), (false, Ok(())));
        assert_eq!((STEP.timed_out(last), STEP.remaining(last)), (false, Nanos::new(1)));
        assert_eq!((STEP.timed_out(end), STEP.remaining(end)), (true, Nanos::ZERO));
        assert_eq!(STEP.check(last), Ok(()));
        let over = STEP.check(end.saturating_add(Nanos::new(1_500_000_000))).expect_err("it is over");
        assert_eq!(over.to_string(), "step timed out: 6.5s / 5s");
    }

    #[test]
    // E17
    fn e17_nothing_goes_below_zero() {
        assert_eq!(STEP.elapsed(Nanos::ZERO), Nanos::ZERO);
        assert_eq!(STEP.remaining(Nanos::ZERO), Nanos::from_secs(5));
        assert_eq!((STEP.remaining(Nanos::MAX), STEP.timed_out(Nanos::MAX)), (Nanos::ZERO, true));
        assert!(StepTimeout::new(Nanos::ZERO, STARTED).timed_out(STARTED));
        assert!(
            !StepTimeout::new(Nanos::MAX, STARTED).timed_out(Nanos::MAX),
            "it began later than time can tell"
        );
    }
}

//! [`Nanos`]: time, both as an instant since the enforcer's epoch and as a length.

use core::fmt;
use core::time::Duration;

/// Nanoseconds. An instant counts from the epoch of the enforcer's clock, which is monotonic; it is never wall time.
///
/// At most 100 years ([`Nanos::MAX`]): past it a clock stands still, so that no rate can overflow its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanos(u64);

impl Nanos {
    /// The epoch, or no time at all.
    pub const ZERO: Self = Self(0);
    /// 100 years of 365.25 days.
    pub const MAX: Self = Self(3_155_760_000 * 1_000_000_000);

    /// `nanos` nanoseconds, at most [`Nanos::MAX`].
    #[must_use]
    pub const fn new(nanos: u64) -> Self {
        if nanos < Self::MAX.0 { Self(nanos) } else { Self::MAX }
    }

    /// `seconds` whole seconds, at most [`Nanos::MAX`].
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self::new(seconds.saturating_mul(1_000_000_000))
    }

    /// The count of nanoseconds.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// In seconds, rounded to the nearest `f64`; for people, never for deciding.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for people; the exact value stays in `get`")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The sum, at most [`Nanos::MAX`].
    #[must_use]
    pub const fn saturating_add(self, length: Self) -> Self {
        Self::new(self.0.saturating_add(length.0))
    }

    /// The time since `earlier`, zero if that is later.
    #[must_use]
    pub const fn saturating_sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Nanos {
    fn from(length: Duration) -> Self {
        Self::new(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Self::from_nanos(nanos.0)
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Duration::from(*self), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_at_a_hundred_years() {
        assert_eq!(Nanos::MAX.saturating_add(Nanos::from_secs(1)), Nanos::MAX);
        assert_eq!(Nanos::new(u64::MAX), Nanos::MAX);
        assert_eq!(Nanos::from(Duration::MAX), Nanos::MAX);
        assert_eq!(Nanos::ZERO.saturating_sub(Nanos::from_secs(1)), Nanos::ZERO);
        assert_eq!(Nanos::new(1_500_000_000).to_string(), "1.5s");
    }
}

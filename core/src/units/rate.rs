//! [`Rate`]: `limit` per `window`, with a burst factor, as a person writes it.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::Nanos;
use crate::error::Error;

/// A token-bucket rate: `limit` units per `window`, of which `limit × burst` may come at once.
///
/// The bucket holds `max(1, round(limit × burst))` units and refills continuously (no fixed windows). A limit of 0
/// admits nothing, ever. Parses from `"30/min"`, `"5/s"`, `"100/15min"`, `"1000/h"`, `"1/day"`.
///
/// ```
/// use allotment::Rate;
/// let rate: Rate = "100/15min".parse()?;
/// assert_eq!((rate.limit(), rate.window().as_secs()), (100, 900));
/// # Ok::<(), allotment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    limit: u64,
    window: Nanos,
    burst: f64,
}

impl Rate {
    /// The largest limit, 2⁴⁸ units.
    pub const MAX_LIMIT: u64 = super::MAX_COUNT;
    /// The shortest window, one second.
    pub const MIN_WINDOW: Nanos = Nanos::from_secs(1);
    /// The longest window, 24 hours.
    pub const MAX_WINDOW: Nanos = Nanos::from_secs(86_400);

    /// `limit` units per `window`, with a burst factor of 1.
    ///
    /// Errors: a limit above 2⁴⁸, a window outside 1 s to 24 h.
    pub fn new(limit: u64, window: impl Into<Duration>) -> Result<Self, Error> {
        let window = window.into();
        if limit > Self::MAX_LIMIT {
            return Err(Error::new("rate.limit", limit, format!("is above the maximum {}", Self::MAX_LIMIT)));
        }
        if window < Self::MIN_WINDOW.into() || window > Self::MAX_WINDOW.into() {
            return Err(Error::new("rate.per", format_args!("{window:?}"), "is outside 1 s to 24 h"));
        }
        Ok(Self { limit, window: window.into(), burst: 1.0 })
    }

    /// `limit` per second.
    pub fn per_second(limit: u64) -> Result<Self, Error> {
        Self::new(limit, Duration::from_secs(1))
    }

    /// `limit` per minute.
    pub fn per_minute(limit: u64) -> Result<Self, Error> {
        Self::new(limit, Duration::from_secs(60))
    }

    /// `limit` per hour.
    pub fn per_hour(limit: u64) -> Result<Self, Error> {
        Self::new(limit, Duration::from_secs(3600))
    }

    /// The same rate with another burst factor.
    ///
    /// Errors: NaN, infinite, negative or zero, or a bucket of more than 2⁴⁸ units.
    #[expect(
        clippy::cast_precision_loss,
        reason = "validation only; a bucket near 2^48 is refused by the comparison"
    )]
    pub fn with_burst(self, burst: f64) -> Result<Self, Error> {
        let problem = |what: &str| Err(Error::new("rate.burst", burst, what));
        if !burst.is_finite() || burst <= 0.0 {
            return problem("is not a finite number above 0");
        }
        if self.limit as f64 * burst > Self::MAX_LIMIT as f64 {
            return problem("makes a bucket of more than 2^48 units");
        }
        Ok(Self { burst, ..self })
    }

    /// Units per window.
    #[must_use]
    pub fn limit(self) -> u64 {
        self.limit
    }

    /// The window's length.
    #[must_use]
    pub fn window(self) -> Duration {
        self.window.into()
    }

    /// The burst factor.
    #[must_use]
    pub fn burst(self) -> f64 {
        self.burst
    }

    /// What the bucket holds when full, in whole units: `max(1, round(limit × burst))`, and 0 for a limit of 0.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite, positive and at most 2^48 by construction"
    )]
    pub fn bucket(self) -> u64 {
        if self.limit == 0 { 0 } else { ((self.limit as f64 * self.burst).round() as u64).max(1) }
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let problem = || {
            Error::new("rate", format_args!("{text:?}"), "is not a rate such as \"30/min\" or \"100/15min\"")
        };
        let (limit, window) = text.split_once('/').ok_or_else(problem)?;
        let window = window.trim();
        let unit_at = window.find(|c: char| !c.is_ascii_digit()).ok_or_else(problem)?;
        let (count, unit) = window.split_at(unit_at);
        let seconds = match unit.trim_start() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(problem()),
        };
        let whole = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse::<u64>().map_err(|_| problem()) } else { Err(problem()) }
        };
        let count = if count.is_empty() { 1 } else { whole(count)? };
        let window = count.checked_mul(seconds).ok_or_else(problem)?;
        Self::new(whole(limit.trim())?, Duration::from_secs(window))
    }
}

impl fmt::Display for Rate {
    /// `30/min`, `100/15min`, `5/1.5s`; a burst factor other than 1 follows as ` burst 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.window.get() / 1_000_000_000;
        let whole = self.window.get().is_multiple_of(1_000_000_000);
        let (count, unit) = match seconds {
            s if whole && s % 3600 == 0 => (s / 3600, "h"),
            s if whole && s % 60 == 0 => (s / 60, "min"),
            s => (s, "s"),
        };
        match (whole, count) {
            (false, _) => write!(f, "{}/{}s", self.limit, self.window.as_secs_f64())?,
            (true, 1) => write!(f, "{}/{unit}", self.limit)?,
            (true, count) => write!(f, "{}/{count}{unit}", self.limit)?,
        }
        if (self.burst - 1.0).abs() > f64::EPSILON { write!(f, " burst {}", self.burst) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_strings_read_back_as_they_print() {
        for text in ["30/min", "5/s", "100/15min", "1000/h", "1/24h", "0/s", "7/90s"] {
            assert_eq!(text.parse::<Rate>().expect(text).to_string(), text);
        }
        assert_eq!("1 / 2 days".parse::<Rate>().expect_err("48 h").argument(), "rate.per");
        assert_eq!("1/day".parse::<Rate>().expect("24 h").to_string(), "1/24h");
    }

    #[test]
    // D10
    fn d10_a_window_that_makes_no_sense_is_an_error() {
        for window in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(86_401), Duration::MAX]
        {
            assert_eq!(Rate::new(1, window).expect_err("window").argument(), "rate.per");
        }
        for text in [
            "",
            "/",
            "30",
            "30/",
            "/min",
            "-1/s",
            "+1/s",
            "1.5/s",
            "30/fortnight",
            "1/0s",
            "1/99999999999999999999s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    // D7
    fn d7_a_burst_that_makes_no_sense_is_an_error() {
        let rate = Rate::per_minute(10).expect("rate");
        for burst in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e30] {
            assert_eq!(rate.with_burst(burst).expect_err("burst").argument(), "rate.burst", "{burst}");
        }
    }

    #[test]
    // V8
    fn v8_the_bucket_is_the_rounded_product_and_at_least_one() {
        let bucket =
            |limit, burst| Rate::per_minute(limit).and_then(|r| r.with_burst(burst)).expect("rate").bucket();
        assert_eq!([bucket(3, 1.0), bucket(3, 1.5), bucket(1, 0.1), bucket(0, 9.0)], [3, 5, 1, 0]);
    }
}

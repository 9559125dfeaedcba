//! [`NanoUsd`]: money in nano-US-dollars, exact.

use core::fmt;
use core::str::FromStr;

use crate::error::Error;

/// Nano-US-dollars (10⁻⁹ US$). A price never loses its tail: conversion from decimals rounds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoUsd(u64);

impl NanoUsd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// `nanos` nano-dollars.
    #[must_use]
    pub const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The count of nano-dollars.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for NanoUsd {
    type Err = Error;

    /// US dollars as a decimal (`"5.00"`, `"0.0000031"`, `"3.1e-6"`), however long, rounded up to the next nano-dollar.
    ///
    /// Errors: anything else, negative amounts, more than 18 billion dollars.
    fn from_str(text: &str) -> Result<Self, Error> {
        let problem = |what: &str| Error::new("cost", format_args!("{text:?}"), what);
        let junk = || problem("is not a decimal number of US dollars");
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(junk());
        }
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return exponent.parse::<i32>().map(|_| Self::ZERO).map_err(|_| junk());
        }
        if negative {
            return Err(problem("is negative"));
        }
        // How many of the digits, zeros appended if need be, count whole nano-dollars.
        let exponent: i64 = exponent.parse::<i32>().map_err(|_| junk())?.into();
        let point = i64::try_from(digits.len()).map_err(|_| junk())?
            - i64::try_from(fraction.len()).map_err(|_| junk())?;
        let counted = (point + exponent + 9).max(0);
        let too_much = || problem("is more money than can be counted");
        if counted > 20 {
            return Err(too_much());
        }
        let counted = usize::try_from(counted).map_err(|_| junk())?;
        let (nanos, tail) = digits.split_at(counted.min(digits.len()));
        let nanos = format!("{nanos:0<counted$}0").parse::<u128>().map_err(|_| junk())? / 10;
        let rounded = nanos + u128::from(!tail.is_empty() && tail.bytes().any(|digit| digit != b'0'));
        u64::try_from(rounded).map(Self).map_err(|_| too_much())
    }
}

impl fmt::Display for NanoUsd {
    /// `$1.25`, `$0.0000031`: two decimals at least, as many as there are at most.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:09}", self.0 % 1_000_000_000);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(f, "${}.{}", self.0 / 1_000_000_000, &decimals[..kept])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_round_up_and_keep_their_tail() {
        let nanos = |text: &str| text.parse::<NanoUsd>().map(NanoUsd::get);
        assert_eq!(nanos("5.00"), Ok(5_000_000_000));
        assert_eq!(nanos("0.0000000001"), Ok(1));
        assert_eq!(nanos("1.0000000010000000000000000001"), Ok(1_000_000_002));
        assert_eq!(nanos("3.1e-6"), Ok(3_100));
        assert_eq!(nanos("1.000000000000000000000000000001e0"), Ok(1_000_000_001));
        assert_eq!(
            (nanos("1e-400"), nanos("12e-1"), nanos("5."), nanos(".5")),
            (Ok(1), Ok(1_200_000_000), Ok(5_000_000_000), Ok(500_000_000))
        );
        assert_eq!((nanos("-0"), nanos("0.000e5")), (Ok(0), Ok(0)));
        assert_eq!(nanos("18446744073.709551615"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_not_money_is_an_error_that_shows_it() {
        for text in [
            "",
            "-1",
            "NaN",
            "inf",
            "1,5",
            "$5",
            "99999999999",
            "0x10",
            "1e40",
            "18446744073.7095516151",
            ".",
            "e5",
            "1e",
            "1e5e5",
            "+1",
            "1_0",
            "--1",
            " 1",
        ] {
            let error = text.parse::<NanoUsd>().expect_err(text).to_string();
            assert!(error.starts_with("cost: ") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn money_prints_as_dollars() {
        for (nanos, text) in [(0, "$0.00"), (1_250_000_000, "$1.25"), (3_100, "$0.0000031")] {
            assert_eq!(NanoUsd::new(nanos).to_string(), text);
        }
    }
}

//! [`NanoUsd`]: money in nano-US-dollars, exact.

use core::fmt;
use core::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

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

    /// US dollars as a decimal (`"5.00"`, `"0.0000031"`, `"3.1e-6"`), rounded up to the next nano-dollar.
    ///
    /// Negative amounts, more than 28 decimal places and more than 18 billion dollars are errors.
    fn from_str(text: &str) -> Result<Self, Error> {
        let problem = |what: &str| Error::new("cost", format_args!("{text:?}"), what);
        let dollars = Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| problem("is not a decimal number of US dollars"))?;
        if dollars.is_sign_negative() && !dollars.is_zero() {
            return Err(problem("is negative"));
        }
        dollars
            .checked_mul(Decimal::from(1_000_000_000))
            .and_then(|nanos| nanos.ceil().to_u64())
            .map(Self)
            .ok_or_else(|| problem("is more money than can be counted"))
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
        assert_eq!(nanos("-0"), Ok(0));
    }

    #[test]
    fn what_is_not_money_is_an_error_that_shows_it() {
        for text in ["", "-1", "NaN", "inf", "1,5", "$5", "99999999999", "0x10", "1e40"] {
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

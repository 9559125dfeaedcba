//! Section `[tokens]`: what tokens of each kind count for.

use toml::Table;

use super::form::put;
use super::form_weight::{ABOVE, thousandths, write_thousandths};
use super::reader::Reader;
use crate::error::Error;

/// How many tokens of a budget one token of each kind debits, in thousandths: 1000 is one for one, the default of each;
/// 0 is free; at most 1,000,000.
///
/// ```
/// use allotment::TokenWeights;
/// let weights = TokenWeights { cached_thousandths: 100, ..TokenWeights::default() };
/// assert_eq!(weights.weigh(200, 50, 1001), Some(200 + 50 + 101));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenWeights {
    /// A token that the model reads, and that was not in a cache.
    pub input_thousandths: u32,
    /// A token that the model writes.
    pub output_thousandths: u32,
    /// A token that the model reads from a cache, instead of as input.
    pub cached_thousandths: u32,
}

impl Default for TokenWeights {
    fn default() -> Self {
        Self { input_thousandths: 1000, output_thousandths: 1000, cached_thousandths: 1000 }
    }
}

impl TokenWeights {
    /// The largest weight, 1000 for one, in thousandths.
    pub const MAX_THOUSANDTHS: u32 = 1_000_000;

    /// Checks that every weight is within bounds.
    ///
    /// Errors: the first that is above 1000, by its name in the policy file.
    pub fn check(&self) -> Result<(), Error> {
        let weights = [
            ("input", self.input_thousandths),
            ("output", self.output_thousandths),
            ("cached", self.cached_thousandths),
        ];
        match weights.into_iter().find(|(_, weight)| *weight > Self::MAX_THOUSANDTHS) {
            Some((name, weight)) => Err(Error::new(name, f64::from(weight) / 1e3, ABOVE)),
            None => Ok(()),
        }
    }

    /// What `input`, `output` and `cached` tokens count for together, in whole tokens: the weighted sum, rounded up
    /// once. The three are counted apart: what was read from a cache is not in `input`.
    ///
    /// `None` if it does not fit a `u64`, which no budget does either.
    #[must_use]
    pub fn weigh(&self, input: u64, output: u64, cached: u64) -> Option<u64> {
        let weighted = |tokens: u64, thousandths: u32| u128::from(tokens) * u128::from(thousandths);
        let sum = weighted(input, self.input_thousandths)
            + weighted(output, self.output_thousandths)
            + weighted(cached, self.cached_thousandths);
        u64::try_from(sum.div_ceil(1000)).ok()
    }
}

pub(super) fn read(section: &mut Reader) -> Result<TokenWeights, Error> {
    let usual = TokenWeights::default();
    let weights = TokenWeights {
        input_thousandths: section.get("input", thousandths)?.unwrap_or(usual.input_thousandths),
        output_thousandths: section.get("output", thousandths)?.unwrap_or(usual.output_thousandths),
        cached_thousandths: section.get("cached", thousandths)?.unwrap_or(usual.cached_thousandths),
    };
    weights.check().map_err(|error| error.within(section.path()))?;
    Ok(weights)
}

pub(super) fn write(weights: &TokenWeights) -> Table {
    let usual = TokenWeights::default();
    let mut section = Table::new();
    let mut weight = |key, value, usual| put(&mut section, key, value, &usual, write_thousandths);
    weight("input", weights.input_thousandths, usual.input_thousandths);
    weight("output", weights.output_thousandths, usual.output_thousandths);
    weight("cached", weights.cached_thousandths, usual.cached_thousandths);
    section
}

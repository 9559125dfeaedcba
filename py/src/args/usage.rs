//! What a call is known to use.

use allotment::{NanoUsd, Usage};
use pyo3::prelude::*;

use super::{Given, count, money};

/// `tokens`, `cost_usd` and `steps`, nothing where they are left out.
pub(crate) fn usage(tokens: Given<'_>, cost_usd: Given<'_>, steps: Given<'_>) -> PyResult<Usage> {
    Ok(Usage {
        tokens: tokens.or(0, |tokens| count("tokens", tokens))?,
        cost: cost_usd.or(NanoUsd::ZERO, |cost| money("cost_usd", cost))?,
        steps: steps.or(0, |steps| count("steps", steps))?,
        ..Usage::NONE
    })
}

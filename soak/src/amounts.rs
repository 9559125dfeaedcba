//! One figure for each metered resource: calls, steps, discovered steps, tokens, cost.

use std::array::from_fn;

use allotment::{NanoUsd, Usage};

pub(crate) type Amounts = [u64; 5];

pub(crate) const NOTHING: Amounts = [0; 5];
pub(crate) const CALLS: usize = 0;
pub(crate) const TOKENS: usize = 3;
pub(crate) const COST: usize = 4;

pub(crate) fn of_calls(calls: u64) -> Amounts {
    [calls, 0, 0, 0, 0]
}

pub(crate) fn of_usage(calls: u64, usage: Usage) -> Amounts {
    [calls, usage.steps, usage.discovered_steps, usage.tokens, usage.cost.get()]
}

/// The usage of all but the calls.
pub(crate) fn to_usage([_, steps, discovered, tokens, cost]: Amounts) -> Usage {
    Usage::tokens(tokens).cost(NanoUsd::new(cost)).steps(steps).discovered_steps(discovered)
}

pub(crate) fn sum(a: Amounts, b: Amounts) -> Amounts {
    from_fn(|r| a[r] + b[r])
}

/// What `a` has more than `b`.
pub(crate) fn beyond(a: Amounts, b: Amounts) -> Amounts {
    from_fn(|r| a[r].saturating_sub(b[r]))
}

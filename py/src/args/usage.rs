//! What a call, or a model call, uses.

use allotment::{NanoUsd, Split, TopUp, Usage};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use super::{Given, count, money, text, time};
use crate::errors::{bad_type, bad_value};

/// Amounts as they are given by keyword; nothing where they are left out.
#[derive(Clone, Copy, Default)]
pub(crate) struct Amounts<'a, 'py> {
    pub(crate) tokens: Given<'a, 'py>,
    pub(crate) cost_usd: Given<'a, 'py>,
    pub(crate) steps: Given<'a, 'py>,
    pub(crate) discovered_steps: Given<'a, 'py>,
    pub(crate) input_tokens: Given<'a, 'py>,
    pub(crate) output_tokens: Given<'a, 'py>,
    pub(crate) cached_tokens: Given<'a, 'py>,
}

impl Amounts<'_, '_> {
    /// What they come to.
    pub(crate) fn usage(self) -> PyResult<Usage> {
        let amount = |argument, given: Given<'_, '_>| given.or(0, |amount| count(argument, amount));
        Ok(Usage {
            tokens: amount("tokens", self.tokens)?,
            cost: self.cost_usd.or(NanoUsd::ZERO, |cost| money("cost_usd", cost))?,
            steps: amount("steps", self.steps)?,
            discovered_steps: amount("discovered_steps", self.discovered_steps)?,
            split: Split {
                input: amount("input_tokens", self.input_tokens)?,
                output: amount("output_tokens", self.output_tokens)?,
                cached: amount("cached_tokens", self.cached_tokens)?,
            },
        })
    }

    /// As what limits are raised by.
    pub(crate) fn top_up(self, calls: Given<'_, '_>, more_time: Given<'_, '_>) -> PyResult<TopUp> {
        let calls = calls.or(0, |calls| count("calls", calls))?;
        let time = more_time.or(allotment::Nanos::ZERO, |length| time("time", length))?;
        let Usage { tokens, cost, steps, discovered_steps, .. } = self.usage()?;
        Ok(TopUp { calls, steps, discovered_steps, tokens, cost, time })
    }
}

/// The least of `wanted` that will do, as `at_least` says: tokens, or a mapping; all of what it does not mention.
pub(crate) fn least(at_least: Option<&Bound<'_, PyAny>>, wanted: Usage) -> PyResult<Usage> {
    let Some(value) = at_least else { return Ok(wanted) };
    let Ok(amounts) = value.cast::<PyMapping>() else {
        let tokens = count("at_least", value).map_err(|error| {
            let neither =
                "is not a number of tokens, or a mapping of tokens, cost_usd, steps, discovered_steps";
            let wrong = error.is_instance_of::<pyo3::exceptions::PyTypeError>(value.py());
            if wrong { bad_type("at_least", value, neither) } else { error }
        })?;
        return less_of_tokens("at_least", value, tokens, wanted);
    };
    let mut least = wanted;
    for item in amounts.items()? {
        let (key, amount) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let key = text("at_least", &key)?;
        let argument = format!("at_least[{key:?}]");
        let amount = &amount;
        let within = |of_wanted: u64, asked: u64| {
            if asked > of_wanted { Err(bad_value(&argument, amount, MORE)) } else { Ok(asked) }
        };
        match key.as_str() {
            "tokens" => least = less_of_tokens(&argument, amount, count(&argument, amount)?, least)?,
            "cost_usd" => {
                least.cost = NanoUsd::new(within(wanted.cost.get(), money(&argument, amount)?.get())?);
            }
            "steps" => least.steps = within(wanted.steps, count(&argument, amount)?)?,
            "discovered_steps" => {
                least.discovered_steps = within(wanted.discovered_steps, count(&argument, amount)?)?;
            }
            _ => {
                let problem = "is for nothing: known are tokens, cost_usd, steps, discovered_steps";
                return Err(bad_value(&argument, amount, problem));
            }
        }
    }
    Ok(least)
}

const MORE: &str = "is more than is asked for";

/// `wanted` with only so many tokens of whatever kind. What those of each kind weigh is the policy's to say.
fn less_of_tokens(argument: &str, value: &Bound<'_, PyAny>, tokens: u64, wanted: Usage) -> PyResult<Usage> {
    if wanted.split == Split::NONE && tokens > wanted.tokens {
        return Err(bad_value(argument, value, MORE));
    }
    Ok(Usage { tokens, split: Split::NONE, ..wanted })
}

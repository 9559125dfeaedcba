//! Rates: a `Rate`, or text; those of money are in US dollars.

use allotment::{Error, NanoUsd, Rate};
use core::time::Duration;
use pyo3::prelude::*;
use pyo3::types::PyString;
use toml::Value;

use crate::errors::{bad_type, bad_value, invalid};

/// A rate of calls or tokens.
pub(crate) fn rate(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Rate> {
    if let Ok(rate) = value.cast::<crate::rate::Rate>() {
        return Ok(rate.get().inner());
    }
    let Ok(text) = value.cast::<PyString>() else {
        return Err(bad_type(argument, value, "is not a Rate or a str such as \"30/min\""));
    };
    text.to_string_lossy().parse().map_err(|error| about(argument, value, &error))
}

/// A rate of money: text such as `"1.50/min"`, or a `Rate` whose limit is in whole US dollars.
pub(crate) fn cost_rate(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Rate> {
    const NO_RATE: &str = "is not a rate of US dollars such as \"1.50/min\"";
    let (nanos, per, burst) = if let Ok(rate) = value.cast::<crate::rate::Rate>() {
        let rate = rate.get().inner();
        (rate.limit().saturating_mul(1_000_000_000), rate.window(), rate.burst())
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_string_lossy();
        let (dollars, window) = text.split_once('/').ok_or_else(|| bad_value(argument, value, NO_RATE))?;
        let dollars = dollars.trim().parse::<NanoUsd>().map_err(|_| bad_value(argument, value, NO_RATE))?;
        let one = format!("1/{window}").parse::<Rate>().map_err(|error| match error.argument() {
            "rate" => bad_value(argument, value, NO_RATE),
            _ => about(argument, value, &error),
        })?;
        (dollars.get(), one.window(), 1.0)
    } else {
        return Err(bad_type(argument, value, "is not a Rate or a str such as \"1.50/min\" (US dollars)"));
    };
    if nanos > Rate::MAX_LIMIT {
        let problem = format!("is above the maximum {} per window", NanoUsd::new(Rate::MAX_LIMIT));
        return Err(bad_value(argument, value, &problem));
    }
    let rate = Rate::new(nanos, per).and_then(|rate| rate.with_burst(burst));
    rate.map_err(|error| about(argument, value, &error))
}

/// The core's error about a rate, by the name of the argument that it came in.
fn about(argument: &str, value: &Bound<'_, PyAny>, error: &Error) -> PyErr {
    let place = error.argument().replacen("rate", argument, 1);
    invalid(value.py(), &Error::new(place, error.value(), error.problem()))
}

/// `rate` as a policy writes it: its limit under `key`, `"limit"`, or `"usd"` for a limit in whole US dollars.
pub(crate) fn rate_table(key: &str, rate: Rate) -> Value {
    let fields = [
        (key, Value::Integer(rate.limit().cast_signed())),
        ("per", seconds(rate.window())),
        ("burst", Value::Float(rate.burst())),
    ];
    Value::Table(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A length of time as a policy writes it, to the nanosecond.
pub(crate) fn seconds(length: Duration) -> Value {
    match (length.as_secs(), length.subsec_nanos()) {
        (seconds, 0) => Value::Integer(seconds.cast_signed()),
        (seconds, nanos) => Value::String(format!("{seconds}.{nanos:09}s")),
    }
}

//! Rates: a `Rate`, or text; for money in US dollars, which only the policy reader knows how to read.

use allotment::{Policy, Rate};
use core::time::Duration;
use pyo3::prelude::*;
use pyo3::types::PyString;
use toml::{Table, Value};

use crate::errors::{bad_type, invalid};

/// A rate of calls or tokens.
pub(crate) fn rate(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Rate> {
    if let Ok(rate) = value.cast::<crate::rate::Rate>() {
        return Ok(rate.get().inner());
    }
    let Ok(text) = value.cast::<PyString>() else {
        return Err(bad_type(argument, value, "is not a Rate or a str such as \"30/min\""));
    };
    let named = |error: allotment::Error| {
        let place = error.argument().replacen("rate", argument, 1);
        allotment::Error::new(place, error.value(), error.problem())
    };
    text.to_string_lossy().parse().map_err(|error| invalid(value.py(), &named(error)))
}

/// A rate of money: a `Rate` whose limit is in whole US dollars, or text such as `"1.50/min"`.
pub(crate) fn cost_rate(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Rate> {
    let written = if let Ok(rate) = value.cast::<crate::rate::Rate>() {
        money_table(rate.get().inner())
    } else if let Ok(text) = value.cast::<PyString>() {
        Value::String(text.to_string_lossy().into_owned())
    } else {
        return Err(bad_type(argument, value, "is not a Rate or a str such as \"1.50/min\" (US dollars)"));
    };
    let table = |key: &str, value| Value::Table(Table::from_iter([(key.to_owned(), value)]));
    let defaults = table("defaults", table("cost_rate", written));
    let Value::Table(policy) = defaults else { return Err(bad_type(argument, value, "is not a rate")) };
    let named = |error: allotment::Error| {
        let place = error.argument().replacen("defaults.cost_rate", argument, 1);
        allotment::Error::new(place, error.value(), error.problem())
    };
    let policy = Policy::from_table(policy).map_err(|error| invalid(value.py(), &named(error)))?;
    policy.defaults().limits.cost_rate.ok_or_else(|| bad_type(argument, value, "is not a rate"))
}

/// `rate` as a policy writes it.
pub(crate) fn count_table(rate: Rate) -> Value {
    table_of("limit", rate)
}

/// `rate`, whose limit is in whole US dollars, as a policy writes it.
pub(crate) fn money_table(rate: Rate) -> Value {
    table_of("usd", rate)
}

fn table_of(key: &str, rate: Rate) -> Value {
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

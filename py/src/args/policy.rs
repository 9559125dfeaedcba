//! A policy's sections as Python has them, as the table that the core reads. Every error names the dotted key.

use allotment::NanoUsd;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyList, PyMapping, PyString, PyTuple};
use toml::{Table, Value};

use super::money::is_decimal;
use super::rate::{rate_table, seconds};
use super::{signed, text, time};
use crate::errors::{bad_type, bad_value};
use crate::rate::Rate;

/// A mapping deeper than this is not a policy; it may be one that contains itself.
const DEPTH_MAX: usize = 16;

/// The mapping `value` as a table. `path` is its dotted key, empty for the whole policy.
pub(crate) fn table(path: &str, value: &Bound<'_, PyAny>) -> PyResult<Table> {
    fields(path, value, 0)
}

fn fields(path: &str, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Table> {
    let place = if path.is_empty() { "policy" } else { path };
    let mapping = value.cast::<PyMapping>().map_err(|_| bad_type(place, value, "is not a mapping"))?;
    if depth > DEPTH_MAX {
        return Err(bad_value(place, value, "is nested too deeply"));
    }
    let mut table = Table::new();
    for item in mapping.items()? {
        let (key, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let key = text(place, &key)?;
        let value = value_of(&dotted(path, &key), &key, &value, depth + 1)?;
        table.insert(key, value);
    }
    Ok(table)
}

fn value_of(path: &str, key: &str, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if let Ok(truth) = value.cast::<PyBool>() {
        Ok(Value::Boolean(truth.is_true()))
    } else if value.is_instance_of::<PyString>() {
        text(path, value).map(Value::String)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Ok(Value::Float(number.value()))
    } else if value.is_instance_of::<PyDelta>() {
        time(path, value).map(|length| seconds(length.into()))
    } else if let Ok(rate) = value.cast::<Rate>() {
        let units = if key == "cost_rate" { "usd" } else { "limit" };
        Ok(rate_table(units, rate.get().inner()))
    } else if value.cast::<PyMapping>().is_ok() {
        fields(path, value, depth).map(Value::Table)
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        array(path, value, depth).map(Value::Array)
    } else if is_decimal(value)? {
        number(path, key, value)
    } else if value.is_none() {
        let problem = "is no value: leave the key out for the default, or say \"unlimited\" for no limit";
        Err(bad_type(path, value, problem))
    } else if value.hasattr("__index__")? {
        signed(path, value).map(Value::Integer)
    } else {
        Err(bad_type(path, value, "is nothing that a policy can hold"))
    }
}

fn array(path: &str, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Vec<Value>> {
    if depth > DEPTH_MAX {
        return Err(bad_value(path, value, "is nested too deeply"));
    }
    let item = |(index, item): (usize, PyResult<Bound<'_, PyAny>>)| {
        value_of(&format!("{path}[{index}]"), "", &item?, depth + 1)
    };
    value.try_iter()?.enumerate().map(item).collect()
}

/// A `Decimal`: a fraction where the policy has fractions, else text, with the nine places of money and of time.
fn number(path: &str, key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if matches!(key, "threshold" | "burst") {
        return value.extract().map(Value::Float);
    }
    let exact = value.str()?.to_string_lossy().parse::<NanoUsd>();
    let nanos = exact
        .map_err(|_| bad_value(path, value, "is not a finite amount of 0 or more, up to 18446744073"))?;
    Ok(Value::String(nanos.to_string().trim_start_matches('$').to_owned()))
}

/// `key` inside `path`, quoted where TOML needs that.
fn dotted(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

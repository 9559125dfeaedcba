//! Money: US dollars in, nano-dollars out, exact to the last place and rounded up; and back.

use allotment::NanoUsd;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyType};

use super::count::is_negative;
use crate::errors::{bad_type, bad_value};

const NOT_MONEY: &str = "is not an amount of US dollars (Decimal, str, int or finite float)";
const NEGATIVE: &str = "is negative";
const TOO_MUCH: &str = "is more money than can be counted";

static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Whether `value` is a `decimal.Decimal`.
pub(crate) fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.is_instance(DECIMAL.import(value.py(), "decimal", "Decimal")?)
}

/// US dollars as a `Decimal`, a `str`, an `int` or a finite `float` (by its shortest decimal).
pub(crate) fn money(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<NanoUsd> {
    let wrong = || Err(bad_type(argument, value, NOT_MONEY));
    let read =
        |text: &str| text.parse::<NanoUsd>().map_err(|error| bad_value(argument, value, error.problem()));
    if value.is_instance_of::<PyBool>() {
        wrong()
    } else if value.is_instance_of::<PyInt>() {
        whole(argument, value)
    } else if let Ok(text) = value.cast::<PyString>() {
        read(&text.to_string_lossy())
    } else if let Ok(number) = value.cast::<PyFloat>() {
        read(&format!("{:e}", number.value()))
    } else if is_decimal(value)? {
        read(&value.str()?.to_string_lossy())
    } else if value.hasattr("__index__")? {
        whole(argument, value)
    } else {
        wrong()
    }
}

fn whole(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<NanoUsd> {
    let nanos = match value.extract::<u64>() {
        Ok(dollars) => dollars.checked_mul(1_000_000_000),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => None,
        Err(error) => return Err(error),
    };
    match nanos {
        Some(nanos) => Ok(NanoUsd::new(nanos)),
        None => Err(bad_value(argument, value, if is_negative(value)? { NEGATIVE } else { TOO_MUCH })),
    }
}

/// `cost` as a `Decimal` of US dollars.
pub(crate) fn dollars(py: Python<'_>, cost: NanoUsd) -> PyResult<Bound<'_, PyAny>> {
    let decimal = DECIMAL.import(py, "decimal", "Decimal")?;
    decimal.call1((cost.to_string().trim_start_matches('$'),))
}

//! Money: US dollars in, nano-dollars out, exact to the last place and rounded up; and back.

use allotment::NanoUsd;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyType};

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
    let read = |text: &str| nano_dollars(text).map_err(|problem| bad_value(argument, value, problem));
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
        None => Err(bad_value(argument, value, if value.lt(0)? { NEGATIVE } else { TOO_MUCH })),
    }
}

/// `cost` as a `Decimal` of US dollars.
pub(crate) fn dollars(py: Python<'_>, cost: NanoUsd) -> PyResult<Bound<'_, PyAny>> {
    let decimal = DECIMAL.import(py, "decimal", "Decimal")?;
    decimal.call1((cost.to_string().trim_start_matches('$'),))
}

/// Decimal text, with as many places as it likes and perhaps an exponent, rounded up to the next nano-dollar.
/// `Err` is what is wrong with it.
pub(crate) fn nano_dollars(text: &str) -> Result<NanoUsd, &'static str> {
    let (mantissa, exponent) = match text.trim().split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent).ok_or(NOT_MONEY)?),
        None => (text.trim(), 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, places) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{places}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NOT_MONEY);
    }
    let digits = digits.trim_start_matches('0');
    match (digits.is_empty(), mantissa.starts_with('-')) {
        (true, _) => return Ok(NanoUsd::ZERO),
        (false, true) => return Err(NEGATIVE),
        (false, false) => {}
    }
    // nanos = digits × 10^shift, which has `length` digits before its point.
    let places = i64::try_from(places.len()).unwrap_or(i64::MAX);
    let shift = exponent.saturating_sub(places).saturating_add(9);
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add(shift);
    let Ok(length) = usize::try_from(length) else { return Ok(NanoUsd::new(1)) };
    if length > 20 {
        return Err(TOO_MUCH);
    }
    let (kept, lost) = digits.split_at(length.min(digits.len()));
    let nanos: u128 = format!("0{kept:0<length$}").parse().map_err(|_| NOT_MONEY)?;
    let nanos = nanos + u128::from(lost.bytes().any(|b| b != b'0'));
    u64::try_from(nanos).map(NanoUsd::new).map_err(|_| TOO_MUCH)
}

/// An exponent; one that is out of all bounds stays so.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

//! Counts: whole numbers, never a bool, never a float.

use allotment::MAX_COUNT;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::{bad_type, bad_value};

const NOT_WHOLE: &str = "is not a whole number (int)";

/// A count of 0 or more, up to 2⁶⁴ − 1.
pub(crate) fn count(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    whole(argument, value, "is above the maximum 18446744073709551615")
}

/// A limit of 0 or more; the core refuses one above 2⁴⁸.
pub(crate) fn limit(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    whole(argument, value, &format!("is above the maximum {MAX_COUNT}"))
}

/// A whole number that may be negative, for a policy's table.
pub(crate) fn signed(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    integer(argument, value)?
        .ok_or_else(|| bad_value(argument, value, "is outside the whole numbers -2^63 to 2^63 - 1"))
}

fn whole(argument: &str, value: &Bound<'_, PyAny>, above: &str) -> PyResult<u64> {
    match integer::<u64>(argument, value)? {
        Some(count) => Ok(count),
        None => Err(bad_value(argument, value, if is_negative(value)? { "is negative" } else { above })),
    }
}

/// Whether a whole number, which need not be an `int`, is below 0.
pub(super) fn is_negative(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.py().import("operator")?.getattr("index")?.call1((value,))?.lt(0)
}

/// A whole number, `None` if it does not fit a `T`.
fn integer<'py, T>(argument: &str, value: &Bound<'py, PyAny>) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    if value.is_instance_of::<PyBool>() {
        return Err(bad_type(argument, value, NOT_WHOLE));
    }
    match value.extract::<T>() {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(None),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            Err(bad_type(argument, value, NOT_WHOLE))
        }
        Err(error) => Err(error),
    }
}

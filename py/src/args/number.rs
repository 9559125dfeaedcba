//! Numbers that need not be whole.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::errors::bad_type;

/// An int or a float, or what turns into one by itself; the core says which make sense.
pub(crate) fn number(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let wrong = || bad_type(argument, value, "is not a number");
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyString>() {
        return Err(wrong());
    }
    value.extract::<f64>().map_err(|_| wrong())
}

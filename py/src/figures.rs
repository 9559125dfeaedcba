//! Amounts as Python has them: money is a `Decimal` of US dollars, time a float of seconds, anything else an int.

use allotment::{NanoUsd, Resource};
use pyo3::prelude::*;

use crate::args::{dollars, seconds_up};

/// `amount` of the resource of this name.
pub(crate) fn figure<'py>(py: Python<'py>, resource: &str, amount: u64) -> PyResult<Bound<'py, PyAny>> {
    if resource == Resource::Cost.name() {
        dollars(py, NanoUsd::new(amount))
    } else if [Resource::Time, Resource::Idle].iter().any(|time| time.name() == resource) {
        Ok(seconds_up(amount).into_pyobject(py)?.into_any())
    } else {
        Ok(amount.into_pyobject(py)?.into_any())
    }
}

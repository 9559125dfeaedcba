//! The limits of a long-running execution: a preset's name, or what a policy says under `[execution]`.

use allotment::{Error, Execution, Policy};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyMapping, PyString};
use toml::{Table, Value};

use super::{table, text};
use crate::errors::{bad_type, invalid};

/// A preset, or a mapping with the keys of the policy's section.
pub(crate) fn execution(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Execution> {
    let py = value.py();
    if value.is_instance_of::<PyString>() {
        return Execution::preset(&text(argument, value)?)
            .map_err(|error| invalid(py, &Error::new(argument, error.value(), error.problem())));
    }
    if value.cast::<PyMapping>().is_err() {
        let neither = "is not the name of a preset or a mapping of limits";
        return Err(bad_type(argument, value, neither));
    }
    let section = Value::Table(table(argument, value)?);
    let policy = Policy::from_table(Table::from_iter([(argument.to_owned(), section)]));
    policy.map(|policy| *policy.execution()).map_err(|error| invalid(py, &error))
}

/// `True` or `False`, and nothing that is merely true or false.
pub(crate) fn truth(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    match value.cast::<PyBool>() {
        Ok(truth) => Ok(truth.is_true()),
        Err(_) => Err(bad_type(argument, value, "is not True or False")),
    }
}

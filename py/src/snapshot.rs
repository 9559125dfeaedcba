//! Snapshots and figures as plain dicts, which turn into JSON and pickle.

use allotment::{NanoUsd, Snapshot};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde::Serialize;

/// `value` as Python's own dicts, lists and numbers.
pub(crate) fn plain<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyDict>> {
    let text = serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(py.import("json")?.call_method1("loads", (text,))?.cast_into()?)
}

/// `snapshot` as a dict. Cost is text with a decimal of US dollars, as JSON has no exact ones.
pub(crate) fn snapshot<'py>(py: Python<'py>, snapshot: &Snapshot) -> PyResult<Bound<'py, PyDict>> {
    let plain = plain(py, snapshot)?;
    let cost = &snapshot.cost;
    let in_dollars = PyDict::new(py);
    in_dollars.set_item("spent", dollars(cost.spent))?;
    in_dollars.set_item("reserved", dollars(cost.reserved))?;
    in_dollars.set_item("limit", cost.limit.map(dollars))?;
    in_dollars.set_item("remaining", cost.remaining.map(dollars))?;
    in_dollars.set_item("rate", cost.rate.as_deref().map(rate_in_dollars))?;
    plain.set_item("cost", in_dollars)?;
    Ok(plain)
}

/// Nano-dollars as text with a decimal of US dollars.
pub(crate) fn dollars(nanos: u64) -> String {
    NanoUsd::new(nanos).to_string().trim_start_matches('$').to_owned()
}

/// `1500000000/min` as `1.50/min`.
fn rate_in_dollars(rate: &str) -> String {
    let converted = rate
        .split_once('/')
        .and_then(|(nanos, window)| Some(format!("{}/{window}", dollars(nanos.parse().ok()?))));
    converted.unwrap_or_else(|| rate.to_owned())
}

/// `snapshot` as a small HTML table.
pub(crate) fn html(py: Python<'_>, snapshot: &Snapshot) -> PyResult<Py<PyString>> {
    let table = py.import("allotment._html")?.getattr("table")?;
    Ok(table.call1((self::snapshot(py, snapshot)?,))?.cast_into::<PyString>()?.unbind())
}

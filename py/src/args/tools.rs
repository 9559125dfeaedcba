//! Lists of tools. A bare string is never one, but for `"*"`.

use allotment::{ANY_TOOL, Error, TOOLS_MAX};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMapping, PyString, PyTuple};

use super::{limit, name, text};
use crate::errors::{bad_type, invalid, shown};

/// The most calls in one batch: where an endless iterable ends.
const BATCH_MAX: usize = 1_000_000;

const NO_LIST: &str = "is not a list of tool names, nor a mapping of names to caps";

/// The tools of a session, each with its cap: from a list or any other iterable, from a mapping, or `"*"`.
pub(crate) fn tools(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Option<u64>)>> {
    if value.cast::<PyString>().is_ok_and(|text| text.to_string_lossy() == ANY_TOOL) {
        return Ok(vec![(ANY_TOOL.to_owned(), None)]);
    }
    refuse_one(value)?;
    if let Some(mapping) = mapping(value) {
        return of_mapping(mapping);
    }
    let mut listed = Vec::new();
    each(value, TOOLS_MAX, NO_LIST, |place, tool| {
        listed.push((text(place, &tool)?, None));
        Ok(())
    })?;
    Ok(listed)
}

/// The calls of a batch, in order.
pub(crate) fn batch<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    const NO_BATCH: &str = "is not a list of tool names";
    refuse_one(value)?;
    if mapping(value).is_some() {
        return Err(bad_type("tools", value, NO_BATCH));
    }
    let mut calls = Vec::new();
    each(value, BATCH_MAX, NO_BATCH, |place, tool| {
        calls.push(name(place, &tool)?.clone());
        Ok(())
    })?;
    Ok(calls)
}

/// `value`, if it is a mapping. Of a list it does not ask: the answer is Python code, in which a daemon thread may be ended.
fn mapping<'a, 'py>(value: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyMapping>> {
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return None;
    }
    value.cast().ok()
}

/// Refuses what iterates, but as characters or bytes.
fn refuse_one(value: &Bound<'_, PyAny>) -> PyResult<()> {
    if value.is_instance_of::<PyString>() {
        let problem = format!("is a bare string where a list belongs: [{}]", shown(value));
        return Err(bad_type("tools", value, &problem));
    }
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        return Err(bad_type("tools", value, "is bytes where a list of str belongs"));
    }
    Ok(())
}

fn of_mapping(mapping: &Bound<'_, PyMapping>) -> PyResult<Vec<(String, Option<u64>)>> {
    let mut listed = Vec::new();
    each(mapping.items()?.as_any(), TOOLS_MAX, NO_LIST, |_, item| {
        let (tool, cap) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let tool = text("tools", &tool)?;
        let cap = (!cap.is_none()).then(|| limit(&format!("tools[{tool:?}]"), &cap)).transpose()?;
        listed.push((tool, cap));
        Ok(())
    })?;
    Ok(listed)
}

/// Gives `take` each item of `value` and its place, `max` of them at most.
fn each<'py>(
    value: &Bound<'py, PyAny>,
    max: usize,
    problem: &str,
    mut take: impl FnMut(&str, Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let items = value.try_iter().map_err(|_| bad_type("tools", value, problem))?;
    for (index, item) in items.enumerate() {
        if index >= max {
            let problem = format!("names or more are above the maximum {max}");
            return Err(invalid(value.py(), &Error::new("tools", index + 1, problem)));
        }
        take(&format!("tools[{index}]"), item?)?;
    }
    Ok(())
}

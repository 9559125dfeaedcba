//! Names and texts.

use std::borrow::Cow;

use allotment::{Resource, Sensitivity};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{bad_type, bad_value, invalid};

/// A `str`, as it is: a name that is looked up, and may come from a model.
#[inline]
pub(crate) fn name<'a, 'py>(
    argument: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyString>> {
    value.cast::<PyString>().map_err(|_| bad_type(argument, value, "is not a str"))
}

/// `name` for a look-up. One that is no Unicode gets a character that no name has, so that it is found nowhere.
#[inline]
pub(crate) fn lookup<'a>(name: &'a Bound<'_, PyString>) -> Cow<'a, str> {
    name.to_str().map_or_else(|_| Cow::Owned(format!("{}\0", name.to_string_lossy())), Cow::Borrowed)
}

/// A `str` that is kept.
pub(crate) fn text(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = name(argument, value)?;
    text.to_str().map(str::to_owned).map_err(|_| bad_value(argument, value, "holds lone surrogates"))
}

/// The name of a sensitivity.
pub(crate) fn sensitivity(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Sensitivity> {
    name(argument, value)?.to_string_lossy().parse().map_err(|error| invalid(value.py(), &error))
}

/// The name of a resource.
pub(crate) fn resource(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Resource> {
    let named = name(argument, value)?.to_string_lossy();
    Resource::ALL.into_iter().find(|known| known.name() == named).ok_or_else(|| {
        let known = Resource::ALL.map(Resource::name).join(", ");
        bad_value(argument, value, &format!("is no resource: known are {known}"))
    })
}

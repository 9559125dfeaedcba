//! Arguments that can be left out, where `None` means something else.

use allotment::Setting;
use core::convert::Infallible;
use pyo3::Borrowed;
use pyo3::prelude::*;
use pyo3::types::PyEllipsis;

/// An argument that may be left out; `...` leaves it out too, so that who wraps a call can pass the default on.
#[derive(Clone, Copy, Default)]
pub(crate) enum Given<'a, 'py> {
    #[default]
    Omitted,
    Value(Borrowed<'a, 'py, PyAny>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'a, 'py> {
    type Error = Infallible;

    #[inline]
    fn extract(value: Borrowed<'a, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(if value.is_instance_of::<PyEllipsis>() { Self::Omitted } else { Self::Value(value) })
    }
}

impl<'py> Given<'_, 'py> {
    /// Whether it was left out.
    #[inline]
    pub(crate) fn is_omitted(self) -> bool {
        matches!(self, Self::Omitted)
    }

    /// As `read` reads it, or what it is when left out.
    pub(crate) fn or<T>(
        self,
        omitted: T,
        read: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
    ) -> PyResult<T> {
        match self {
            Self::Omitted => Ok(omitted),
            Self::Value(value) => read(&value),
        }
    }
}

/// A limit: left out, the policy's default holds; `None` is no limit; else as `read` reads it.
pub(crate) fn setting<T>(
    argument: &str,
    given: Given<'_, '_>,
    read: impl FnOnce(&str, &Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Setting<T>> {
    given.or(Setting::Inherit, |value| {
        if value.is_none() { Ok(Setting::Unlimited) } else { read(argument, value).map(Setting::At) }
    })
}

//! `Rate`.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::args::{Given, limit, number, rate, seconds_up, time};
use crate::errors::invalid;

/// A token-bucket rate: `limit` units per `per` seconds, of which `limit * burst` may come at once.
///
/// It refills continuously; a limit of 0 admits nothing, ever. Immutable; compares by value; hashes; pickles.
///
/// Args:
///     limit: Units per window, 0 to 2**48.
///     per: The window, seconds as int or float, or a `timedelta`; 1 s to 24 h.
///     burst: What the bucket holds when full, as a factor of `limit`; above 0.
///
/// Raises:
///     InvalidPolicy: out of bounds; InvalidType for a wrong type.
///
/// Example:
///     >>> Rate.parse("100/15min")
///     Rate(100, per=900.0, burst=1.0)
#[pyclass(frozen, eq, hash, module = "allotment")]
#[derive(PartialEq)]
pub(crate) struct Rate {
    rate: allotment::Rate,
}

impl Eq for Rate {}

impl Hash for Rate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.rate.limit(), self.rate.window(), self.rate.burst().to_bits()).hash(state);
    }
}

impl From<allotment::Rate> for Rate {
    fn from(rate: allotment::Rate) -> Self {
        Self { rate }
    }
}

impl Rate {
    pub(crate) fn inner(&self) -> allotment::Rate {
        self.rate
    }
}

#[pymethods]
impl Rate {
    #[new]
    #[pyo3(signature = (limit, per=Given::Omitted, burst=Given::Omitted), text_signature = "(limit, per=60, burst=1.0)")]
    fn new(
        py: Python<'_>,
        limit: &Bound<'_, PyAny>,
        per: Given<'_, '_>,
        burst: Given<'_, '_>,
    ) -> PyResult<Self> {
        let units = self::limit("limit", limit)?;
        let per = per.or(allotment::Nanos::from_secs(60), |per| time("per", per))?;
        let burst = burst.or(1.0, |burst| number("burst", burst))?;
        let rate = allotment::Rate::new(units, per).and_then(|rate| rate.with_burst(burst));
        let rate = rate.map_err(|error| {
            let argument = error.argument().trim_start_matches("rate.");
            invalid(py, &allotment::Error::new(argument, error.value(), error.problem()))
        })?;
        Ok(Self { rate })
    }

    /// Reads `"30/min"`, `"5/s"`, `"100/15min"`, `"1000/h"`, `"1/day"`.
    ///
    /// Raises:
    ///     InvalidPolicy: text that is no rate, or a rate out of bounds; InvalidType for anything but a str.
    #[staticmethod]
    fn parse(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        rate("rate", text).map(|rate| Self { rate })
    }

    /// Units per window.
    #[getter]
    fn limit(&self) -> u64 {
        self.rate.limit()
    }

    /// The window, in seconds.
    #[getter]
    fn per(&self) -> f64 {
        seconds_up(allotment::Nanos::from(self.rate.window()).get())
    }

    /// What the bucket holds when full, as a factor of `limit`.
    #[getter]
    fn burst(&self) -> f64 {
        self.rate.burst()
    }

    fn __str__(&self) -> String {
        self.rate.to_string()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (per, burst) = (PyFloat::new(py, self.per()).repr()?, PyFloat::new(py, self.burst()).repr()?);
        Ok(format!("Rate({}, per={per}, burst={burst})", self.limit()))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (u64, f64, f64)) {
        let rate = slf.get();
        (slf.get_type().into_any(), (rate.limit(), rate.per(), rate.burst()))
    }
}

//! `Reservation`.

use pyo3::prelude::*;

use crate::args::{Given, dollars, usage};
use crate::errors::invalid;

/// An estimate that was admitted, until it ends: settled, released or forfeited.
///
/// Made by `Session.reserve`. `with session.reserve(tokens=4000) as hold:` (or `async with`) forfeits it at
/// the end unless it was settled or released inside: it is charged what `progress` last said, or all of it,
/// because providers bill what they have begun. A reservation that is garbage-collected is forfeited too.
/// It ends exactly once.
#[pyclass(frozen, weakref, module = "allotment")]
pub(crate) struct Reservation {
    inner: allotment::Reservation,
}

impl From<allotment::Reservation> for Reservation {
    fn from(inner: allotment::Reservation) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Reservation {
    /// The model tokens that were admitted.
    #[getter]
    fn tokens(&self) -> u64 {
        self.inner.granted().tokens
    }

    /// The US dollars that were admitted, a Decimal.
    #[getter]
    fn cost_usd<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dollars(py, self.inner.granted().cost)
    }

    /// The steps that were admitted.
    #[getter]
    fn steps(&self) -> u64 {
        self.inner.granted().steps
    }

    /// Whether it has been settled, released or forfeited.
    #[getter]
    fn ended(&self) -> bool {
        self.inner.has_ended()
    }

    /// Ends it at the actual price.
    ///
    /// What was not used is given back; what was used beyond it is charged in full, even past the limit,
    /// because it has been spent.
    ///
    /// Args:
    ///     tokens: The model tokens used.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///
    /// Returns:
    ///     Whether that overran a budget, which then refuses what follows.
    ///
    /// Raises:
    ///     InvalidPolicy: it has ended already, or an argument makes no sense; nothing changes then.
    #[pyo3(
        signature = (*, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0)"
    )]
    fn settle(
        &self,
        py: Python<'_>,
        tokens: Given<'_>,
        cost_usd: Given<'_>,
        steps: Given<'_>,
    ) -> PyResult<bool> {
        let settled = self.inner.settle(usage(tokens, cost_usd, steps)?);
        settled.map(|settled| settled.overrun).map_err(|error| invalid(py, &error))
    }

    /// Ends it without a charge, because nothing was sent.
    ///
    /// Raises:
    ///     InvalidPolicy: it has ended already; nothing changes then.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.release().map_err(|error| invalid(py, &error))
    }

    /// Says what has been used so far, in total: what is charged if this is forfeited.
    ///
    /// Args:
    ///     tokens: The model tokens used.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///
    /// Raises:
    ///     InvalidPolicy: an argument makes no sense.
    #[pyo3(
        signature = (*, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0)"
    )]
    fn progress(&self, tokens: Given<'_>, cost_usd: Given<'_>, steps: Given<'_>) -> PyResult<()> {
        self.inner.progress(usage(tokens, cost_usd, steps)?);
        Ok(())
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    /// Forfeits it, if it has not ended. Exceptions go on.
    #[pyo3(signature = (kind, error, traceback, /))]
    fn __exit__(&self, kind: &Bound<'_, PyAny>, error: &Bound<'_, PyAny>, traceback: &Bound<'_, PyAny>) {
        let _ = (kind, error, traceback);
        let _ended_already = self.inner.forfeit();
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("allotment._context")?.getattr("enter")?.call1((slf,))
    }

    #[pyo3(signature = (kind, error, traceback, /))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        kind: &Bound<'py, PyAny>,
        error: &Bound<'py, PyAny>,
        traceback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("allotment._context")?.getattr("leave")?.call1((slf, kind, error, traceback))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (cost, ended) =
            (dollars(py, self.inner.granted().cost)?, if self.ended() { "True" } else { "False" });
        Ok(format!(
            "Reservation(tokens={}, cost_usd={}, steps={}, ended={ended})",
            self.tokens(),
            cost.repr()?,
            self.steps()
        ))
    }
}

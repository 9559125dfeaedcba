//! `Reservation`.

use pyo3::prelude::*;

use crate::args::{Amounts, Given, dollars};
use crate::errors::{invalid, not_copied};

/// An estimate that was admitted, until it ends: settled, released or forfeited.
///
/// Made by `Session.reserve`. `with session.reserve(tokens=4000) as hold:` (or `async with`) forfeits it at
/// the end unless it was settled or released inside: it is charged what `progress` last said, or all of it,
/// because providers bill what they have begun (nothing where the policy says `on_vanish = "release"`). A
/// reservation that is garbage-collected is forfeited too.
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
    /// The model tokens that were granted, those of each kind weighed; with `at_least`, maybe fewer than asked for.
    #[getter]
    fn tokens(&self) -> u64 {
        self.inner.granted().tokens
    }

    /// The US dollars that were granted, a Decimal.
    #[getter]
    fn cost_usd<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dollars(py, self.inner.granted().cost)
    }

    /// The steps that were granted.
    #[getter]
    fn steps(&self) -> u64 {
        self.inner.granted().steps
    }

    /// The discovered steps that were granted.
    #[getter]
    fn discovered_steps(&self) -> u64 {
        self.inner.granted().discovered_steps
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
    ///     tokens: The model tokens used, those that count as they are.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///     discovered_steps: The steps discovered on the way.
    ///     input_tokens: Tokens that the model read, which count as the policy weighs them.
    ///     output_tokens: Tokens that it wrote.
    ///     cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.
    ///
    /// Returns:
    ///     Whether that overran a budget, which then refuses what follows.
    ///
    /// Raises:
    ///     InvalidPolicy: it has ended already, or an argument makes no sense; nothing changes then.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted, input_tokens=Given::Omitted, output_tokens=Given::Omitted,
            cached_tokens=Given::Omitted
        ),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0, discovered_steps=0, input_tokens=0, \
            output_tokens=0, cached_tokens=0)"
    )]
    fn settle(
        &self,
        py: Python<'_>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        input_tokens: Given<'_, '_>,
        output_tokens: Given<'_, '_>,
        cached_tokens: Given<'_, '_>,
    ) -> PyResult<bool> {
        let amounts =
            Amounts { tokens, cost_usd, steps, discovered_steps, input_tokens, output_tokens, cached_tokens };
        let settled = self.inner.settle(amounts.usage()?);
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
    ///     tokens: The model tokens used, those that count as they are.
    ///     cost_usd: The US dollars spent.
    ///     steps: The steps made.
    ///     discovered_steps: The steps discovered on the way.
    ///     input_tokens: Tokens that the model read, which count as the policy weighs them.
    ///     output_tokens: Tokens that it wrote.
    ///     cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.
    ///
    /// Raises:
    ///     InvalidPolicy: an argument makes no sense.
    #[expect(clippy::too_many_arguments, reason = "keywords of the Python signature")]
    #[pyo3(
        signature = (
            *, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted, input_tokens=Given::Omitted, output_tokens=Given::Omitted,
            cached_tokens=Given::Omitted
        ),
        text_signature = "($self, *, tokens=0, cost_usd=0, steps=0, discovered_steps=0, input_tokens=0, \
            output_tokens=0, cached_tokens=0)"
    )]
    fn progress(
        &self,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
        input_tokens: Given<'_, '_>,
        output_tokens: Given<'_, '_>,
        cached_tokens: Given<'_, '_>,
    ) -> PyResult<()> {
        let amounts =
            Amounts { tokens, cost_usd, steps, discovered_steps, input_tokens, output_tokens, cached_tokens };
        self.inner.progress(amounts.usage()?);
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

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("a Reservation", "it ends exactly once"))
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

//! `StepTimer`.

use pyo3::prelude::*;

use crate::args::{seconds_up, time};
use crate::errors::{not_copied, timed_out};

/// A step that has begun and may take so long, on the enforcer's clock. Made by `step_timer` of a session or an enforcer.
///
/// It stops nothing by itself: the step has to ask.
#[pyclass(frozen, module = "allotment")]
pub(crate) struct StepTimer {
    inner: allotment::StepTimer,
}

impl StepTimer {
    /// The timer that `begin` makes for so many `seconds`.
    pub(crate) fn new(
        seconds: &Bound<'_, PyAny>,
        begin: impl FnOnce(allotment::Nanos) -> allotment::StepTimer,
    ) -> PyResult<Self> {
        Ok(Self { inner: begin(time("seconds", seconds)?) })
    }
}

#[pymethods]
impl StepTimer {
    /// The time since the step began, in seconds.
    #[getter]
    fn elapsed(&self) -> f64 {
        seconds_up(self.inner.elapsed().get())
    }

    /// What is left, in seconds; never less than 0.
    #[getter]
    fn remaining(&self) -> f64 {
        seconds_up(self.inner.remaining().get())
    }

    /// Whether nothing is left.
    #[getter]
    fn timed_out(&self) -> bool {
        self.inner.has_timed_out()
    }

    /// Raises once nothing is left.
    ///
    /// Raises:
    ///     StepTimedOut: the step has taken as long as it may, or longer.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.check().map_err(|late| timed_out(py, late))
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("a StepTimer", "its clock runs in this process"))
    }

    fn __repr__(&self) -> String {
        format!("<StepTimer elapsed={:?} remaining={:?}>", self.elapsed(), self.remaining())
    }
}

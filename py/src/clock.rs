//! `ManualClock`.

use pyo3::prelude::*;

use crate::args::{count, time};
use crate::errors::not_copied;

/// A clock that stands still until it is advanced, for tests and replays: `Enforcer(clock=ManualClock())`.
///
/// Example:
///     >>> clock = ManualClock()
///     >>> clock.advance(1.5)
///     >>> clock.now_ns
///     1500000000
#[pyclass(frozen, module = "allotment.testing")]
#[derive(Default)]
pub(crate) struct ManualClock {
    hand: allotment::ManualClock,
}

impl ManualClock {
    pub(crate) fn inner(&self) -> allotment::ManualClock {
        self.hand.clone()
    }
}

#[pymethods]
impl ManualClock {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Moves the time forward by `seconds`, to 100 years at most.
    ///
    /// Args:
    ///     seconds: Seconds as int or float (to the nearest nanosecond), or a `timedelta`. 0 or more.
    ///
    /// Raises:
    ///     InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
    fn advance(&self, seconds: &Bound<'_, PyAny>) -> PyResult<()> {
        self.hand.advance(time("seconds", seconds)?);
        Ok(())
    }

    /// Moves the time forward by whole nanoseconds, to 100 years at most.
    ///
    /// Args:
    ///     nanoseconds: An int of 0 or more.
    ///
    /// Raises:
    ///     InvalidPolicy: negative or above 2**64 - 1; InvalidType for anything but an int.
    fn advance_ns(&self, nanoseconds: &Bound<'_, PyAny>) -> PyResult<()> {
        self.hand.advance(allotment::Nanos::new(count("nanoseconds", nanoseconds)?));
        Ok(())
    }

    /// The time since the clock was made, in nanoseconds.
    #[getter]
    fn now_ns(&self) -> u64 {
        self.hand.now().get()
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("a ManualClock", "others go by the one that it is"))
    }

    fn __repr__(&self) -> String {
        format!("<ManualClock now_ns={}>", self.now_ns())
    }
}

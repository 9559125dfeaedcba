//! `Descent`.

use pyo3::prelude::*;

use crate::errors::not_copied;

/// A level of discovery that was entered. Made by `Session.descend`.
///
/// `with session.descend():` leaves it at the end; a descent that is garbage-collected is left too. It is left once.
#[pyclass(frozen, weakref, module = "allotment")]
pub(crate) struct Descent {
    inner: allotment::Descent,
}

impl From<allotment::Descent> for Descent {
    fn from(inner: allotment::Descent) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Descent {
    /// How deep it is; the first level is 1.
    #[getter]
    fn level(&self) -> u64 {
        self.inner.level()
    }

    /// Leaves it. Nothing happens where it was left before.
    fn leave(&self) {
        self.inner.leave();
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    /// Leaves it. Exceptions go on.
    #[pyo3(signature = (kind, error, traceback, /))]
    fn __exit__(&self, kind: &Bound<'_, PyAny>, error: &Bound<'_, PyAny>, traceback: &Bound<'_, PyAny>) {
        let _ = (kind, error, traceback);
        self.leave();
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_copied("a Descent", "it is left exactly once"))
    }

    fn __repr__(&self) -> String {
        format!("<Descent level={}>", self.level())
    }
}

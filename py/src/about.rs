//! What a decision is about: who asked for what, and what the session has left.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Who asked for what, as Python has it.
#[derive(Default)]
pub(crate) struct About {
    pub(crate) session: Option<Py<PyString>>,
    pub(crate) agent: Option<Py<PyString>>,
    pub(crate) tool: Option<Py<PyString>>,
}

/// `name` to be kept: an exact `str`, and text that can be printed.
#[inline]
pub(crate) fn kept(name: &Bound<'_, PyString>) -> Py<PyString> {
    if name.is_exact_instance_of::<PyString>() && name.to_str().is_ok() {
        return name.clone().unbind();
    }
    PyString::new(name.py(), &name.to_string_lossy()).unbind()
}

/// What a session has left.
#[derive(Debug, Clone, Copy, PartialEq, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Left {
    /// Calls, `None` for no limit.
    pub(crate) calls: Option<u64>,
    pub(crate) nanos: u64,
}

impl Left {
    /// What `session` has left now, for a denial, which does not say.
    #[cold]
    pub(crate) fn now(session: &allotment::Session) -> Self {
        Self { calls: session.calls().remaining(), nanos: session.time_left().get() }
    }
}

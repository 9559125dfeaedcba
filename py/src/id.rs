//! Session ids as callers have them.

use allotment::{Denial, SessionId};
use pyo3::prelude::*;
use pyo3::types::PyString;
use uuid::Uuid;

use crate::about::kept;
use crate::errors::bad_type;

/// The session that a caller asks for.
pub(crate) struct Asked<'py> {
    pub(crate) id: SessionId,
    /// What was given instead of an id.
    given: Option<Bound<'py, PyString>>,
}

impl<'py> Asked<'py> {
    /// Reads a `str` or a `uuid.UUID`. Text that is no id is looked up as the nil id, which is no session's, so that it
    /// is not found.
    #[inline]
    pub(crate) fn new(value: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(match text.to_str().ok().and_then(|text| text.parse().ok()) {
                Some(id) => Self { id, given: None },
                None => Self { id: Uuid::nil().into(), given: Some(text.clone()) },
            });
        }
        match value.extract::<Uuid>() {
            Ok(id) => Ok(Self { id: id.into(), given: None }),
            Err(_) => Err(bad_type("session_id", value, "is not a session id (str or uuid.UUID)")),
        }
    }

    /// The id, or what was given instead, as text.
    pub(crate) fn text(&self, py: Python<'py>) -> Py<PyString> {
        self.given.as_ref().map_or_else(|| PyString::new(py, &self.id.to_string()).unbind(), kept)
    }
}

/// Whether `denial` is about text that is no id.
pub(crate) fn is_nobody(denial: &Denial) -> bool {
    denial.session().is_some_and(|id| id.as_uuid().is_nil())
}

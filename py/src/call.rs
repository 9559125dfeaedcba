//! [`Call`]: what servers do, who hold an id instead of a `Session`.

use allotment::{Denial, Grant, SessionId};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::about::{About, Left, kept};
use crate::args::{lookup, name};
use crate::decision::Decision;
use crate::errors::denied;
use crate::id::Asked;

/// A call by id: the session, the caller's agent and the tool, if it is one tool.
pub(crate) struct Call<'a, 'py> {
    enforcer: &'a allotment::Enforcer,
    asked: Asked<'py>,
    agent: &'a Bound<'py, PyString>,
    tool: Option<&'a Bound<'py, PyString>>,
}

impl<'a, 'py> Call<'a, 'py> {
    #[inline]
    pub(crate) fn new(
        enforcer: &'a allotment::Enforcer,
        session_id: &Bound<'py, PyAny>,
        agent: &'a Bound<'py, PyAny>,
        tool: Option<&'a Bound<'py, PyString>>,
    ) -> PyResult<Self> {
        Ok(Self { enforcer, agent: name("agent", agent)?, asked: Asked::new(session_id)?, tool })
    }

    /// The exception for a denial.
    #[inline]
    pub(crate) fn raise(&self, decide: impl FnOnce(SessionId, &str) -> Result<(), Denial>) -> PyResult<()> {
        decide(self.asked.id, &lookup(self.agent)).map_err(|denial| self.refuse(denial))
    }

    #[cold]
    fn refuse(&self, denial: Denial) -> PyErr {
        let py = self.agent.py();
        denied(py, Decision::denied(py, self.about(), denial, self.left()))
    }

    /// The decision either way.
    pub(crate) fn decide<'t>(
        &self,
        decide: impl FnOnce(SessionId, &str) -> Result<Grant<'t>, Denial>,
    ) -> Decision {
        let outcome = decide(self.asked.id, &lookup(self.agent));
        Decision::new(self.agent.py(), self.about(), outcome, || self.left())
    }

    /// Whether the call's arguments matter.
    pub(crate) fn tells_repetitions(&self) -> bool {
        self.enforcer.get(self.asked.id).is_ok_and(|session| session.tells_repetitions())
    }

    fn about(&self) -> About {
        About {
            session: Some(self.asked.text(self.agent.py())),
            agent: Some(kept(self.agent)),
            tool: self.tool.map(kept),
        }
    }

    /// What the session has left, if it is the caller's to know.
    fn left(&self) -> Option<Left> {
        let session = self.enforcer.get(self.asked.id).ok()?;
        (session.agent() == lookup(self.agent)).then(|| Left::now(&session))
    }
}

//! `Session`: deciding, and its life. What it hands on to others is in `funds`.

mod execution;
mod funds;

use std::hash::{Hash, Hasher};

use allotment::{Denial, Grant};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::about::{About, Left, kept};
use crate::args::{Amounts, Given, Said, batch, lookup, name};
use crate::decision::Decision;
use crate::errors::denied;
use crate::snapshot::{html, snapshot};
use crate::summary::Summary;

/// One task of one agent, and what it may use. Made by `Enforcer.create_session`.
///
/// A cheap handle: dropping it closes nothing. `with session:` closes it. Compares and hashes by id; copies
/// are the same session; it does not pickle, because its budget lives in this process.
#[pyclass(frozen, eq, hash, weakref, module = "allotment")]
pub(crate) struct Session {
    inner: allotment::Session,
    id: Py<PyString>,
    agent: Py<PyString>,
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.inner.id() == other.inner.id()
    }
}

impl Eq for Session {}

impl Hash for Session {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.id().hash(state);
    }
}

impl Session {
    pub(crate) fn new(py: Python<'_>, session: allotment::Session) -> Self {
        let id = PyString::new(py, &session.id().to_string()).unbind();
        let agent = PyString::new(py, session.agent()).unbind();
        Self { inner: session, id, agent }
    }

    fn about(&self, py: Python<'_>, tool: Option<&Bound<'_, PyString>>) -> About {
        About {
            session: Some(self.id.clone_ref(py)),
            agent: Some(self.agent.clone_ref(py)),
            tool: tool.map(kept),
        }
    }

    fn decision(
        &self,
        py: Python<'_>,
        tool: Option<&Bound<'_, PyString>>,
        outcome: Result<Grant<'_>, Denial>,
    ) -> Decision {
        Decision::new(py, self.about(py, tool), outcome, || Some(Left::now(&self.inner)))
    }

    /// `authorize` of a call of which something is said.
    #[cold]
    fn authorize_call(&self, tool: &str, said: Said<'_, '_>) -> PyResult<Result<(), Denial>> {
        let details = said.read(|| self.inner.tells_repetitions())?;
        Ok(self.inner.authorize_call(details.of(tool)).map(drop))
    }

    /// The exception for a denial of `tool`, or of no tool in particular.
    #[cold]
    fn refuse(&self, py: Python<'_>, tool: Option<&Bound<'_, PyString>>, denial: Denial) -> PyErr {
        denied(py, Decision::denied(py, self.about(py, tool), denial, Some(Left::now(&self.inner))))
    }
}

#[pymethods]
impl Session {
    /// The id, a random UUID as text; for calls by id.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> &Bound<'py, PyString> {
        self.id.bind(py)
    }

    /// The agent it belongs to.
    #[getter]
    fn agent<'py>(&self, py: Python<'py>) -> &Bound<'py, PyString> {
        self.agent.bind(py)
    }

    /// The tenant on whose behalf it runs, if there is one.
    #[getter]
    fn tenant(&self) -> Option<&str> {
        self.inner.tenant()
    }

    /// `"active"`, `"paused"`, `"expired"` or `"closed"`.
    #[getter]
    fn status(&self) -> &'static str {
        self.inner.status().name()
    }

    /// Whether it is active, not expired and has calls left.
    #[getter]
    fn active(&self) -> bool {
        self.inner.is_active()
    }

    /// Whether a call's arguments matter here: the same step may be taken only so often in a row.
    #[getter]
    fn _tells_repetitions(&self) -> bool {
        self.inner.tells_repetitions()
    }

    /// Admits one call of `tool` and what it is known to use, or raises.
    ///
    /// It debits one call of everything that limits the tool, or nothing at all. The cheapest way to ask;
    /// `decide` tells more and does not raise.
    ///
    /// Args:
    ///     tool: The tool's exact name.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     Denied: the subclass for the reason: SessionClosed, SessionPaused, SessionExpired, IdleTimeout,
    ///         ToolNotAuthorized, IntentDrift, SensitivityExceeded, NetworkDenied, SameStepLoop,
    ///         BudgetExceeded, RateLimited (with `retry_after`), Contended, Forked.
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[pyo3(
        signature = (
            tool, *, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, tool, *, arguments=None, tokens=0, cost_usd=0, steps=0, discovered_steps=0)"
    )]
    fn authorize(
        &self,
        tool: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<()> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        let outcome = if said.is_nothing() {
            self.inner.authorize(&text).map(drop)
        } else {
            self.authorize_call(&text, said)?
        };
        outcome.map_err(|denial| self.refuse(tool.py(), Some(tool), denial))
    }

    /// Decides about one call of `tool` and what it is known to use, all of it or nothing.
    ///
    /// A denial is returned, not raised.
    ///
    /// Args:
    ///     tool: The tool's exact name.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[pyo3(
        signature = (
            tool, *, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, tool, *, arguments=None, tokens=0, cost_usd=0, steps=0, \
            discovered_steps=0)"
    )]
    fn decide(
        &self,
        tool: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<Decision> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        if said.is_nothing() {
            return Ok(self.decision(tool.py(), Some(tool), self.inner.authorize(&text)));
        }
        let details = said.read(|| self.inner.tells_repetitions())?;
        Ok(self.decision(tool.py(), Some(tool), self.inner.authorize_call(details.of(&text))))
    }

    /// Admits one call of each of `tools`, all of them or none; or raises.
    ///
    /// An empty batch succeeds in an active session.
    ///
    /// Args:
    ///     tools: An iterable of exact names, with repetitions; at most 1,000,000.
    ///
    /// Raises:
    ///     Denied: as `authorize`; `tool` is the first that is not authorised.
    ///     InvalidType: a bare string, or what is not a list of str.
    fn authorize_batch(&self, py: Python<'_>, tools: &Bound<'_, PyAny>) -> PyResult<()> {
        let calls = batch(tools)?;
        let names: Vec<_> = calls.iter().map(lookup).collect();
        let outcome = self.inner.authorize_batch(names.iter().map(|name| &**name)).map(drop);
        outcome.map_err(|denial| self.refuse(py, None, denial))
    }

    /// Decides about one call of each of `tools`, all of them or none.
    ///
    /// A denial is returned, not raised.
    ///
    /// Args:
    ///     tools: An iterable of exact names, with repetitions; at most 1,000,000.
    ///
    /// Raises:
    ///     InvalidType: a bare string, or what is not a list of str.
    fn decide_batch(&self, py: Python<'_>, tools: &Bound<'_, PyAny>) -> PyResult<Decision> {
        let calls = batch(tools)?;
        let names: Vec<_> = calls.iter().map(lookup).collect();
        let outcome = self.inner.authorize_batch(names.iter().map(|name| &**name));
        Ok(self.decision(py, None, outcome))
    }

    /// What `decide` would say now. Consumes nothing, counts nothing.
    ///
    /// Args:
    ///     tool: The tool's exact name.
    ///     arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
    ///         may take only so often in a row; `None` says nothing of them.
    ///     tokens: Model tokens that the call uses.
    ///     cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
    ///         nano-dollars.
    ///     steps: Steps that it counts as.
    ///     discovered_steps: Steps that it discovered on the way.
    ///
    /// Raises:
    ///     InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
    #[pyo3(
        signature = (
            tool, *, arguments=None, tokens=Given::Omitted, cost_usd=Given::Omitted, steps=Given::Omitted,
            discovered_steps=Given::Omitted
        ),
        text_signature = "($self, tool, *, arguments=None, tokens=0, cost_usd=0, steps=0, \
            discovered_steps=0)"
    )]
    fn preview(
        &self,
        tool: &Bound<'_, PyAny>,
        arguments: Option<&Bound<'_, PyAny>>,
        tokens: Given<'_, '_>,
        cost_usd: Given<'_, '_>,
        steps: Given<'_, '_>,
        discovered_steps: Given<'_, '_>,
    ) -> PyResult<Decision> {
        let tool = name("tool", tool)?;
        let text = lookup(tool);
        let amounts = Amounts { tokens, cost_usd, steps, discovered_steps, ..Amounts::default() };
        let said = Said { arguments, amounts };
        let details = said.read(|| self.inner.tells_repetitions())?;
        Ok(self.decision(tool.py(), Some(tool), self.inner.preview_call(details.of(&text))))
    }

    /// Holds the session: nothing is admitted once this has returned, until `resume`. Time goes on.
    ///
    /// Raises:
    ///     Denied: SessionPaused, SessionExpired or SessionClosed, where it is that already.
    fn pause(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.pause().map_err(|denial| self.refuse(py, None, denial))
    }

    /// Goes on where `pause` stopped. Nothing happens to an active session.
    ///
    /// Raises:
    ///     Denied: SessionExpired or SessionClosed.
    fn resume(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.resume().map_err(|denial| self.refuse(py, None, denial))
    }

    /// Closes the session for good: nothing is admitted once this has returned.
    ///
    /// Returns:
    ///     What it did.
    ///
    /// Raises:
    ///     Denied: SessionExpired or SessionClosed, where it has ended already.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<Summary> {
        self.inner.close().map(Summary::from).map_err(|denial| self.refuse(py, None, denial))
    }

    /// Everything there is to know about it now, as plain dicts. Changes nothing.
    ///
    /// Times are seconds, timestamps seconds since 1970, cost is text with a decimal of US dollars.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        snapshot(py, &self.inner.snapshot())
    }

    /// Wraps a function so that each call of it is authorised first.
    ///
    /// `@session.guard`, or `@session.guard(tool="name")`. Sync and async functions, generators and async generators (which ask at their first step).
    ///
    /// Args:
    ///     function: What to wrap.
    ///     tool: The tool's name; the function's `__name__` unless given.
    ///
    /// Raises:
    ///     InvalidType: it cannot be called, or has no `__name__` and no `tool` is given.
    #[pyo3(signature = (function=None, /, *, tool=None))]
    fn guard<'py>(
        slf: &Bound<'py, Self>,
        function: Option<&Bound<'py, PyAny>>,
        tool: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("allotment._guard")?.getattr("guard")?.call1((slf, function, tool))
    }

    /// Makes this the session that `allotment.current_session()` gives, inside a `with` block.
    fn activate<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("allotment._context")?.getattr("Activation")?.call1((slf,))
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    /// Closes the session, if it has not ended yet. Exceptions go on.
    #[pyo3(signature = (kind, error, traceback, /))]
    fn __exit__(&self, kind: &Bound<'_, PyAny>, error: &Bound<'_, PyAny>, traceback: &Bound<'_, PyAny>) {
        let _ = (kind, error, traceback);
        let _ended_already = self.inner.close();
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

    fn __copy__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    fn __deepcopy__<'py>(slf: &Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf.clone()
    }

    #[expect(clippy::unused_self, reason = "a special method")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Session cannot be pickled: its budget lives in this process; pass session.id on instead",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, agent) = (self.id.bind(py).repr()?, self.agent.bind(py).repr()?);
        let (status, calls) = (self.status(), self.inner.calls());
        let limit = calls.limit.map_or_else(String::new, |limit| format!("/{limit}"));
        Ok(format!("Session(id={id}, agent={agent}, status='{status}', calls={}{limit})", calls.spent))
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        html(py, &self.inner.snapshot())
    }
}

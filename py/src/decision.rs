//! `Decision`.

use std::hash::{DefaultHasher, Hash, Hasher};

use allotment::{Denial, Grant};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::args::seconds_up;
use crate::errors::excerpt;
use crate::figures::figure;
use crate::id::is_nobody;
use crate::refusal::{Lazy, Refusal};
use crate::warning::LimitWarning;

/// What was decided about a call or a batch: allowed and debited, or denied and nothing debited.
///
/// True where it is allowed. Immutable; compares by value; pickles.
#[pyclass(frozen, module = "allotment")]
pub(crate) struct Decision {
    about: About,
    verdict: Verdict,
}

/// Who asked for what.
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

enum Verdict {
    Granted { remaining: Option<u64>, nanos_left: u64, warnings: Vec<allotment::LimitWarning> },
    Denied(Box<Lazy>),
}

impl Decision {
    pub(crate) fn new(py: Python<'_>, about: About, outcome: Result<Grant<'_>, Denial>) -> Self {
        match outcome {
            Ok(grant) => Self::granted(about, &grant),
            Err(denial) => Self::denied(py, about, denial),
        }
    }

    fn granted(about: About, grant: &Grant<'_>) -> Self {
        let (remaining, nanos_left) = (grant.remaining(), grant.time_left().get());
        let warnings = grant.warnings().collect();
        Self { about, verdict: Verdict::Granted { remaining, nanos_left, warnings } }
    }

    #[cold]
    pub(crate) fn denied(py: Python<'_>, mut about: About, denial: Denial) -> Self {
        if let Some(tool) = denial.tool() {
            about.tool = Some(PyString::new(py, tool).unbind());
        }
        let refusal = match &about.session {
            // The text was no id, so that the core was asked for nobody's: the operator sees the text.
            Some(given) if is_nobody(&denial) => Lazy::Plain(Refusal {
                detail: format!("{} [session {}]", denial.reason(), excerpt(given.bind(py))),
                ..Refusal::from(&denial)
            }),
            _ => Lazy::from(denial),
        };
        Self { about, verdict: Verdict::Denied(Box::new(refusal)) }
    }

    /// The reason's name, empty where it is allowed.
    pub(crate) fn reason_name(&self) -> &str {
        match &self.verdict {
            Verdict::Granted { .. } => "",
            Verdict::Denied(lazy) => lazy.reason(),
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match &self.verdict {
            Verdict::Granted { .. } => None,
            Verdict::Denied(lazy) => Some(lazy.plain()),
        }
    }

    fn figure<'py>(
        &self,
        py: Python<'py>,
        amount: impl FnOnce(&Refusal) -> Option<u64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(refusal) = self.refusal() else { return Ok(None) };
        amount(refusal).map(|amount| figure(py, refusal.resource.as_deref().unwrap_or(""), amount)).transpose()
    }
}

/// Who asked for what, as text; and the grant's figures or the refusal: what a pickle holds.
type State = ([Option<String>; 3], Option<(Option<u64>, u64, Vec<Py<LimitWarning>>)>, Option<Refusal>);

impl Decision {
    fn state(&self, py: Python<'_>) -> PyResult<State> {
        let text = |text: &Option<Py<PyString>>| text.as_ref().map(|text| text.bind(py).to_string_lossy().into_owned());
        let About { session, agent, tool } = &self.about;
        let about = [text(session), text(agent), text(tool)];
        Ok(match &self.verdict {
            Verdict::Granted { remaining, nanos_left, warnings } => {
                let warnings = warnings.iter().map(|&warning| Py::new(py, LimitWarning::from(warning)));
                (about, Some((*remaining, *nanos_left, warnings.collect::<PyResult<_>>()?)), None)
            }
            Verdict::Denied(lazy) => (about, None, Some(lazy.plain().clone())),
        })
    }
}

#[pymethods]
impl Decision {
    /// Whether the call may be made. What it costs has been debited then, except by `preview`.
    #[getter]
    fn allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Granted { .. })
    }

    /// Why not: the stable name of the reason, such as `"budget_exceeded"`; `None` where it is allowed.
    #[getter]
    fn reason(&self) -> Option<&str> {
        Some(self.reason_name()).filter(|reason| !reason.is_empty())
    }

    /// The tool, to dispatch by; of a batch the one that was refused, if it was one of them, else `None`.
    #[getter]
    fn tool<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.tool.as_ref().map(|tool| tool.bind(py))
    }

    /// The id of the session that was asked, or the text that is nobody's id; `None` where none was to be had.
    #[getter]
    fn session<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.session.as_ref().map(|session| session.bind(py))
    }

    /// The agent that asked.
    #[getter]
    fn agent<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.agent.as_ref().map(|agent| agent.bind(py))
    }

    /// The session's calls that are left after this; `None` for no limit, and for most denials, which do not know.
    #[getter]
    fn remaining(&self) -> Option<u64> {
        match &self.verdict {
            Verdict::Granted { remaining, .. } => *remaining,
            Verdict::Denied(lazy) => lazy.plain().calls_left(),
        }
    }

    /// The time until the session expires, in seconds; 0.0 where it has expired, `None` for other denials.
    #[getter]
    fn seconds_remaining(&self) -> Option<f64> {
        match &self.verdict {
            Verdict::Granted { nanos_left, .. } => Some(seconds_up(*nanos_left)),
            Verdict::Denied(lazy) => (lazy.reason() == "expired").then_some(0.0),
        }
    }

    /// After how many seconds the same call is allowed if nobody else asks, never less than the exact wait; `None` if
    /// waiting does not help.
    #[getter]
    fn retry_after(&self) -> Option<f64> {
        self.retry_after_ns().map(seconds_up)
    }

    /// `retry_after` in nanoseconds, exactly.
    #[getter]
    fn retry_after_ns(&self) -> Option<u64> {
        self.refusal()?.retry_after_ns
    }

    /// What is running low: a tuple of `LimitWarning`, empty for a denial.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.verdict {
            Verdict::Granted { warnings, .. } => {
                PyTuple::new(py, warnings.iter().map(|&warning| LimitWarning::from(warning)).collect::<Vec<_>>())
            }
            Verdict::Denied(_) => Ok(PyTuple::empty(py)),
        }
    }

    /// The limit that refused: a `Decimal` of US dollars for cost, float seconds for time, else an int.
    #[getter]
    fn limit<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.figure(py, |refusal| refusal.limit)
    }

    /// What was used of it, in the same unit; of a rate, how much of its bucket.
    #[getter]
    fn used<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.figure(py, |refusal| refusal.used)
    }

    /// What was asked for, in the same unit.
    #[getter]
    fn requested<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.figure(py, |refusal| refusal.requested)
    }

    /// What was lacking: `"calls"`, `"steps"`, `"tokens"`, `"cost"`, `"time"` or `"sessions"`.
    #[getter]
    fn resource(&self) -> Option<&str> {
        self.refusal()?.resource.as_deref()
    }

    /// Whose limit refused: `"tool"`, `"session"`, `"ancestor"`, `"agent"`, `"tenant"` or `"store"`.
    #[getter]
    fn account(&self) -> Option<&str> {
        self.refusal()?.account.as_deref()
    }

    /// Whether asking again later can help.
    #[getter]
    fn retryable(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.retryable)
    }

    /// The HTTP status that says the same; 200 where it is allowed.
    #[getter]
    fn http_status(&self) -> u16 {
        self.refusal().map_or(200, |refusal| refusal.http_status)
    }

    /// A sentence that is safe to show to a model: no limits, no figures, no names of others.
    #[getter]
    fn message(&self) -> &str {
        self.refusal().map_or("Allowed.", |refusal| &refusal.message)
    }

    /// The full text for the operator, on one line. Not for a model.
    #[getter]
    fn detail(&self) -> &str {
        self.refusal().map_or("allowed", |refusal| &refusal.detail)
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let Ok(other) = other.cast::<Self>() else { return Ok(py.NotImplemented()) };
        let (mine, theirs) = (self.state(py)?.into_pyobject(py)?, other.get().state(py)?.into_pyobject(py)?);
        Ok(mine.eq(theirs)?.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        let text = |text: &Option<Py<PyString>>| text.as_ref().map(|text| text.bind(py).to_string_lossy().into_owned());
        let mut hasher = DefaultHasher::new();
        (text(&self.about.session), text(&self.about.tool), self.reason_name()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |value: Option<Bound<'_, PyAny>>| match value {
            None => Ok("None".to_owned()),
            Some(value) => value.repr().map(|text| text.to_string_lossy().into_owned()),
        };
        let tool = shown(self.tool(py).map(|tool| tool.clone().into_any()))?;
        Ok(match self.refusal() {
            None => {
                let seconds = self.seconds_remaining().map_or_else(String::new, |seconds| format!("{seconds:?}"));
                let remaining = self.remaining().map_or_else(|| "None".to_owned(), |calls| calls.to_string());
                format!("Decision(allowed=True, tool={tool}, remaining={remaining}, seconds_remaining={seconds})")
            }
            Some(refusal) => {
                let wait = self.retry_after().map_or_else(|| "None".to_owned(), |wait| format!("{wait:?}"));
                let used = format!("limit={}, used={}", shown(self.limit(py)?)?, shown(self.used(py)?)?);
                let lacking = shown(refusal.resource.as_deref().map(|name| PyString::new(py, name).into_any()))?;
                let reason = &refusal.reason;
                format!(
                    "Decision(allowed=False, reason='{reason}', tool={tool}, resource={lacking}, {used}, retry_after={wait})"
                )
            }
        })
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, State)> {
        Ok((slf.get_type().getattr("_restore")?, slf.get().state(slf.py())?))
    }

    #[staticmethod]
    fn _restore(
        py: Python<'_>,
        about: [Option<String>; 3],
        granted: Option<(Option<u64>, u64, Vec<Py<LimitWarning>>)>,
        refused: Option<Refusal>,
    ) -> PyResult<Self> {
        let [session, agent, tool] = about.map(|text| text.map(|text| PyString::new(py, &text).unbind()));
        let about = About { session, agent, tool };
        match (granted, refused) {
            (Some((remaining, nanos_left, warnings)), None) => {
                let warnings = warnings.iter().map(|warning| warning.get().inner()).collect();
                Ok(Self { about, verdict: Verdict::Granted { remaining, nanos_left, warnings } })
            }
            (None, Some(refusal)) => {
                Ok(Self { about, verdict: Verdict::Denied(Box::new(Lazy::Plain(refusal))) })
            }
            _ => Err(PyValueError::new_err("a decision is either granted or refused")),
        }
    }
}

//! `Decision`.

use allotment::{Denial, Grant};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::about::{About, Left};
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
    left: Option<Left>,
    verdict: Verdict,
}

/// What there is to say of a grant.
#[derive(Default)]
struct Granted {
    warnings: Vec<allotment::LimitWarning>,
    drift: Option<String>,
}

enum Verdict {
    Granted(Granted),
    Denied(Box<Lazy>),
}

impl Decision {
    /// The decision with this `outcome`; `left` says what the session has left where that is a denial.
    pub(crate) fn new(
        py: Python<'_>,
        about: About,
        outcome: Result<Grant<'_>, Denial>,
        left: impl FnOnce() -> Option<Left>,
    ) -> Self {
        match outcome {
            Ok(grant) => {
                let left = Left { calls: grant.remaining(), nanos: grant.time_left().get() };
                let drift = grant.drift().map(|drift| drift.to_string());
                let granted = Granted { warnings: grant.warnings().collect(), drift };
                Self { about, left: Some(left), verdict: Verdict::Granted(granted) }
            }
            Err(denial) => Self::denied(py, about, denial, left()),
        }
    }

    /// An allowed one that is no session's.
    pub(crate) fn allowed_elsewhere() -> Self {
        Self { about: About::default(), left: None, verdict: Verdict::Granted(Granted::default()) }
    }

    #[cold]
    pub(crate) fn denied(py: Python<'_>, mut about: About, denial: Denial, left: Option<Left>) -> Self {
        if let (None, Some(tool)) = (&about.tool, denial.tool()) {
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
        Self { about, left, verdict: Verdict::Denied(Box::new(refusal)) }
    }

    /// The reason's name, empty where it is allowed.
    pub(crate) fn reason_name(&self) -> &str {
        match &self.verdict {
            Verdict::Granted(_) => "",
            Verdict::Denied(lazy) => lazy.reason(),
        }
    }

    fn granted(&self) -> Option<&Granted> {
        match &self.verdict {
            Verdict::Granted(granted) => Some(granted),
            Verdict::Denied(_) => None,
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match &self.verdict {
            Verdict::Granted(_) => None,
            Verdict::Denied(lazy) => Some(lazy.plain()),
        }
    }

    fn figure<'py>(
        &self,
        py: Python<'py>,
        amount: impl FnOnce(&Refusal) -> Option<u64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(refusal) = self.refusal() else { return Ok(None) };
        amount(refusal)
            .map(|amount| figure(py, refusal.resource.as_deref().unwrap_or(""), amount))
            .transpose()
    }
}

/// Who asked for what, what is left, the warnings and the drift of a grant, or the refusal: what a pickle holds.
type State = ([Option<String>; 3], Option<Left>, Vec<Py<LimitWarning>>, Option<String>, Option<Refusal>);

impl Decision {
    fn state(&self, py: Python<'_>) -> PyResult<State> {
        let About { session, agent, tool } = &self.about;
        let about = [session, agent, tool]
            .map(|text| text.as_ref().map(|text| text.bind(py).to_string_lossy().into_owned()));
        let warnings = self.granted().into_iter().flat_map(|granted| &granted.warnings);
        let warnings = warnings.map(|&warning| Py::new(py, LimitWarning::from(warning)));
        let drift = self.drift().map(str::to_owned);
        Ok((about, self.left, warnings.collect::<PyResult<_>>()?, drift, self.refusal().cloned()))
    }
}

#[pymethods]
impl Decision {
    /// Whether the call may be made. What it costs has been debited then, except by `preview`.
    #[getter]
    fn allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Granted(_))
    }

    /// Why not: the stable name of the reason, such as `"budget_exceeded"`; `None` where it is allowed.
    #[getter]
    fn reason(&self) -> Option<&str> {
        Some(self.reason_name()).filter(|reason| !reason.is_empty())
    }

    /// The tool, to dispatch by; of a batch the one that was refused, if it was one, else `None`.
    #[getter]
    fn tool<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.tool.as_ref().map(|tool| tool.bind(py))
    }

    /// The id of the session that was asked, or the text that is no id; `None` for a creation.
    #[getter]
    fn session<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.session.as_ref().map(|session| session.bind(py))
    }

    /// The agent that asked.
    #[getter]
    fn agent<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.about.agent.as_ref().map(|agent| agent.bind(py))
    }

    /// The session's calls that are left after this; `None` for no limit, or no own session.
    #[getter]
    fn remaining(&self) -> Option<u64> {
        self.left?.calls
    }

    /// The time until the session expires, in seconds; `None` for no own session.
    #[getter]
    fn seconds_remaining(&self) -> Option<f64> {
        self.left.map(|left| seconds_up(left.nanos))
    }

    /// After how many seconds the same call is allowed, if nobody else asks; `None` if never.
    ///
    /// Never less than the exact wait, which is `retry_after_ns`.
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
        let warnings = self.granted().into_iter().flat_map(|granted| &granted.warnings);
        PyTuple::new(py, warnings.map(|&warning| LimitWarning::from(warning)).collect::<Vec<_>>())
    }

    /// How the call drifts from the session's intent, where the policy only warns of that; else `None`.
    #[getter]
    fn drift(&self) -> Option<&str> {
        self.granted()?.drift.as_deref()
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

    /// What was lacking: `"calls"`, `"steps"`, `"discovered_steps"`, `"tokens"`, `"cost"`, `"time"`, `"idle"`,
    /// `"sessions"`, `"depth"`, `"repetitions"` or `"memory"` (in bytes).
    #[getter]
    fn resource(&self) -> Option<&str> {
        self.refusal()?.resource.as_deref()
    }

    /// Which refused: `"tool"`, `"session"`, `"ancestor"`, `"agent"`, `"tenant"`, `"store"` or `"key"`.
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

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let About { session, tool, .. } = &self.about;
        (session, tool, self.reason_name()).into_pyobject(py)?.hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |value: Option<Bound<'_, PyAny>>| match value {
            None => Ok("None".to_owned()),
            Some(value) => value.repr().map(|text| text.to_string_lossy().into_owned()),
        };
        let tool = shown(self.tool(py).map(|tool| tool.clone().into_any()))?;
        Ok(match self.refusal() {
            None => {
                let seconds = self
                    .seconds_remaining()
                    .map_or_else(|| "None".to_owned(), |seconds| format!("{seconds:?}"));
                let remaining = self.remaining().map_or_else(|| "None".to_owned(), |calls| calls.to_string());
                format!(
                    "Decision(allowed=True, tool={tool}, remaining={remaining}, seconds_remaining={seconds})"
                )
            }
            Some(refusal) => {
                let wait = self.retry_after().map_or_else(|| "None".to_owned(), |wait| format!("{wait:?}"));
                let used = format!("limit={}, used={}", shown(self.limit(py)?)?, shown(self.used(py)?)?);
                let lacking =
                    shown(refusal.resource.as_deref().map(|name| PyString::new(py, name).into_any()))?;
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
        left: Option<Left>,
        warnings: Vec<Py<LimitWarning>>,
        drift: Option<String>,
        refusal: Option<Refusal>,
    ) -> Self {
        let [session, agent, tool] = about.map(|text| text.map(|text| PyString::new(py, &text).unbind()));
        let verdict = match refusal {
            Some(refusal) => Verdict::Denied(Box::new(Lazy::Plain(refusal))),
            None => Verdict::Granted(Granted {
                warnings: warnings.into_iter().map(|warning| warning.get().inner()).collect(),
                drift,
            }),
        };
        Self { about: About { session, agent, tool }, left, verdict }
    }
}

//! `Event`.

use allotment::{Denial, EventKind, Resource};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::about::About;
use crate::decision::Decision;
use crate::errors::bad_value;
use crate::figures::figure;
use crate::snapshot::dollars;
use crate::warning::LimitWarning;

/// Something an operator wants to hear of: a denial, a warning, a session's end. From `Enforcer.events`.
///
/// What a model wrote is escaped and cut. Immutable; compares by value; hashes; pickles.
#[pyclass(frozen, module = "allotment")]
pub(crate) struct Event {
    kind: EventKind,
    at: f64,
    who: Who,
    texts: Texts,
    decision: Option<Py<Decision>>,
    warning: Option<Py<LimitWarning>>,
    amounts: Vec<(Resource, u64)>,
}

/// Session, agent, tenant, tool.
type Who = [Option<String>; 4];

/// For the model, for the operator.
type Texts = (String, String);

/// What a pickle holds: the fields, in the order of `_restore`.
type State =
    (&'static str, f64, Who, Texts, Option<Py<Decision>>, Option<Py<LimitWarning>>, Vec<(&'static str, u64)>);

impl Event {
    pub(crate) fn new(py: Python<'_>, event: &allotment::Event) -> PyResult<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a timestamp for people")]
        let at = event.unix_nanos() as f64 / 1e9;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let id = event.session().map(|id| id.to_string());
        let who = [id, owned(event.agent()), owned(event.tenant()), owned(event.tool())];
        let decision = event.denial().map(|denial| Py::new(py, decision(py, &who, denial.clone())));
        let warning = event.warning().map(|warning| Py::new(py, LimitWarning::from(warning)));
        Ok(Self {
            kind: event.kind(),
            at,
            texts: (event.message(), event.text()),
            decision: decision.transpose()?,
            warning: warning.transpose()?,
            amounts: event.amounts().to_vec(),
            who,
        })
    }

    fn state(&self, py: Python<'_>) -> State {
        (
            self.kind.name(),
            self.at,
            self.who.clone(),
            self.texts.clone(),
            self.decision.as_ref().map(|decision| decision.clone_ref(py)),
            self.warning.as_ref().map(|warning| warning.clone_ref(py)),
            self.amounts.iter().map(|(resource, amount)| (resource.name(), *amount)).collect(),
        )
    }
}

/// The denial as a decision, without what the session had left.
fn decision(py: Python<'_>, [session, agent, _, tool]: &Who, denial: Denial) -> Decision {
    let [session, agent, tool] =
        [session, agent, tool].map(|text| text.as_deref().map(|text| PyString::new(py, text).unbind()));
    Decision::denied(py, About { session, agent, tool }, denial, None)
}

#[pymethods]
impl Event {
    /// What happened: `"denied"`, `"warning"`, `"granted"`, `"drift"`, `"overrun"`, `"forfeited"`, `"paused"`, `"resumed"`,
    /// `"topped_up"`, `"closed"` or `"expired"`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// When it was decided or noticed, in seconds since 1970.
    #[getter]
    fn at(&self) -> f64 {
        self.at
    }

    /// The session's id; `None` for a creation that was denied.
    #[getter]
    fn session(&self) -> Option<&str> {
        self.who[0].as_deref()
    }

    /// The session's agent; for a session that there is not, whoever asked.
    #[getter]
    fn agent(&self) -> Option<&str> {
        self.who[1].as_deref()
    }

    /// The session's tenant.
    #[getter]
    fn tenant(&self) -> Option<&str> {
        self.who[2].as_deref()
    }

    /// The tool, escaped, and cut after 128 characters.
    #[getter]
    fn tool(&self) -> Option<&str> {
        self.who[3].as_deref()
    }

    /// Why it was denied: the stable name of the reason; `None` for anything but a denial.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.decision.as_ref().map(|decision| decision.get().reason_name())
    }

    /// A sentence that is safe to show to a model: no limits, no figures, no names.
    #[getter]
    fn message(&self) -> &str {
        &self.texts.0
    }

    /// The full text for the operator, on one line. Not for a model.
    #[getter]
    fn detail(&self) -> &str {
        &self.texts.1
    }

    /// The denial, `None` for anything else. It does not say what the session had left.
    #[getter]
    fn decision<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, Decision>> {
        self.decision.as_ref().map(|decision| decision.bind(py))
    }

    /// What runs low, `None` for anything but a warning.
    #[getter]
    fn warning<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, LimitWarning>> {
        self.warning.as_ref().map(|warning| warning.bind(py))
    }

    /// What was charged (overrun, forfeited) or added (topped up), by resource; empty for anything else.
    ///
    /// A `Decimal` of US dollars for cost, float seconds for time, else an int.
    #[getter]
    fn amounts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let amounts = PyDict::new(py);
        for &(resource, amount) in &self.amounts {
            amounts.set_item(resource.name(), figure(py, resource.name(), amount)?)?;
        }
        Ok(amounts)
    }

    /// All of it as a dict of plain values, which turns into JSON: cost is text with a decimal of US dollars.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let plain = |resource: Resource, amount: u64| match resource {
            Resource::Cost => Ok(PyString::new(py, &dollars(amount)).into_any()),
            _ => figure(py, resource.name(), amount),
        };
        let dict = PyDict::new(py);
        dict.set_item("kind", self.kind())?;
        dict.set_item("at", self.at)?;
        for (key, value) in ["session", "agent", "tenant", "tool"].into_iter().zip(&self.who) {
            dict.set_item(key, value)?;
        }
        dict.set_item("reason", self.reason())?;
        dict.set_item("message", self.message())?;
        dict.set_item("detail", self.detail())?;
        let warning = self.warning.as_ref().map(|warning| {
            let low = warning.get().inner();
            let dict = PyDict::new(py);
            dict.set_item("resource", low.resource.name())?;
            dict.set_item("account", low.scope.name())?;
            dict.set_item("remaining", plain(low.resource, low.remaining)?)?;
            dict.set_item("limit", plain(low.resource, low.limit)?)?;
            dict.set_item("percent", low.percent())?;
            Ok::<_, PyErr>(dict)
        });
        dict.set_item("warning", warning.transpose()?)?;
        let amounts = PyDict::new(py);
        for &(resource, amount) in &self.amounts {
            amounts.set_item(resource.name(), plain(resource, amount)?)?;
        }
        dict.set_item("amounts", amounts)?;
        Ok(dict)
    }

    fn __str__(&self) -> &str {
        self.detail()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |text: Option<&str>| {
            text.map_or(Ok("None".into()), |text| {
                PyString::new(py, text).repr().map(|text| text.to_string_lossy().into_owned())
            })
        };
        let [session, agent, tool] = [self.session(), self.agent(), self.tool()].map(shown);
        let (kind, reason) = (self.kind(), shown(self.reason())?);
        Ok(format!(
            "Event(kind='{kind}', session={}, agent={}, tool={}, reason={reason})",
            session?, agent?, tool?
        ))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let Ok(other) = other.cast::<Self>() else { return Ok(py.NotImplemented()) };
        let (mine, theirs) = (self.state(py).into_pyobject(py)?, other.get().state(py).into_pyobject(py)?);
        Ok(mine.eq(theirs)?.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (self.kind.name(), self.at, self.detail()).into_pyobject(py)?.hash()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, State)> {
        Ok((slf.get_type().getattr("_restore")?, slf.get().state(slf.py())))
    }

    #[staticmethod]
    fn _restore(
        kind: &Bound<'_, PyString>,
        at: f64,
        who: Who,
        texts: Texts,
        decision: Option<Py<Decision>>,
        warning: Option<Py<LimitWarning>>,
        amounts: Vec<(String, u64)>,
    ) -> PyResult<Self> {
        let name = kind.to_str()?;
        let known = EventKind::ALL.into_iter().find(|known| known.name() == name);
        let kind = known.ok_or_else(|| bad_value("kind", kind, "is not a kind of event"))?;
        let amounts = amounts.into_iter().filter_map(|(name, amount)| {
            Some((Resource::ALL.into_iter().find(|known| known.name() == name)?, amount))
        });
        Ok(Self { kind, at, who, texts, decision, warning, amounts: amounts.collect() })
    }
}

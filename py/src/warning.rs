//! `LimitWarning`.

use std::hash::{Hash, Hasher};

use allotment::{Resource, Scope};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::bad_value;
use crate::figures::figure;

/// A budget, or the time of a session, that is running low. Immutable; compares by value; pickles.
#[pyclass(frozen, eq, hash, module = "allotment")]
#[derive(PartialEq, Eq)]
pub(crate) struct LimitWarning {
    warning: allotment::LimitWarning,
}

impl Hash for LimitWarning {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let allotment::LimitWarning { scope, resource, remaining, limit } = self.warning;
        (scope, resource, remaining, limit).hash(state);
    }
}

impl From<allotment::LimitWarning> for LimitWarning {
    fn from(warning: allotment::LimitWarning) -> Self {
        Self { warning }
    }
}

impl LimitWarning {
    pub(crate) fn inner(&self) -> allotment::LimitWarning {
        self.warning
    }
}

/// Resource, account, what remains, the limit: what a pickle holds.
type State = (&'static str, &'static str, u64, u64);

#[pymethods]
impl LimitWarning {
    /// What is running low: `"calls"`, `"steps"`, `"discovered_steps"`, `"tokens"`, `"cost"`, `"time"` or `"idle"`.
    #[getter]
    fn resource(&self) -> &'static str {
        self.warning.resource.name()
    }

    /// Whose it is: `"session"`, `"tool"`, `"agent"` or `"tenant"`.
    #[getter]
    fn account(&self) -> &'static str {
        self.warning.scope.name()
    }

    /// What is left: a `Decimal` of US dollars for cost, float seconds for time, else an int.
    #[getter]
    fn remaining<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        figure(py, self.resource(), self.warning.remaining)
    }

    /// The whole of it, in the same unit.
    #[getter]
    fn limit<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        figure(py, self.resource(), self.warning.limit)
    }

    /// What is left in percent of the whole, rounded down.
    #[getter]
    fn percent(&self) -> u64 {
        self.warning.percent()
    }

    /// One sentence: `budget low: 20 of 100 calls remaining (20%)`.
    #[getter]
    fn message(&self) -> String {
        self.warning.to_string()
    }

    fn __str__(&self) -> String {
        self.message()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (remaining, limit) = (self.remaining(py)?.repr()?, self.limit(py)?.repr()?);
        let (resource, account) = (self.resource(), self.account());
        Ok(format!(
            "LimitWarning(resource='{resource}', account='{account}', remaining={remaining}, limit={limit}, percent={})",
            self.percent()
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, State)> {
        let warning = slf.get().warning;
        let state = (warning.resource.name(), warning.scope.name(), warning.remaining, warning.limit);
        Ok((slf.get_type().getattr("_restore")?, state))
    }

    #[staticmethod]
    fn _restore(
        resource: &Bound<'_, PyString>,
        account: &Bound<'_, PyString>,
        remaining: u64,
        limit: u64,
    ) -> PyResult<Self> {
        let (resource_name, scope_name) = (resource.to_str()?, account.to_str()?);
        let known_resource = Resource::ALL.into_iter().find(|known| known.name() == resource_name);
        let known_scope = Scope::ALL.into_iter().find(|known| known.name() == scope_name);
        match (known_resource, known_scope) {
            (Some(resource), Some(scope)) => {
                Ok(allotment::LimitWarning { scope, resource, remaining, limit }.into())
            }
            (None, _) => Err(bad_value("resource", resource, "is not a resource")),
            (_, None) => Err(bad_value("account", account, "is not an account")),
        }
    }
}

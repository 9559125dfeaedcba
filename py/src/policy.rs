//! `Policy`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::args::table;
use crate::errors::{bad_type, invalid};
use crate::snapshot::plain;

/// Settings that all sessions of an enforcer share.
///
/// They are the defaults of a session, the warning threshold, the limits of agents and tenants by the
/// pattern of their name, what intents allow and what each tool is, what tokens count for, the limits of
/// long executions, and what is recorded.
///
/// `Policy()` is the default: 3600 s and 1000 calls a session, a warning at 20 % remaining, 10 concurrent
/// sessions an agent. Immutable and valid from the start; compares by value; hashes; pickles.
///
/// Example:
///     >>> policy = Policy.from_dict({
///     ...     "defaults": {"calls": 200, "cost_usd": "5.00", "rate": "30/min"},
///     ...     "warnings": {"threshold": 0.1},
///     ...     "agents": {"research-*": {"max_sessions": 20}},
///     ... })
#[pyclass(frozen, eq, module = "allotment")]
#[derive(PartialEq)]
pub(crate) struct Policy {
    policy: Arc<allotment::Policy>,
}

impl Policy {
    /// The policy in `value`.
    pub(crate) fn owned(value: &Bound<'_, PyAny>) -> PyResult<allotment::Policy> {
        match value.cast::<Self>() {
            Ok(policy) => Ok((*policy.get().policy).clone()),
            Err(_) => Err(bad_type("policy", value, "is not a Policy (Policy.from_dict makes one)")),
        }
    }
}

impl From<Arc<allotment::Policy>> for Policy {
    fn from(policy: Arc<allotment::Policy>) -> Self {
        Self { policy }
    }
}

#[pymethods]
impl Policy {
    #[new]
    fn new() -> Self {
        Self { policy: Arc::default() }
    }

    /// The default policy for sessions that are executions: 100 steps, 100,000 tokens and 300 s each.
    #[staticmethod]
    fn for_executions() -> Self {
        Self { policy: Arc::new(allotment::Policy::for_executions()) }
    }

    /// Reads a TOML file.
    ///
    /// Raises:
    ///     OSError: the file cannot be read.
    ///     InvalidPolicy: it is not TOML (with the line and column), a key is not known, a value makes no
    ///         sense.
    #[staticmethod]
    fn from_toml(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        // The core reads the file itself, so that its errors name it; this is for Python's error where it cannot.
        if let Err(error) = std::fs::read(&path)
            && let Some(code) = error.raw_os_error()
        {
            let text = py.import("os")?.call_method1("strerror", (code,))?.unbind();
            return Err(PyOSError::new_err((code, text, path)));
        }
        let policy = allotment::Policy::from_toml(&path).map_err(|error| invalid(py, &error))?;
        Ok(Self { policy: Arc::new(policy) })
    }

    /// Makes a policy of a mapping with the sections of a policy file.
    ///
    /// Values are as in the file, and a `Rate`, a `timedelta` (for a time) or a `Decimal` (for money) may
    /// stand for their text.
    ///
    /// Raises:
    ///     InvalidPolicy: a key is not known or a value makes no sense; `argument` is the dotted key.
    ///         InvalidType for a value that no policy can hold.
    #[staticmethod]
    fn from_dict(py: Python<'_>, sections: &Bound<'_, PyAny>) -> PyResult<Self> {
        let table = table("", sections)?;
        let policy = allotment::Policy::from_table(table).map_err(|error| invalid(py, &error))?;
        Ok(Self { policy: Arc::new(policy) })
    }

    /// The policy as TOML, without what equals the default. Reading it gives an equal policy.
    fn to_toml(&self) -> String {
        self.policy.to_toml()
    }

    /// The policy as plain dicts, without what equals the default. `from_dict` gives an equal policy.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let table = self.to_toml().parse::<toml::Table>();
        plain(py, &table.map_err(|error| PyRuntimeError::new_err(error.to_string()))?)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.to_toml().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let sections = self.to_dict(py)?;
        Ok(if sections.is_empty() {
            "Policy()".to_owned()
        } else {
            format!("Policy.from_dict({})", sections.repr()?)
        })
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        Ok((slf.get_type().getattr("from_dict")?, (slf.get().to_dict(slf.py())?,)))
    }
}

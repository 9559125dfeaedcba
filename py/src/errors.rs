//! Raising: the exceptions are Python classes, in `allotment.exceptions`; this finds them, once, and fills them.

use allotment::{Error, StepTimedOut};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::args::seconds_up;
use crate::decision::Decision;

/// The Python classes that are raised from here.
struct Classes {
    invalid_policy: Py<PyType>,
    invalid_type: Py<PyType>,
    step_timed_out: Py<PyType>,
    denied: Py<PyType>,
    /// The subclass of `Denied` for each reason.
    by_reason: Py<PyDict>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    CLASSES.get_or_try_init(py, || {
        let module = py.import("allotment.exceptions")?;
        let class = |name| Ok::<_, PyErr>(module.getattr(name)?.cast_into::<PyType>()?.unbind());
        Ok(Classes {
            invalid_policy: class("InvalidPolicy")?,
            invalid_type: class("InvalidType")?,
            step_timed_out: class("StepTimedOut")?,
            denied: class("Denied")?,
            by_reason: module.getattr("_BY_REASON")?.cast_into::<PyDict>()?.unbind(),
        })
    })
}

/// `InvalidPolicy`: `value`, which is of a fitting type, makes no sense as `argument`.
pub(crate) fn invalid(py: Python<'_>, error: &Error) -> PyErr {
    misuse(py, error, |classes| &classes.invalid_policy)
}

/// `InvalidPolicy` about `value` as a Python programmer would write it.
pub(crate) fn bad_value(argument: &str, value: &Bound<'_, PyAny>, problem: &str) -> PyErr {
    invalid(value.py(), &Error::new(argument, shown(value), problem))
}

/// `InvalidType`: `value` is of a type that does not fit.
pub(crate) fn bad_type(argument: &str, value: &Bound<'_, PyAny>, problem: &str) -> PyErr {
    misuse(value.py(), &Error::new(argument, shown(value), problem), |classes| &classes.invalid_type)
}

fn misuse(py: Python<'_>, error: &Error, class: impl FnOnce(&Classes) -> &Py<PyType>) -> PyErr {
    let fields = (error.argument().to_owned(), error.value().to_owned(), error.problem().to_owned());
    match classes(py) {
        Ok(classes) => PyErr::from_type(class(classes).bind(py).clone(), fields),
        Err(error) => error,
    }
}

/// The subclass of `Denied` for `decision`, which is a denial, about to be raised.
#[cold]
pub(crate) fn denied(py: Python<'_>, decision: Decision) -> PyErr {
    let raised = || {
        let classes = classes(py)?;
        let class = classes.by_reason.bind(py).get_item(decision.reason_name())?;
        let class = class.unwrap_or_else(|| classes.denied.bind(py).clone().into_any());
        class.call1((Py::new(py, decision)?,))
    };
    raised().map_or_else(|error| error, PyErr::from_value)
}

/// `StepTimedOut`.
#[cold]
pub(crate) fn timed_out(py: Python<'_>, late: StepTimedOut) -> PyErr {
    let figures = (seconds_up(late.limit.get()), seconds_up(late.elapsed.get()));
    classes(py).map_or_else(
        |error| error,
        |classes| PyErr::from_type(classes.step_timed_out.bind(py).clone(), figures),
    )
}

/// `value` as Python shows it, or its type where it cannot be shown.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(
        |_| {
            format!("<{}>", value.get_type().name().map_or_else(|_| "object".into(), |name| name.to_string()))
        },
        |text| text.to_string_lossy().into_owned(),
    )
}

/// `value` as Python shows it, cut to 80 characters.
pub(crate) fn excerpt(value: &Bound<'_, PyAny>) -> String {
    Error::new("", shown(value), "").value().to_owned()
}

/// What `copy` and `pickle` are told of `what` is alive: two of it would each grant what one may.
pub(crate) fn not_copied(what: &str, why: &str) -> PyErr {
    PyTypeError::new_err(format!("{what} cannot be copied or pickled: {why}"))
}

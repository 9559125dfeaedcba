//! `Summary`.

use pyo3::prelude::*;

use crate::args::seconds_up;

/// What a session did, given by `Session.close`. Immutable; compares by value; pickles.
#[pyclass(frozen, eq, get_all, module = "allotment")]
#[derive(PartialEq)]
pub(crate) struct Summary {
    /// Calls made.
    calls: u64,
    /// The budget of calls, `None` for no limit.
    budget: Option<u64>,
    /// Calls made in percent of the budget; `None` without a budget or with one of 0.
    utilisation: Option<f64>,
    /// How long it lived, in seconds.
    time_used: f64,
    /// How long it might have lived, in seconds.
    time_limit: f64,
    /// How many calls were denied.
    denied: u64,
    /// How many calls did not fit the intent, denied or not.
    drifts: u64,
}

impl From<allotment::Summary> for Summary {
    fn from(summary: allotment::Summary) -> Self {
        Self {
            calls: summary.calls.spent,
            budget: summary.calls.limit,
            utilisation: summary.utilisation(),
            time_used: seconds_up(summary.time_used.get()),
            time_limit: seconds_up(summary.time_limit.get()),
            denied: summary.denied,
            drifts: summary.drifts,
        }
    }
}

/// The fields, in the order of `_restore`.
type State = (u64, Option<u64>, Option<f64>, f64, f64, u64, u64);

#[pymethods]
impl Summary {
    fn __repr__(&self) -> String {
        let Self { calls, budget, utilisation, time_used, time_limit, denied, drifts } = self;
        let budget = budget.map_or_else(|| "None".to_owned(), |budget| budget.to_string());
        let utilisation = utilisation.map_or_else(|| "None".to_owned(), |percent| format!("{percent:?}"));
        format!(
            "Summary(calls={calls}, budget={budget}, utilisation={utilisation}, time_used={time_used:?}, \
             time_limit={time_limit:?}, denied={denied}, drifts={drifts})"
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, State)> {
        let Self { calls, budget, utilisation, time_used, time_limit, denied, drifts } = *slf.get();
        Ok((
            slf.get_type().getattr("_restore")?,
            (calls, budget, utilisation, time_used, time_limit, denied, drifts),
        ))
    }

    #[staticmethod]
    fn _restore(
        calls: u64,
        budget: Option<u64>,
        utilisation: Option<f64>,
        time_used: f64,
        time_limit: f64,
        denied: u64,
        drifts: u64,
    ) -> Self {
        Self { calls, budget, utilisation, time_used, time_limit, denied, drifts }
    }
}

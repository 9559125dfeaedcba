//! What the package asks of its compiled part besides the classes.

use allotment::Reason;
use pyo3::prelude::*;

/// To be called in a child process right after a fork: what it inherited denies from now on.
#[pyfunction(name = "_after_fork_in_child")]
pub(crate) fn after_fork_in_child() {
    allotment::after_fork_in_child();
}

/// Every reason: its name, HTTP status, whether asking again can help, and the sentence for a model.
#[pyfunction(name = "_reasons")]
pub(crate) fn reasons() -> Vec<(&'static str, u16, bool, &'static str)> {
    let row = |reason: Reason| (reason.name(), reason.http_status(), reason.retryable(), reason.sentence());
    Reason::ALL.into_iter().map(row).collect()
}

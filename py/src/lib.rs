//! The Python binding of `allotment`. It converts; the core decides.
//!
//! One file per class; `args` turns Python values into the core's, `errors` turns the core's verdicts into exceptions.

#![expect(
    clippy::doc_markdown,
    reason = "the documentation of classes and methods is Python's, in Google style"
)]

use pyo3::prelude::*;

mod about;
mod args;
mod call;
mod clock;
mod decision;
mod descent;
mod enforcer;
mod errors;
mod event;
mod figures;
mod id;
mod limiter;
mod module;
mod policy;
mod rate;
mod refusal;
mod reservation;
mod session;
mod snapshot;
mod step_timer;
mod summary;
mod warning;

/// The compiled part of `allotment`. Import from `allotment` instead.
#[pymodule(gil_used = false)]
mod _allotment {
    #[pymodule_export]
    use crate::clock::ManualClock;
    #[pymodule_export]
    use crate::decision::Decision;
    #[pymodule_export]
    use crate::descent::Descent;
    #[pymodule_export]
    use crate::enforcer::Enforcer;
    #[pymodule_export]
    use crate::event::Event;
    #[pymodule_export]
    use crate::limiter::KeyedLimiter;
    #[pymodule_export]
    use crate::module::{after_fork_in_child, reasons};
    #[pymodule_export]
    use crate::policy::Policy;
    #[pymodule_export]
    use crate::rate::Rate;
    #[pymodule_export]
    use crate::reservation::Reservation;
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::step_timer::StepTimer;
    #[pymodule_export]
    use crate::summary::Summary;
    #[pymodule_export]
    use crate::warning::LimitWarning;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

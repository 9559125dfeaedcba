//! [`Refusal`]: what Python can read of a denial, as plain values.

use std::sync::OnceLock;

use allotment::Denial;
use pyo3::prelude::*;

/// The evidence of a denial in plain values, which pickle.
#[derive(Debug, Clone, PartialEq, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    pub(crate) account: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) limit: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) requested: Option<u64>,
    pub(crate) retry_after_ns: Option<u64>,
    pub(crate) retryable: bool,
    pub(crate) http_status: u16,
    pub(crate) message: String,
    pub(crate) detail: String,
}

impl From<&Denial> for Refusal {
    fn from(denial: &Denial) -> Self {
        Self {
            reason: denial.reason().name().to_owned(),
            account: denial.scope().map(|scope| scope.name().to_owned()),
            resource: denial.resource().map(|resource| resource.name().to_owned()),
            limit: denial.limit(),
            used: denial.used(),
            requested: denial.requested(),
            retry_after_ns: denial.retry_after().map(allotment::Nanos::get),
            retryable: denial.retryable(),
            http_status: denial.http_status(),
            message: denial.message(),
            detail: denial.detail(),
        }
    }
}

/// A refusal whose texts are made when it is first looked at.
#[derive(Debug)]
pub(crate) enum Lazy {
    Fresh(Denial, OnceLock<Refusal>),
    Plain(Refusal),
}

impl Lazy {
    /// The reason's name, without making the texts.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Fresh(denial, _) => denial.reason().name(),
            Self::Plain(refusal) => &refusal.reason,
        }
    }

    /// The plain values.
    pub(crate) fn plain(&self) -> &Refusal {
        match self {
            Self::Fresh(denial, plain) => plain.get_or_init(|| Refusal::from(denial)),
            Self::Plain(refusal) => refusal,
        }
    }
}

impl From<Denial> for Lazy {
    fn from(denial: Denial) -> Self {
        Self::Fresh(denial, OnceLock::new())
    }
}

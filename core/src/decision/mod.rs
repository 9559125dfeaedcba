//! What comes out of a decision (L2): a [`Grant`] or a [`Denial`], both values. Texts are made when they are read.

mod denial;
mod grant;
mod reason;

pub use denial::Denial;
pub(crate) use denial::{Evidence, Shown};
pub use grant::{Balance, Drift, Grant, LimitWarning};
pub(crate) use grant::{Beside, low_at};
pub use reason::Reason;

use crate::error::Error;

/// Why a session was not created: the request made no sense, or there was no place for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateError {
    /// The specification makes no sense; nothing was created.
    Invalid(Error),
    /// The specification is fine, but the agent, the tenant or the store has no place; nothing was created.
    Denied(Denial),
}

impl From<Error> for CreateError {
    fn from(error: Error) -> Self {
        Self::Invalid(error)
    }
}

impl From<Denial> for CreateError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl core::fmt::Display for CreateError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Denied(denial) => denial.fmt(f),
        }
    }
}

impl std::error::Error for CreateError {}

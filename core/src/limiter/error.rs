//! [`LimitError`]: why a limiter did not say yes.

use core::fmt;

use crate::decision::Denial;
use crate::error::Error;

/// Why a [`KeyedLimiter`](super::KeyedLimiter) did not admit: it said no, or the key was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitError {
    /// The key makes no sense; nothing was debited.
    Invalid(Error),
    /// The key's bucket does not cover it, or there is no place for the key; nothing was debited.
    Denied(Denial),
}

impl LimitError {
    /// The denial, if it is one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            Self::Invalid(_) => None,
        }
    }
}

impl From<Error> for LimitError {
    fn from(error: Error) -> Self {
        Self::Invalid(error)
    }
}

impl From<Denial> for LimitError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Denied(denial) => denial.fmt(f),
        }
    }
}

impl std::error::Error for LimitError {}

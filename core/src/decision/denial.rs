//! [`Denial`]: a verdict with its evidence.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use super::Reason;
use crate::error::{excerpt, printable};
use crate::units::{NanoUsd, Nanos, Resource, Scope, SessionId};

/// A denied call: why, who refused, and the figures. Nothing was debited.
///
/// Display is [`Denial::message`], which is safe to show to a model; [`Denial::detail`] is for the operator. Clones share
/// the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial(Arc<Evidence>);

/// Everything a denial knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) reason: Reason,
    pub(crate) session: Option<SessionId>,
    /// The caller's agent, or the owner of the account that refused.
    pub(crate) party: Option<Box<str>>,
    pub(crate) tool: Option<Box<str>>,
    /// The session that this one was delegated from and that refused.
    pub(crate) ancestor: Option<SessionId>,
    pub(crate) scope: Option<Scope>,
    pub(crate) resource: Option<Resource>,
    pub(crate) limit: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) requested: Option<u64>,
    pub(crate) retry_after: Option<Nanos>,
    /// What else the operator should know.
    pub(crate) note: Option<Box<str>>,
}

impl Evidence {
    /// No more than the reason.
    pub(crate) const fn of(reason: Reason) -> Self {
        Self {
            reason,
            session: None,
            party: None,
            tool: None,
            ancestor: None,
            scope: None,
            resource: None,
            limit: None,
            used: None,
            requested: None,
            retry_after: None,
            note: None,
        }
    }
}

/// The longest name, in characters, that a detail repeats.
const NAME_SHOWN: usize = 128;

impl Denial {
    #[cold]
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self(Arc::new(evidence))
    }

    /// The same to be kept after the call: its names printable and of at most `longest` characters.
    pub(crate) fn kept(&self, longest: usize) -> Self {
        let [party, tool] = [self.party(), self.tool()].map(|name| name.map(|name| printable(name, longest)));
        let as_it_is = |name: &Option<Cow<'_, str>>| !matches!(name, Some(Cow::Owned(_)));
        if as_it_is(&party) && as_it_is(&tool) {
            return self.clone();
        }
        let [party, tool] = [party, tool].map(|name| name.map(Into::into));
        Self::new(Evidence { party, tool, ..Evidence::clone(&self.0) })
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The session that was asked for, whether it exists or not.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.0.session
    }

    /// The agent or tenant concerned: the caller of a mismatch, the owner of the account that refused.
    #[must_use]
    pub fn party(&self) -> Option<&str> {
        self.0.party.as_deref()
    }

    /// The tool: the first of a batch that is not authorised, or whose cap refused.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.0.tool.as_deref()
    }

    /// Which of the sessions that this one was delegated from refused, if it was one of them.
    #[must_use]
    pub fn ancestor(&self) -> Option<SessionId> {
        self.0.ancestor
    }

    /// Which account refused.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.0.scope
    }

    /// What was lacking.
    #[must_use]
    pub fn resource(&self) -> Option<Resource> {
        self.0.resource
    }

    /// The limit, in the resource's unit: calls, steps, tokens, nano-dollars, sessions; nanoseconds for time.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.0.limit
    }

    /// What was used of it, in the same unit. For a rate: how much of the bucket, rounded up.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        self.0.used
    }

    /// What was asked for, in the same unit.
    #[must_use]
    pub fn requested(&self) -> Option<u64> {
        self.0.requested
    }

    /// The exact wait after which the same demand is admitted if nobody else asks. `None` if it never can be.
    #[must_use]
    pub fn retry_after(&self) -> Option<Nanos> {
        self.0.retry_after
    }

    /// Whether asking again later can help: rates (unless the demand is larger than the whole bucket), contention and
    /// concurrency. Everything else is final.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.0.reason.retryable() && (self.0.reason != Reason::RateLimited || self.0.retry_after.is_some())
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.0.reason.http_status()
    }

    /// A short text that is safe to show to a model or a caller: no limits, no figures, no names of others.
    #[must_use]
    pub fn message(&self) -> String {
        let advice = match (self.0.reason.retryable(), self.retryable()) {
            (_, true) => " Try again later.",
            (true, false) => " Ask for less at once.",
            (false, false) => "",
        };
        match self.0.resource {
            Some(resource) if self.0.reason == Reason::BudgetExceeded => {
                format!("The budget for {resource} is used up.")
            }
            _ => format!("{}{advice}", self.0.reason.sentence()),
        }
    }

    /// The full text for the operator, on one line: `budget_exceeded: session calls exceeded: 3 / 2 (150%) [session …]`.
    #[must_use]
    pub fn detail(&self) -> String {
        Detail(&self.0).to_string()
    }
}

/// Writes the operator's text.
struct Detail<'a>(&'a Evidence);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence {
            reason,
            session,
            party,
            tool,
            ancestor,
            scope,
            resource,
            limit,
            used,
            requested,
            retry_after,
            note,
        } = self.0;
        write!(f, "{reason}")?;
        if let Some(note) = note {
            write!(f, ": {note}")?;
        }
        if let (Some(scope), Some(resource), Some(limit), Some(used)) = (scope, resource, limit, used) {
            let asked = used.saturating_add(requested.unwrap_or(0));
            write!(
                f,
                ": {scope} {resource} exceeded: {} / {}",
                Shown(*resource, asked),
                Shown(*resource, *limit)
            )?;
            if let Some(percent) = (u128::from(asked) * 100).checked_div(u128::from(*limit)) {
                write!(f, " ({percent}%)")?;
            }
            if let Some(requested) = requested.filter(|&n| n > 1) {
                write!(f, ", {} requested at once", Shown(*resource, requested))?;
            }
        }
        if let Some(wait) = retry_after {
            write!(f, ", admitted again in {wait}")?;
        } else if *reason == Reason::RateLimited {
            write!(f, ", never admitted: more than the bucket holds")?;
        }
        for (what, name) in [("tool", tool), ("party", party)] {
            if let Some(name) = name {
                write!(f, " [{what} {:?}]", excerpt(name, NAME_SHOWN))?;
            }
        }
        if let Some(id) = ancestor {
            write!(f, " [ancestor {id}]")?;
        }
        session.map_or(Ok(()), |id| write!(f, " [session {id}]"))
    }
}

/// An amount of a resource, in the unit a person reads.
pub(crate) struct Shown(pub(crate) Resource, pub(crate) u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Resource::Cost => NanoUsd::new(self.1).fmt(f),
            Resource::Time | Resource::Idle => Nanos::new(self.1).fmt(f),
            _ => self.1.fmt(f),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Denial {}

#[cfg(test)]
mod tests;

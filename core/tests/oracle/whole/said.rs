//! [`Said`]: what a step comes to, exactly.

use allotment::{LimitWarning, Nanos, Reason, Resource, Scope};

use super::steps::Amounts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Granted(Granted),
    /// Any of these will do: one, unless several agents refuse, whose order is open.
    Denied(Vec<No>),
    /// Misuse: nothing was done.
    Invalid,
    Count(u64),
    /// Which agents are closed in which order is open where one of their sessions was delegated from another.
    Any,
    Reserved(Amounts),
    Settled {
        charged: Amounts,
        overrun: bool,
    },
    Is(bool),
    Level(u64),
    Closed {
        calls: u64,
        time_used: u64,
        time_limit: u64,
        denied: u64,
        drifts: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Of the session's calls.
    pub(crate) spent: u64,
    pub(crate) limit: Option<u64>,
    pub(crate) time_left: u64,
    pub(crate) drift: Option<(allotment::Tier, allotment::ToolClass)>,
    /// Sorted.
    pub(crate) warnings: Vec<Low>,
}

/// A warning: whose, of what, what is left, of how much.
pub(crate) type Low = (Scope, Resource, u64, u64);

pub(crate) fn low(warning: LimitWarning) -> Low {
    (warning.scope, warning.resource, warning.remaining, warning.limit)
}

/// A denial, with everything that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct No {
    pub(crate) reason: Reason,
    pub(crate) scope: Option<Scope>,
    pub(crate) ancestor: Option<usize>,
    /// An agent, or the tenant.
    pub(crate) party: Option<usize>,
    pub(crate) tool: Option<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) limit: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) requested: Option<u64>,
    pub(crate) retry_after: Option<Nanos>,
}

impl No {
    pub(crate) fn of(reason: Reason, scope: Option<Scope>) -> Self {
        Self {
            reason,
            scope,
            ancestor: None,
            party: None,
            tool: None,
            resource: None,
            limit: None,
            used: None,
            requested: None,
            retry_after: None,
        }
    }

    pub(crate) fn tool(self, tool: &str) -> Self {
        Self { tool: Some(tool.to_owned()), ..self }
    }

    pub(crate) fn of_resource(
        self,
        resource: Resource,
        limit: u64,
        used: u64,
        requested: Option<u64>,
    ) -> Self {
        Self { resource: Some(resource), limit: Some(limit), used: Some(used), requested, ..self }
    }
}

/// What is refused, in the words of any denial that will do.
pub(crate) type Decided<T> = Result<T, Vec<No>>;

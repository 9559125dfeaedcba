//! [`Reason`]: the closed list of why a call is denied.

use core::fmt;

/// Why a call is denied. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No such session.
    NotFound,
    /// The session was closed.
    Closed,
    /// The session is paused.
    Paused,
    /// The session is past its time limit.
    Expired,
    /// The session has done nothing for longer than it may.
    IdleTimeout,
    /// The caller is not the session's agent.
    AgentMismatch,
    /// The tool is not in the session's list.
    ToolNotAuthorized,
    /// The tool's class does not fit the session's intent.
    IntentDrift,
    /// The tool touches data that is more sensitive than the session may touch.
    SensitivityExceeded,
    /// The tool may need the network, which the session may not use.
    NetworkDenied,
    /// The same step too often in a row.
    SameStepLoop,
    /// Discoveries nest as deep as they may.
    DepthExceeded,
    /// The agent or tenant has as many sessions as it may.
    TooManySessions,
    /// The enforcer holds as many sessions, agents or tenants as it may, the limiter as many keys.
    StoreFull,
    /// A budget does not cover the demand.
    BudgetExceeded,
    /// A rate does not cover the demand now.
    RateLimited,
    /// Other admissions were in the way for too long.
    Contended,
    /// This process was forked off the one that holds the budgets: what it has of them is a copy.
    Forked,
}

/// What a reason always implies: its name, its HTTP status, whether asking again can help, what the model is told.
struct Meaning(&'static str, u16, bool, &'static str);

impl Reason {
    /// All of them, in the order in which a decision looks for them.
    pub const ALL: [Self; 18] = [
        Self::NotFound,
        Self::Closed,
        Self::Paused,
        Self::Expired,
        Self::IdleTimeout,
        Self::AgentMismatch,
        Self::ToolNotAuthorized,
        Self::IntentDrift,
        Self::SensitivityExceeded,
        Self::NetworkDenied,
        Self::SameStepLoop,
        Self::DepthExceeded,
        Self::TooManySessions,
        Self::StoreFull,
        Self::BudgetExceeded,
        Self::RateLimited,
        Self::Contended,
        Self::Forked,
    ];

    const fn meaning(self) -> Meaning {
        match self {
            Self::NotFound => Meaning("not_found", 404, false, "There is no such session."),
            Self::Closed => Meaning("closed", 410, false, "This session is closed."),
            Self::Paused => Meaning("paused", 409, false, "This session is paused until someone resumes it."),
            Self::Expired => Meaning("expired", 408, false, "The time for this session is over."),
            Self::IdleTimeout => Meaning("idle_timeout", 408, false, "This session was idle for too long."),
            Self::IntentDrift => {
                Meaning("intent_drift", 403, false, "This tool does not fit what the session is for.")
            }
            Self::SensitivityExceeded => Meaning(
                "sensitivity_exceeded",
                403,
                false,
                "This tool touches data beyond this session's reach.",
            ),
            Self::NetworkDenied => {
                Meaning("network_denied", 403, false, "This session may not use tools that need the network.")
            }
            Self::SameStepLoop => Meaning(
                "same_step_loop",
                403,
                false,
                "The same step was repeated too often. Do something else.",
            ),
            Self::DepthExceeded => {
                Meaning("depth_exceeded", 429, false, "Discoveries are nested too deep. Finish some first.")
            }
            Self::Forked => Meaning("forked", 503, false, "This process holds no budget of its own."),
            Self::AgentMismatch => {
                Meaning("agent_mismatch", 403, false, "This session belongs to another agent.")
            }
            Self::ToolNotAuthorized => {
                Meaning("tool_not_authorized", 403, false, "This tool is not authorised in this session.")
            }
            Self::TooManySessions => {
                Meaning("too_many_sessions", 429, true, "There are too many sessions at the moment.")
            }
            Self::StoreFull => Meaning("store_full", 503, false, "Nothing further can be held."),
            Self::BudgetExceeded => Meaning("budget_exceeded", 429, false, "The budget for this is used up."),
            Self::RateLimited => Meaning("rate_limited", 429, true, "Too much in too short a time."),
            Self::Contended => Meaning("contended", 503, true, "Too busy to decide at the moment."),
        }
    }

    /// The stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.meaning().0
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.meaning().1
    }

    /// Whether the same demand may be admitted later without anybody changing a limit. A rate that can never cover
    /// the demand is the exception, which [`Denial::retryable`](super::Denial::retryable) knows.
    #[must_use]
    pub const fn retryable(self) -> bool {
        self.meaning().2
    }

    /// One sentence that is safe to show to a model.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.meaning().3
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

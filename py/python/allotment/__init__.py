"""Exact budgets, rates and tool permissions for AI-agent sessions, enforced inside the process.

An `Enforcer` gives every session of an agent its allotment: which tools, how many calls, tokens and dollars,
how fast, for how long. `session.authorize(tool)` admits a call or raises a subclass of `Denied`;
`session.decide(tool)` says the same as a value.

Example:
    >>> from allotment import Denied, Enforcer
    >>> session = Enforcer().create_session(agent="agent-7", tools=["search"], calls=2)
    >>> session.authorize("search")
    >>> session.decide("wire_money").reason
    'tool_not_authorized'
"""

from allotment._allotment import (
    Decision,
    Enforcer,
    Event,
    KeyedLimiter,
    LimitWarning,
    Policy,
    Rate,
    Reservation,
    Session,
    Summary,
    __version__,
)
from allotment._context import current_session
from allotment.exceptions import (
    AgentMismatch,
    AllotmentError,
    BudgetExceeded,
    Contended,
    Denied,
    DepthExceeded,
    Forked,
    IntentDrift,
    InvalidPolicy,
    InvalidType,
    NetworkDenied,
    RateLimited,
    SameStepLoop,
    SensitivityExceeded,
    SessionClosed,
    SessionExpired,
    SessionNotFound,
    SessionPaused,
    StoreFull,
    ToolNotAuthorized,
    TooManySessions,
)

__all__ = [
    "AgentMismatch",
    "AllotmentError",
    "BudgetExceeded",
    "Contended",
    "Decision",
    "Denied",
    "DepthExceeded",
    "Enforcer",
    "Event",
    "Forked",
    "IntentDrift",
    "InvalidPolicy",
    "InvalidType",
    "KeyedLimiter",
    "LimitWarning",
    "NetworkDenied",
    "Policy",
    "Rate",
    "RateLimited",
    "Reservation",
    "SameStepLoop",
    "SensitivityExceeded",
    "Session",
    "SessionClosed",
    "SessionExpired",
    "SessionNotFound",
    "SessionPaused",
    "StoreFull",
    "Summary",
    "TooManySessions",
    "ToolNotAuthorized",
    "__version__",
    "current_session",
]

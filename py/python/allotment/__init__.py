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

import os as _os

from allotment._allotment import (
    Decision,
    Descent,
    Enforcer,
    Event,
    KeyedLimiter,
    LimitWarning,
    Policy,
    Rate,
    Reservation,
    Session,
    StepTimer,
    Summary,
    __version__,
    _after_fork_in_child,
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
    IdleTimeout,
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
    StepTimedOut,
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
    "Descent",
    "Enforcer",
    "Event",
    "Forked",
    "IdleTimeout",
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
    "StepTimedOut",
    "StepTimer",
    "StoreFull",
    "Summary",
    "TooManySessions",
    "ToolNotAuthorized",
    "__version__",
    "current_session",
]

if hasattr(_os, "register_at_fork"):  # not where processes are never forked
    _os.register_at_fork(after_in_child=_after_fork_in_child)

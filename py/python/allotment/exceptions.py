"""What `allotment` raises: `Denied` for a call that may not be made, `InvalidPolicy` for misuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allotment._allotment import Decision

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "AgentMismatch",
    "AllotmentError",
    "BudgetExceeded",
    "Contended",
    "Denied",
    "DepthExceeded",
    "Forked",
    "IdleTimeout",
    "IntentDrift",
    "InvalidPolicy",
    "InvalidType",
    "NetworkDenied",
    "RateLimited",
    "SameStepLoop",
    "SensitivityExceeded",
    "SessionClosed",
    "SessionExpired",
    "SessionNotFound",
    "SessionPaused",
    "StepTimedOut",
    "StoreFull",
    "TooManySessions",
    "ToolNotAuthorized",
]


class AllotmentError(Exception):
    """The base of everything that `allotment` raises by itself."""


class InvalidPolicy(AllotmentError, ValueError):
    """An argument or a setting that makes no sense; nothing was made or changed.

    Attributes:
        argument: The argument or dotted key, as the caller wrote it: `calls`, `defaults.rate`.
        value: The offending value as text, escaped and cut to 80 characters.
        problem: What is wrong with it.
    """

    def __init__(self, argument: str, value: str, problem: str) -> None:
        """Make the error that `argument`, which is `value`, `problem`."""
        super().__init__(argument, value, problem)
        self.argument = argument
        self.value = value
        self.problem = problem

    def __str__(self) -> str:
        """One line: `calls: -1 is negative`."""
        return f"{self.argument}: {self.value} {self.problem}"


class InvalidType(InvalidPolicy, TypeError):
    """An argument of a type that does not fit."""


class StepTimedOut(AllotmentError, TimeoutError):
    """A step has taken as long as it may, or longer. Raised by `StepTimer.check`.

    Attributes:
        limit: How long it may take, in seconds.
        elapsed: How long it has taken so far, in seconds.
    """

    def __init__(self, limit: float, elapsed: float) -> None:
        """Make the error of a step that may take `limit` seconds and has taken `elapsed`."""
        super().__init__(f"step timed out: {elapsed:g}s / {limit:g}s")
        self.limit = limit
        self.elapsed = elapsed

    def __reduce__(self) -> tuple[type[StepTimedOut], tuple[float, float], dict[str, object]]:
        """Pickle the figures; what an OSError has for arguments is its text."""
        return type(self), (self.limit, self.elapsed), self.__dict__


class Denied(AllotmentError):
    """A call may not be made; nothing was debited. Raised as the subclass for its reason.

    `str()` gives `message`, which is safe to show to a model; `detail` is for the operator.

    Attributes:
        reason: The stable name of the reason, such as `"budget_exceeded"`; also on the class.
    """

    reason: str = "denied"
    _http_status: int = 403
    _retryable: bool = False
    _message: str = "This is denied."

    if TYPE_CHECKING:
        # At run time `Exception` has all that is needed, and a denial costs no Python call.
        def __init__(self, decision: Decision | None = None) -> None:
            """Make the exception for `decision`, a denial, or for nothing more than the reason."""

    def __str__(self) -> str:
        """The message: no limits, no figures, no names of others."""
        return self.message

    def __repr__(self) -> str:
        """The class and the message; frameworks show this to models too."""
        return f"{type(self).__name__}({self.message!r})"

    @property
    def decision(self) -> Decision | None:
        """The denial as a value."""
        decision = self.args[0] if self.args else None
        return decision if isinstance(decision, Decision) else None

    @property
    def session(self) -> str | None:
        """The id of the session that was asked; `None` where none was to be had."""
        return None if (decision := self.decision) is None else decision.session

    @property
    def agent(self) -> str | None:
        """The agent that asked."""
        return None if (decision := self.decision) is None else decision.agent

    @property
    def tool(self) -> str | None:
        """The tool that was asked for; of a batch the one that was refused, if it was one of them."""
        return None if (decision := self.decision) is None else decision.tool

    @property
    def account(self) -> str | None:
        """Which refused: `"tool"`, `"session"`, `"ancestor"`, `"agent"`, `"tenant"`, `"store"` or `"key"`."""
        return None if (decision := self.decision) is None else decision.account

    @property
    def resource(self) -> str | None:
        """What was lacking: `"calls"`, `"tokens"`, `"cost"`, ...; `Decision.resource` lists them."""
        return None if (decision := self.decision) is None else decision.resource

    @property
    def limit(self) -> int | float | Decimal | None:
        """The limit that refused: a `Decimal` of US dollars for cost, float seconds for time, else an int."""
        return None if (decision := self.decision) is None else decision.limit

    @property
    def used(self) -> int | float | Decimal | None:
        """What was used of it, in the same unit; of a rate, how much of its bucket."""
        return None if (decision := self.decision) is None else decision.used

    @property
    def requested(self) -> int | float | Decimal | None:
        """What was asked for, in the same unit."""
        return None if (decision := self.decision) is None else decision.requested

    @property
    def retry_after(self) -> float | None:
        """After how many seconds the same call is allowed, if nobody else asks; `None` if never."""
        return None if (decision := self.decision) is None else decision.retry_after

    @property
    def retry_after_ns(self) -> int | None:
        """`retry_after` in nanoseconds, exactly."""
        return None if (decision := self.decision) is None else decision.retry_after_ns

    @property
    def retryable(self) -> bool:
        """Whether asking again later can help."""
        return self._retryable if (decision := self.decision) is None else decision.retryable

    @property
    def http_status(self) -> int:
        """The HTTP status that says the same."""
        return self._http_status if (decision := self.decision) is None else decision.http_status

    @property
    def message(self) -> str:
        """A sentence that is safe to show to a model: no limits, no figures, no names of others."""
        return self._message if (decision := self.decision) is None else decision.message

    @property
    def detail(self) -> str:
        """The full text for the operator, on one line. Not for a model."""
        return self.reason if (decision := self.decision) is None else decision.detail


class SessionNotFound(Denied):
    """There is no session of this id (404)."""

    reason = "not_found"
    _http_status = 404
    _message = "There is no such session."


class SessionClosed(Denied):
    """The session was closed (410). Final."""

    reason = "closed"
    _http_status = 410
    _message = "This session is closed."


class SessionPaused(Denied):
    """The session is paused, until someone resumes it (409)."""

    reason = "paused"
    _http_status = 409
    _message = "This session is paused until someone resumes it."


class SessionExpired(Denied):
    """The session is past its time limit (408). Final."""

    reason = "expired"
    _http_status = 408
    _message = "The time for this session is over."


class IdleTimeout(SessionExpired):
    """The session has done nothing for longer than it may (408), until someone resumes it."""

    reason = "idle_timeout"
    _message = "This session was idle for too long."


class AgentMismatch(Denied):
    """The agent that asks is not the session's (403)."""

    reason = "agent_mismatch"
    _message = "This session belongs to another agent."


class ToolNotAuthorized(Denied):
    """The tool is not in the session's list (403)."""

    reason = "tool_not_authorized"
    _message = "This tool is not authorised in this session."


class IntentDrift(Denied):
    """The tool does not fit the session's intent (403)."""

    reason = "intent_drift"
    _message = "This tool does not fit what the session is for."


class SensitivityExceeded(Denied):
    """The tool's data is more sensitive than the session may touch (403)."""

    reason = "sensitivity_exceeded"
    _message = "This tool touches data beyond this session's reach."


class NetworkDenied(Denied):
    """The tool needs a network that the session may not use (403)."""

    reason = "network_denied"
    _message = "This session may not use tools that need the network."


class SameStepLoop(Denied):
    """The same step too many times in a row (403)."""

    reason = "same_step_loop"
    _message = "The same step was repeated too often. Do something else."


class DepthExceeded(Denied):
    """Discoveries nest as deep as they may (429)."""

    reason = "depth_exceeded"
    _http_status = 429
    _message = "Discoveries are nested too deep. Finish some first."


class TooManySessions(Denied):
    """The agent, or the tenant, has as many active sessions as it may (429). Retryable."""

    reason = "too_many_sessions"
    _http_status = 429
    _retryable = True
    _message = "There are too many sessions at the moment. Try again later."


class StoreFull(Denied):
    """The enforcer holds as many sessions, the limiter as many keys, as it may (503)."""

    reason = "store_full"
    _http_status = 503
    _message = "Nothing further can be held."


class BudgetExceeded(Denied):
    """A budget does not cover the call (429). Not retryable."""

    reason = "budget_exceeded"
    _http_status = 429
    _message = "The budget for this is used up."


class RateLimited(Denied):
    """A rate does not cover the call now (429). Retryable after `retry_after`, unless that is `None`."""

    reason = "rate_limited"
    _http_status = 429
    _retryable = True
    _message = "Too much in too short a time. Try again later."


class Contended(Denied):
    """Other calls were in the way for too long (503). Retryable."""

    reason = "contended"
    _http_status = 503
    _retryable = True
    _message = "Too busy to decide at the moment. Try again later."


class Forked(Denied):
    """The enforcer was inherited through a fork (503); make a new one in the child process."""

    reason = "forked"
    _http_status = 503
    _message = "This process holds no budget of its own."


_BY_REASON: dict[str, type[Denied]] = {
    denial.reason: denial for denial in (*Denied.__subclasses__(), *SessionExpired.__subclasses__())
}
"""The subclass for each reason."""

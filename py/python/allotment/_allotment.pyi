"""The compiled part of `allotment`. Import from `allotment` instead."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from os import PathLike
from types import EllipsisType, TracebackType
from typing import Any, Literal, NoReturn, SupportsIndex, TypeAlias, TypeVar, final, overload
from uuid import UUID

__all__ = [
    "Decision",
    "Descent",
    "Enforcer",
    "Event",
    "KeyedLimiter",
    "LimitWarning",
    "ManualClock",
    "Policy",
    "Rate",
    "Reservation",
    "Session",
    "StepTimer",
    "Summary",
    "__version__",
    "_after_fork_in_child",
    "_reasons",
]

__version__: str

def _after_fork_in_child() -> None:
    """To be called in a child process right after a fork: what it inherited denies from now on."""

def _reasons() -> list[tuple[str, int, bool, str]]:
    """Every reason: its name, HTTP status, whether asking again can help, and the sentence for a model."""

_F = TypeVar("_F", bound=Callable[..., Any])

_Count: TypeAlias = SupportsIndex
_Seconds: TypeAlias = float | timedelta
_Money: TypeAlias = Decimal | str | float
_Tools: TypeAlias = Iterable[str] | Mapping[str, SupportsIndex | None] | Literal["*"]
_Rate: TypeAlias = Rate | str
_Sensitivity: TypeAlias = Literal["public", "internal", "confidential", "restricted"]
_Status: TypeAlias = Literal["active", "paused", "expired", "closed"]
_Execution: TypeAlias = Literal["standard", "extended", "unlimited", "disabled"] | Mapping[str, Any]
_Least: TypeAlias = SupportsIndex | Mapping[str, Any]
_Resource: TypeAlias = Literal[
    "calls",
    "steps",
    "discovered_steps",
    "tokens",
    "cost",
    "time",
    "sessions",
    "idle",
    "depth",
    "repetitions",
    "memory",
]
_Figure: TypeAlias = int | float | Decimal
_Kind: TypeAlias = Literal[
    "denied",
    "warning",
    "granted",
    "drift",
    "overrun",
    "forfeited",
    "paused",
    "resumed",
    "topped_up",
    "closed",
    "expired",
]

@final
class Enforcer:
    """Gives sessions their allotments and holds them to it.

    Use one from as many threads and tasks as you like: no call blocks, and no interleaving admits one unit
    more than any limit allows.

    It does not cross a fork: in a forked child all that was inherited denies (`Forked`), so that no budget is
    spent twice. Make one in each worker of a pre-fork server, for instance in gunicorn's `post_fork`; what
    the server preloads is nobody's to spend. Only forks that Python makes are noticed.

    Args:
        policy: The settings that all sessions share; `Policy()` unless given.
        clock: A `testing.ManualClock`, for tests and replays; the machine's monotonic clock unless given.
        max_sessions: How many sessions it holds at most, ended ones that were not swept yet included; 1 to
            2**48.

    Raises:
        InvalidPolicy: `max_sessions` out of bounds; InvalidType for a wrong type.

    Example:
        >>> enforcer = Enforcer()
        >>> session = enforcer.create_session(agent="agent-7", tools=["search"], calls=2)
        >>> session.authorize("search")
    """

    def __new__(
        cls, policy: Policy | None = None, clock: ManualClock | None = None, max_sessions: _Count = 1_000_000
    ) -> Enforcer: ...
    def create_session(
        self,
        *,
        agent: str,
        tools: _Tools,
        intent: str | None = "",
        tenant: str | None = None,
        calls: _Count | EllipsisType | None = ...,
        tokens: _Count | EllipsisType | None = ...,
        cost_usd: _Money | EllipsisType | None = ...,
        steps: _Count | EllipsisType | None = ...,
        discovered_steps: _Count | EllipsisType | None = ...,
        rate: _Rate | EllipsisType | None = ...,
        tokens_rate: _Rate | EllipsisType | None = ...,
        cost_rate: _Rate | EllipsisType | None = ...,
        time_limit: _Seconds | None = None,
        sensitivity: _Sensitivity | None = None,
        execution: _Execution | None = None,
        air_gap: bool | None = None,
    ) -> Session:
        """Creates a session.

        A limit that is left out is the policy's default; `None` is no limit.

        Args:
            agent: Whose session it is; 1 to 128 bytes.
            tools: The exact names it may call, at most 10,000: a list or any other iterable, or a mapping of
                names to their own caps (`None` for no cap). `"*"` authorises every tool, an empty list none.
            intent: What it is for, up to 512 bytes; empty for none.
            tenant: On whose behalf: the tenant whose limits it shares too.
            calls: Budget of tool calls, up to 2**48.
            tokens: Budget of model tokens, up to 2**48.
            cost_usd: Budget in US dollars: Decimal, str, int or finite float, rounded up to nano-dollars.
            steps: Budget of steps, up to 2**48.
            discovered_steps: Budget of steps discovered on the way, up to 2**48.
            rate: Rate of calls: a `Rate` or text such as `"30/min"`.
            tokens_rate: Rate of model tokens, in the same form.
            cost_rate: Rate of US dollars: text such as `"1.50/min"`, or a `Rate` whose limit is in whole
                dollars.
            time_limit: How long it lives, in seconds or as a timedelta: 1 s to the policy's maximum, 24 h
                unless that says otherwise.
            sensitivity: `"public"`, `"internal"`, `"confidential"` or `"restricted"`: the most that it may
                touch.
            execution: Its limits as a long-running execution: `"standard"`, `"extended"`, `"unlimited"`,
                `"disabled"`, or a mapping with the keys of a policy's `[execution]`, such as `{"preset":
                "standard", "depth": 2}`; without a preset, what it leaves out is not limited. The policy's
                unless given.
            air_gap: Whether it may call only tools that the policy says need no network; the policy's unless
                given.

        Raises:
            TooManySessions: the agent, or the tenant, has as many as it may.
            StoreFull: the enforcer holds `max_sessions`.
            InvalidPolicy: an argument that makes no sense, by name; InvalidType where its type is wrong.
        """
    def authorize(
        self,
        session_id: str | UUID,
        tool: str,
        *,
        agent: str,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> None:
        """`Session.authorize` by id, for servers. The caller's agent has to be the session's.

        Args:
            session_id: The id, a str or a `uuid.UUID`.
            tool: The tool's exact name.
            agent: Who asks.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            Denied: as `Session.authorize`; also SessionNotFound and AgentMismatch.
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def decide(
        self,
        session_id: str | UUID,
        tool: str,
        *,
        agent: str,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> Decision:
        """`Session.decide` by id, for servers. The caller's agent has to be the session's.

        Args:
            session_id: The id, a str or a `uuid.UUID`.
            tool: The tool's exact name.
            agent: Who asks.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def authorize_batch(self, session_id: str | UUID, tools: Iterable[str], *, agent: str) -> None:
        """`Session.authorize_batch` by id. The caller's agent has to be the session's.

        Args:
            session_id: The id, a str or a `uuid.UUID`.
            tools: An iterable of exact names, with repetitions; at most 1,000,000.
            agent: Who asks.

        Raises:
            Denied: as `Session.authorize_batch`; also SessionNotFound and AgentMismatch.
            InvalidType: a wrong type, a bare string among them.
        """
    def decide_batch(self, session_id: str | UUID, tools: Iterable[str], *, agent: str) -> Decision:
        """`Session.decide_batch` by id. The caller's agent has to be the session's.

        Args:
            session_id: The id, a str or a `uuid.UUID`.
            tools: An iterable of exact names, with repetitions; at most 1,000,000.
            agent: Who asks.

        Raises:
            InvalidType: a wrong type, a bare string among them.
        """
    def preview(
        self,
        session_id: str | UUID,
        tool: str,
        *,
        agent: str,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> Decision:
        """`Session.preview` by id. Consumes nothing. The caller's agent has to be the session's.

        Args:
            session_id: The id, a str or a `uuid.UUID`.
            tool: The tool's exact name.
            agent: Who asks.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def get(self, session_id: str | UUID) -> Session:
        """The session of this id, active or ended. Changes nothing.

        Args:
            session_id: The id, a str or a `uuid.UUID`.

        Raises:
            SessionNotFound: there is none.
            InvalidType: neither a str nor a UUID.
        """
    def sessions(self) -> list[Session]:
        """Every session that is held, active or ended, in no order. Changes nothing."""
    def close(self, session_id: str | UUID) -> Summary:
        """`Session.close` by id.

        Raises:
            SessionNotFound: there is none. SessionClosed, SessionExpired: it has ended already.
            InvalidType: neither a str nor a UUID.
        """
    def close_agent(self, agent: str) -> int:
        """Closes every session of `agent`; other agents' stay.

        Returns:
            How many it closed.
        """
    def active_sessions(self, agent: str) -> int:
        """How many sessions of `agent` are active or paused."""
    def step_timer(self, seconds: _Seconds) -> StepTimer:
        """`Session.step_timer` without a session.

        Args:
            seconds: Seconds as int or float, or a `timedelta`. 0 or more.

        Raises:
            InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
        """
    def sweep(self) -> int:
        """Removes expired and closed sessions. Costs what it removes, not what is held.

        Returns:
            How many it removed.
        """
    def set_policy(self, policy: Policy) -> None:
        """Puts `policy` in force for every session at once.

        What has been spent stays spent; its `defaults` concern new sessions.

        Raises:
            InvalidType: it is not a `Policy`.
        """
    @property
    def policy(self) -> Policy:
        """The policy in force."""
    def events(self, max: _Count | None = None) -> list[Event]:
        """Takes out the events that wait now, oldest first: denials, warnings, what became of sessions.

        A bounded queue holds them; events that find it full are dropped and counted in `stats()`. No decision
        waits for this. `allotment.logging.EventLog` does it regularly.

        Args:
            max: At most so many; all of them unless given.

        Raises:
            InvalidPolicy: `max` is negative or above 2**64 - 1; InvalidType for a wrong type.
        """
    def stats(self) -> dict[str, int]:
        """Figures about what is held.

        `sessions`, `max_sessions`, `agents`, `tenants`, `events_waiting`, `events_dropped`.
        """
    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Reservation:
    """An estimate that was admitted, until it ends: settled, released or forfeited.

    Made by `Session.reserve`. `with session.reserve(tokens=4000) as hold:` (or `async with`) forfeits it at
    the end unless it was settled or released inside: it is charged what `progress` last said, or all of it,
    because providers bill what they have begun (nothing where the policy says `on_vanish = "release"`). A
    reservation that is garbage-collected is forfeited too.
    It ends exactly once.
    """
    @property
    def tokens(self) -> int:
        """The model tokens that were granted, those of each kind weighed.

        With `at_least`, maybe fewer than asked for.
        """
    @property
    def cost_usd(self) -> Decimal:
        """The US dollars that were granted, a Decimal."""
    @property
    def steps(self) -> int:
        """The steps that were granted."""
    @property
    def discovered_steps(self) -> int:
        """The discovered steps that were granted."""
    @property
    def ended(self) -> bool:
        """Whether it has been settled, released or forfeited."""
    def settle(
        self,
        *,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
        input_tokens: _Count = 0,
        output_tokens: _Count = 0,
        cached_tokens: _Count = 0,
    ) -> bool:
        """Ends it at the actual price.

        What was not used is given back; what was used beyond it is charged in full, even past the limit,
        because it has been spent.

        Args:
            tokens: The model tokens used, those that count as they are.
            cost_usd: The US dollars spent.
            steps: The steps made.
            discovered_steps: The steps discovered on the way.
            input_tokens: Tokens that the model read, which count as the policy weighs them.
            output_tokens: Tokens that it wrote.
            cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.

        Returns:
            Whether that overran a budget, which then refuses what follows.

        Raises:
            InvalidPolicy: it has ended already, or an argument makes no sense; nothing changes then.
        """
    def release(self) -> None:
        """Ends it without a charge, because nothing was sent.

        Raises:
            InvalidPolicy: it has ended already; nothing changes then.
        """
    def progress(
        self,
        *,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
        input_tokens: _Count = 0,
        output_tokens: _Count = 0,
        cached_tokens: _Count = 0,
    ) -> None:
        """Says what has been used so far, in total: what is charged if this is forfeited.

        Args:
            tokens: The model tokens used, those that count as they are.
            cost_usd: The US dollars spent.
            steps: The steps made.
            discovered_steps: The steps discovered on the way.
            input_tokens: Tokens that the model read, which count as the policy weighs them.
            output_tokens: Tokens that it wrote.
            cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.

        Raises:
            InvalidPolicy: an argument makes no sense.
        """
    def __enter__(self) -> Reservation: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Forfeits it, if it has not ended. Exceptions go on."""
    def __aenter__(self) -> Coroutine[Any, Any, Reservation]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Coroutine[Any, Any, None]: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Descent:
    """A level of discovery that was entered. Made by `Session.descend`.

    `with session.descend():` leaves it at the end; a descent that is garbage-collected is left too. It is
    left once.
    """

    @property
    def level(self) -> int:
        """How deep it is; the first level is 1."""
    def leave(self) -> None:
        """Leaves it. Nothing happens where it was left before."""
    def __enter__(self) -> Descent: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Leaves it. Exceptions go on."""
    def __reduce__(self) -> NoReturn: ...

@final
class StepTimer:
    """A step that has begun and may take so long, on the enforcer's clock. Made by `step_timer`.

    It stops nothing by itself: the step has to ask.
    """

    @property
    def elapsed(self) -> float:
        """The time since the step began, in seconds."""
    @property
    def remaining(self) -> float:
        """What is left, in seconds; never less than 0."""
    @property
    def timed_out(self) -> bool:
        """Whether nothing is left."""
    def check(self) -> None:
        """Raises once nothing is left.

        Raises:
            StepTimedOut: the step has taken as long as it may, or longer.
        """
    def __reduce__(self) -> NoReturn: ...

@final
class Session:
    """One task of one agent, and what it may use. Made by `Enforcer.create_session`.

    A cheap handle: dropping it closes nothing. `with session:` closes it. Compares and hashes by id; copies
    are the same session; it does not pickle, because its budget lives in this process.
    """

    @property
    def id(self) -> str:
        """The id, a random UUID as text; for calls by id."""
    @property
    def agent(self) -> str:
        """The agent it belongs to."""
    @property
    def tenant(self) -> str | None:
        """The tenant on whose behalf it runs, if there is one."""
    @property
    def status(self) -> _Status:
        """`"active"`, `"paused"`, `"expired"` or `"closed"`."""
    @property
    def active(self) -> bool:
        """Whether it is active, not expired and has calls left."""
    @property
    def _tells_repetitions(self) -> bool:
        """Whether a call's arguments matter here: the same step may be taken only so often in a row."""
    def authorize(
        self,
        tool: str,
        *,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> None:
        """Admits one call of `tool` and what it is known to use, or raises.

        It debits one call of everything that limits the tool, or nothing at all. The cheapest way to ask;
        `decide` tells more and does not raise.

        Args:
            tool: The tool's exact name.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            Denied: the subclass for the reason: SessionClosed, SessionPaused, SessionExpired, IdleTimeout,
                ToolNotAuthorized, IntentDrift, SensitivityExceeded, NetworkDenied, SameStepLoop,
                BudgetExceeded, RateLimited (with `retry_after`), Contended, Forked.
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def decide(
        self,
        tool: str,
        *,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> Decision:
        """Decides about one call of `tool` and what it is known to use, all of it or nothing.

        A denial is returned, not raised.

        Args:
            tool: The tool's exact name.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def authorize_batch(self, tools: Iterable[str]) -> None:
        """Admits one call of each of `tools`, all of them or none; or raises.

        An empty batch succeeds in an active session.

        Args:
            tools: An iterable of exact names, with repetitions; at most 1,000,000.

        Raises:
            Denied: as `authorize`; `tool` is the first that is not authorised.
            InvalidType: a bare string, or what is not a list of str.
        """
    def decide_batch(self, tools: Iterable[str]) -> Decision:
        """Decides about one call of each of `tools`, all of them or none.

        A denial is returned, not raised.

        Args:
            tools: An iterable of exact names, with repetitions; at most 1,000,000.

        Raises:
            InvalidType: a bare string, or what is not a list of str.
        """
    def preview(
        self,
        tool: str,
        *,
        arguments: object = None,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
    ) -> Decision:
        """What `decide` would say now. Consumes nothing, counts nothing.

        Args:
            tool: The tool's exact name.
            arguments: The call's arguments, any object. Equal ones make it the same step, which an execution
                may take only so often in a row; `None` says nothing of them.
            tokens: Model tokens that the call uses.
            cost_usd: What it costs, in US dollars: Decimal, str, int or finite float, rounded up to
                nano-dollars.
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.

        Raises:
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def pause(self) -> None:
        """Holds the session: nothing is admitted once this has returned, until `resume`. Time goes on.

        Raises:
            Denied: SessionPaused, SessionExpired or SessionClosed, where it is that already.
        """
    def resume(self) -> None:
        """Goes on where `pause` stopped. Nothing happens to an active session.

        Raises:
            Denied: SessionExpired or SessionClosed.
        """
    def close(self) -> Summary:
        """Closes the session for good: nothing is admitted once this has returned.

        Returns:
            What it did.

        Raises:
            Denied: SessionExpired or SessionClosed, where it has ended already.
        """
    def delegate(
        self,
        *,
        agent: str,
        tools: _Tools,
        intent: str | None = "",
        tenant: str | None = None,
        calls: _Count | EllipsisType | None = ...,
        tokens: _Count | EllipsisType | None = ...,
        cost_usd: _Money | EllipsisType | None = ...,
        steps: _Count | EllipsisType | None = ...,
        discovered_steps: _Count | EllipsisType | None = ...,
        rate: _Rate | EllipsisType | None = ...,
        tokens_rate: _Rate | EllipsisType | None = ...,
        cost_rate: _Rate | EllipsisType | None = ...,
        time_limit: _Seconds | None = None,
        sensitivity: _Sensitivity | None = None,
        execution: _Execution | None = None,
        air_gap: bool | None = None,
        carve_out: bool = False,
    ) -> Session:
        """Delegates a part of this session's work to a session of its own.

        Whatever the child debits, this session and all that it was delegated from are debited too. A limit
        that is given is a cap within this session's; one that is left out (or `None`) is this session's
        itself, not the policy's default. Tenant, time and sensitivity are this session's unless they are
        narrowed. Ending this session ends the child.

        Args:
            agent: Whose session the child is; 1 to 128 bytes.
            tools: What it may call, all of it authorised here: as for `Enforcer.create_session`.
            intent: What it is for, up to 512 bytes; empty for none.
            tenant: This session's tenant, if given at all.
            calls: Cap of tool calls.
            tokens: Cap of model tokens.
            cost_usd: Cap in US dollars.
            steps: Cap of steps.
            discovered_steps: Cap of steps discovered on the way.
            rate: Rate of calls, no faster than this session's.
            tokens_rate: Rate of model tokens, no faster than this session's.
            cost_rate: Rate of US dollars, no faster than this session's.
            time_limit: How long it lives, in seconds or as a timedelta; what is left here unless given.
            sensitivity: The most that it may touch, no more than this session.
            execution: Its limits as a long-running execution, none of them wider than this session's, which
                hold unless it is given.
            air_gap: Whether it may call only tools that need no network; as this session unless given.
            carve_out: Move the budgets that are given out of this session's at once, and return what is left
                of them when the child ends; otherwise they are caps within this session's.

        Raises:
            InvalidPolicy: asking for more than this session has, a depth of more than 8, an argument that
                makes no sense; by name.
            Denied: this session is not active (SessionClosed, SessionPaused, SessionExpired), or there is no
                place (TooManySessions, StoreFull).
        """
    def reserve(
        self,
        *,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
        input_tokens: _Count = 0,
        output_tokens: _Count = 0,
        cached_tokens: _Count = 0,
        at_least: _Least | None = None,
    ) -> Reservation:
        """Admits an estimate for a model call, whose price is known only afterwards.

        It is held on everything that limits it, or not at all. It counts no tool call.

        Args:
            tokens: The model tokens it may take, those that count as they are.
            cost_usd: The US dollars it may cost.
            steps: The steps it may make.
            discovered_steps: The steps it may discover on the way.
            input_tokens: Tokens that the model may read, which count as the policy weighs them.
            output_tokens: Tokens that it may write.
            cached_tokens: Tokens that it may read from a cache; they are not in `input_tokens`.
            at_least: Grant less than that, if there is less, down to this many tokens; or a mapping of
                `tokens`, `cost_usd`, `steps` and `discovered_steps` to the least of each. What it does not
                mention is granted in full.

        Returns:
            The reservation, to be settled; a context manager. It says how much was granted.

        Raises:
            Denied: by reason; nothing is held then.
            InvalidPolicy: an argument makes no sense, or nothing is asked for.
        """
    def record(
        self,
        *,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
        input_tokens: _Count = 0,
        output_tokens: _Count = 0,
        cached_tokens: _Count = 0,
    ) -> bool:
        """Charges what has been spent, after the fact.

        On everything that limits it, even past the limits and whatever the session's status.

        Args:
            tokens: The model tokens used, those that count as they are.
            cost_usd: The US dollars spent.
            steps: The steps made.
            discovered_steps: The steps discovered on the way.
            input_tokens: Tokens that the model read, which count as the policy weighs them.
            output_tokens: Tokens that it wrote.
            cached_tokens: Tokens that it read from a cache; they are not in `input_tokens`.

        Returns:
            Whether that overran a budget, which then refuses what follows.

        Raises:
            InvalidPolicy: an argument makes no sense.
        """
    def is_limited(self, resource: _Resource) -> bool:
        """Whether anything limits what the session may use of `resource`, under the policy in force.

        A budget, a rate or a threshold, be it its own, of a session that it was delegated from, of one of
        their agents or of the tenant. A cap of one tool does not count. Changes nothing.

        Args:
            resource: "calls", "steps", "discovered_steps", "tokens", "cost", "time", "sessions", "idle",
                "depth", "repetitions" or "memory".

        Raises:
            InvalidPolicy: any other name; InvalidType for anything but a str.
        """
    def top_up(
        self,
        *,
        calls: _Count = 0,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
        steps: _Count = 0,
        discovered_steps: _Count = 0,
        time: _Seconds = 0,
    ) -> None:
        """Raises the session's limits, all of them or none.

        A session that is paused stays so until it is resumed, and then goes on with what remained and what
        was added.

        Args:
            calls: Tool calls to add.
            tokens: Model tokens to add.
            cost_usd: US dollars to add.
            steps: Steps to add.
            discovered_steps: Discovered steps to add.
            time: Time to add, in seconds or as a timedelta.

        Raises:
            InvalidPolicy: there is no such limit to raise, it would be more than the parent's, or an argument
                makes no sense; by name.
            Denied: SessionClosed or SessionExpired; it is too late.
        """
    def step(
        self,
        steps: _Count = 1,
        *,
        discovered_steps: _Count = 0,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
    ) -> None:
        """Admits a step of an execution and what it uses, without any tool; or raises.

        All of it or nothing. It counts no tool call.

        Args:
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.
            tokens: Model tokens that it uses.
            cost_usd: What it costs, in US dollars.

        Raises:
            Denied: the subclass for the reason, BudgetExceeded and IdleTimeout among them.
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def decide_step(
        self,
        steps: _Count = 1,
        *,
        discovered_steps: _Count = 0,
        tokens: _Count = 0,
        cost_usd: _Money = 0,
    ) -> Decision:
        """Decides about a step of an execution and what it uses, without any tool.

        A denial is returned, not raised.

        Args:
            steps: Steps that it counts as.
            discovered_steps: Steps that it discovered on the way.
            tokens: Model tokens that it uses.
            cost_usd: What it costs, in US dollars.

        Raises:
            InvalidPolicy: a negative or otherwise impossible amount; InvalidType for a wrong type.
        """
    def descend(self) -> Descent:
        """Enters the next level of discovery.

        Returns:
            The level, to be left; a context manager.

        Raises:
            DepthExceeded: discoveries nest as deep as they may.
            Denied: the session is not active (SessionClosed, SessionPaused, SessionExpired, IdleTimeout).
        """
    def observe_memory(self, bytes: _Count) -> bool:
        """Says how much memory was seen in use. More than the limit denies every call until less is seen.

        Args:
            bytes: The memory in use, in bytes.

        Returns:
            Whether that is within the limit.

        Raises:
            InvalidPolicy: negative or above 2**64 - 1; InvalidType for anything but an int.
        """
    def step_timer(self, seconds: _Seconds) -> StepTimer:
        """Begins a step that may take less than `seconds`, on the enforcer's clock.

        Args:
            seconds: Seconds as int or float, or a `timedelta`. 0 or more.

        Raises:
            InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
        """
    def snapshot(self) -> dict[str, Any]:
        """Everything there is to know about it now, as plain dicts. Changes nothing.

        Times are seconds, timestamps seconds since 1970, cost is text with a decimal of US dollars.
        """
    @overload
    def guard(self, function: _F, /, *, tool: str | None = None) -> _F: ...
    @overload
    def guard(self, function: None = None, /, *, tool: str | None = None) -> Callable[[_F], _F]: ...
    def activate(self) -> AbstractContextManager[Session]:
        """Makes this the session that `allotment.current_session()` gives, inside a `with` block."""
    def __enter__(self) -> Session: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the session, if it has not ended yet. Exceptions go on."""
    def __aenter__(self) -> Coroutine[Any, Any, Session]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Coroutine[Any, Any, None]: ...
    def __copy__(self) -> Session: ...
    def __deepcopy__(self, _memo: object, /) -> Session: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> NoReturn: ...
    def _repr_html_(self) -> str: ...

@final
class Decision:
    """What was decided about a call or a batch: allowed and debited, or denied and nothing debited.

    True where it is allowed. Immutable; compares by value; pickles.
    """

    @property
    def allowed(self) -> bool:
        """Whether the call may be made. What it costs has been debited then, except by `preview`."""
    @property
    def reason(self) -> str | None:
        """Why not: the stable name of the reason, such as `"budget_exceeded"`; `None` where it is allowed."""
    @property
    def tool(self) -> str | None:
        """The tool, to dispatch by; of a batch the one that was refused, if it was one, else `None`."""
    @property
    def session(self) -> str | None:
        """The id of the session that was asked, or the text that is no id; `None` for a creation."""
    @property
    def agent(self) -> str | None:
        """The agent that asked."""
    @property
    def remaining(self) -> int | None:
        """The session's calls that are left after this; `None` for no limit, or no own session."""
    @property
    def seconds_remaining(self) -> float | None:
        """The time until the session expires, in seconds; `None` for no own session."""
    @property
    def retry_after(self) -> float | None:
        """After how many seconds the same call is allowed, if nobody else asks; `None` if never.

        Never less than the exact wait, which is `retry_after_ns`.
        """
    @property
    def retry_after_ns(self) -> int | None:
        """`retry_after` in nanoseconds, exactly."""
    @property
    def warnings(self) -> tuple[LimitWarning, ...]:
        """What is running low: a tuple of `LimitWarning`, empty for a denial."""
    @property
    def drift(self) -> str | None:
        """How the call drifts from the session's intent, where the policy only warns of that; else `None`."""
    @property
    def limit(self) -> _Figure | None:
        """The limit that refused: a `Decimal` of US dollars for cost, float seconds for time, else an int."""
    @property
    def used(self) -> _Figure | None:
        """What was used of it, in the same unit; of a rate, how much of its bucket."""
    @property
    def requested(self) -> _Figure | None:
        """What was asked for, in the same unit."""
    @property
    def resource(self) -> str | None:
        """What was lacking.

        `"calls"`, `"steps"`, `"discovered_steps"`, `"tokens"`, `"cost"`, `"time"`, `"idle"`, `"sessions"`,
        `"depth"`, `"repetitions"` or `"memory"` (in bytes).
        """
    @property
    def account(self) -> str | None:
        """Which refused: `"tool"`, `"session"`, `"ancestor"`, `"agent"`, `"tenant"`, `"store"` or `"key"`."""
    @property
    def retryable(self) -> bool:
        """Whether asking again later can help."""
    @property
    def http_status(self) -> int:
        """The HTTP status that says the same; 200 where it is allowed."""
    @property
    def message(self) -> str:
        """A sentence that is safe to show to a model: no limits, no figures, no names of others."""
    @property
    def detail(self) -> str:
        """The full text for the operator, on one line. Not for a model."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Event:
    """Something an operator wants to hear of: a denial, a warning, a session's end. From `Enforcer.events`.

    What a model wrote is escaped and cut. Immutable; compares by value; hashes; pickles.
    """

    @property
    def kind(self) -> _Kind:
        """What happened."""
    @property
    def at(self) -> float:
        """When it was decided or noticed, in seconds since 1970."""
    @property
    def session(self) -> str | None:
        """The session's id; `None` for a creation that was denied."""
    @property
    def agent(self) -> str | None:
        """The session's agent; for a session that there is not, whoever asked."""
    @property
    def tenant(self) -> str | None:
        """The session's tenant."""
    @property
    def tool(self) -> str | None:
        """The tool, escaped, and cut after 128 characters."""
    @property
    def reason(self) -> str | None:
        """Why it was denied: the stable name of the reason; `None` for anything but a denial."""
    @property
    def message(self) -> str:
        """A sentence that is safe to show to a model: no limits, no figures, no names."""
    @property
    def detail(self) -> str:
        """The full text for the operator, on one line. Not for a model."""
    @property
    def decision(self) -> Decision | None:
        """The denial, `None` for anything else. It does not say what the session had left."""
    @property
    def warning(self) -> LimitWarning | None:
        """What runs low, `None` for anything but a warning."""
    @property
    def amounts(self) -> dict[str, _Figure]:
        """What was charged (overrun, forfeited) or added (topped up), by resource; else empty.

        A `Decimal` of US dollars for cost, float seconds for time, else an int.
        """
    def to_dict(self) -> dict[str, Any]:
        """All of it as a dict of plain values, which turns into JSON.

        Cost is text with a decimal of US dollars.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class LimitWarning:
    """A budget, or the time of a session, that is running low. Immutable; compares by value; pickles."""

    @property
    def resource(self) -> str:
        """What is running low.

        `"calls"`, `"steps"`, `"discovered_steps"`, `"tokens"`, `"cost"`, `"time"` or `"idle"`.
        """
    @property
    def account(self) -> str:
        """Whose it is: `"session"`, `"tool"`, `"agent"` or `"tenant"`."""
    @property
    def remaining(self) -> _Figure:
        """What is left: a `Decimal` of US dollars for cost, float seconds for time, else an int."""
    @property
    def limit(self) -> _Figure:
        """The whole of it, in the same unit."""
    @property
    def percent(self) -> int:
        """What is left in percent of the whole, rounded down."""
    @property
    def message(self) -> str:
        """One sentence: `budget low: 20 of 100 calls remaining (20%)`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Summary:
    """What a session did, given by `Session.close`. Immutable; compares by value; pickles."""

    @property
    def calls(self) -> int:
        """Calls made."""
    @property
    def budget(self) -> int | None:
        """The budget of calls, `None` for no limit."""
    @property
    def utilisation(self) -> float | None:
        """Calls made in percent of the budget; `None` without a budget or with one of 0."""
    @property
    def time_used(self) -> float:
        """How long it lived, in seconds."""
    @property
    def time_limit(self) -> float:
        """How long it might have lived, in seconds."""
    @property
    def denied(self) -> int:
        """How many calls were denied."""
    @property
    def drifts(self) -> int:
        """How many calls did not fit the intent, denied or not."""
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Policy:
    """Settings that all sessions of an enforcer share.

    They are the defaults of a session, the warning threshold, the limits of agents and tenants by the
    pattern of their name, what intents allow and what each tool is, what tokens count for, the limits of
    long executions, and what is recorded.

    `Policy()` is the default: 3600 s and 1000 calls a session, a warning at 20 % remaining, 10 concurrent
    sessions an agent. Immutable and valid from the start; compares by value; hashes; pickles.

    Example:
        >>> policy = Policy.from_dict({
        ...     "defaults": {"calls": 200, "cost_usd": "5.00", "rate": "30/min"},
        ...     "warnings": {"threshold": 0.1},
        ...     "agents": {"research-*": {"max_sessions": 20}},
        ... })
    """

    def __new__(cls) -> Policy: ...
    @staticmethod
    def for_executions() -> Policy:
        """The default policy for sessions that are executions: 100 steps, 100,000 tokens and 300 s each."""
    @staticmethod
    def from_toml(path: str | PathLike[str]) -> Policy:
        """Reads a TOML file.

        Raises:
            OSError: the file cannot be read.
            InvalidPolicy: it is not TOML (with the line and column), a key is not known, a value makes no
                sense.
        """
    @staticmethod
    def from_dict(sections: Mapping[str, Any]) -> Policy:
        """Makes a policy of a mapping with the sections of a policy file.

        Values are as in the file, and a `Rate`, a `timedelta` (for a time) or a `Decimal` (for money) may
        stand for their text.

        Raises:
            InvalidPolicy: a key is not known or a value makes no sense; `argument` is the dotted key.
                InvalidType for a value that no policy can hold.
        """
    def to_toml(self) -> str:
        """The policy as TOML, without what equals the default. Reading it gives an equal policy."""
    def to_dict(self) -> dict[str, Any]:
        """The policy as plain dicts, without what equals the default. `from_dict` gives an equal policy."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Rate:
    """A token-bucket rate: `limit` units per `per` seconds, of which `limit * burst` may come at once.

    It refills continuously; a limit of 0 admits nothing, ever. Immutable; compares by value; hashes; pickles.

    Args:
        limit: Units per window, 0 to 2**48.
        per: The window, seconds as int or float, or a `timedelta`; 1 s to 24 h.
        burst: What the bucket holds when full, as a factor of `limit`; above 0.

    Raises:
        InvalidPolicy: out of bounds; InvalidType for a wrong type.

    Example:
        >>> Rate.parse("100/15min")
        Rate(100, per=900.0, burst=1.0)
    """

    def __new__(cls, limit: _Count, per: _Seconds = 60, burst: float = 1.0) -> Rate: ...
    @staticmethod
    def parse(text: str) -> Rate:
        """Reads `"30/min"`, `"5/s"`, `"100/15min"`, `"1000/h"`, `"1/day"`.

        Raises:
            InvalidPolicy: text that is no rate, or a rate out of bounds; InvalidType for anything but a str.
        """
    @property
    def limit(self) -> int:
        """Units per window."""
    @property
    def per(self) -> float:
        """The window, in seconds."""
    @property
    def burst(self) -> float:
        """What the bucket holds when full, as a factor of `limit`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class KeyedLimiter:
    """One rate for each of many keys: providers, API keys, agents without sessions.

    Each key has a bucket of its own, full at first. At most `max_keys` are held; to make room it forgets keys
    whose buckets are full, so forgetting never gives anyone anything. Where there are none a new key is
    denied, and keys that are held are decided as ever. Use one from as many threads and tasks as you like:
    no call blocks. A denial never repeats the key, which may be a secret.

    Args:
        rate: A `Rate` or text such as `"30/min"`; at most 2.9 million units a second.
        max_keys: How many keys it holds at most; 1 to 2**24.
        clock: A `testing.ManualClock`, for tests and replays; the machine's monotonic clock unless given.

    Raises:
        InvalidPolicy: an argument that makes no sense, by name; InvalidType where its type is wrong.

    Example:
        >>> limiter = KeyedLimiter("30/min")
        >>> limiter.authorize("provider-a")
        >>> limiter.decide("provider-a", 30).reason
        'rate_limited'
    """

    def __new__(
        cls, rate: _Rate, *, max_keys: _Count = 100_000, clock: ManualClock | None = None
    ) -> KeyedLimiter: ...
    def authorize(self, key: str, n: _Count = 1) -> None:
        """Takes `n` units from the bucket of `key`, all of them, or raises.

        Args:
            key: Any str of 1 to 512 bytes in UTF-8.
            n: How many units. More than the bucket holds is never admitted; 0 always is.

        Raises:
            RateLimited: the bucket does not cover it; `retry_after` says when it will.
            StoreFull: a new key, and all that are held have buckets that are not full.
            InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
        """
    def decide(self, key: str, n: _Count = 1) -> Decision:
        """The same as a value: a denial is returned, not raised.

        Args:
            key: Any str of 1 to 512 bytes in UTF-8.
            n: How many units.

        Raises:
            InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
        """
    def preview(self, key: str, n: _Count = 1) -> Decision:
        """What `decide` would say, without taking anything.

        Args:
            key: Any str of 1 to 512 bytes in UTF-8.
            n: How many units.

        Raises:
            InvalidPolicy: a key or an `n` that makes no sense; InvalidType for a wrong type.
        """
    def sweep(self) -> int:
        """Forgets the keys whose buckets are full, to save memory; each new key forgets two anyway.

        Returns:
            How many it forgot.
        """
    @property
    def rate(self) -> Rate:
        """The rate that each key has."""
    @property
    def max_keys(self) -> int:
        """How many keys it holds at most."""
    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...
    def __reduce__(self) -> NoReturn: ...

@final
class ManualClock:
    """A clock that stands still until it is advanced, for tests and replays: `Enforcer(clock=ManualClock())`.

    Example:
        >>> clock = ManualClock()
        >>> clock.advance(1.5)
        >>> clock.now_ns
        1500000000
    """

    def __new__(cls) -> ManualClock: ...
    def advance(self, seconds: _Seconds) -> None:
        """Moves the time forward by `seconds`, to 100 years at most.

        Args:
            seconds: Seconds as int or float (to the nearest nanosecond), or a `timedelta`. 0 or more.

        Raises:
            InvalidPolicy: negative, NaN, infinite or more than 100 years; InvalidType for anything else.
        """
    def advance_ns(self, nanoseconds: _Count) -> None:
        """Moves the time forward by whole nanoseconds, to 100 years at most.

        Args:
            nanoseconds: An int of 0 or more.

        Raises:
            InvalidPolicy: negative or above 2**64 - 1; InvalidType for anything but an int.
        """
    @property
    def now_ns(self) -> int:
        """The time since the clock was made, in nanoseconds."""
    def __reduce__(self) -> NoReturn: ...

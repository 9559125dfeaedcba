"""The replay itself: every call decided by the engine, on virtual time. Only this file knows the engine.

Each recorded session becomes a session of its own, created when its first call is due and closed after its
last, so that the sessions an agent has open are those that it had open when the trace was recorded. After a
denial the session's later calls are still asked for, as a looping agent would. A session that may not be
created is not tried again: all its calls are denied for the reason of the refusal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any

from allotment import Denied, Enforcer, InvalidPolicy, Policy, Session
from allotment.cli.bounds import LONGEST_SESSION_S
from allotment.cli.errors import CommandError, OptionError, TraceError
from allotment.cli.printable import one_line
from allotment.cli.replay.limits import Limits
from allotment.cli.replay.timeline import Timeline
from allotment.cli.replay.verdicts import Stop, Verdicts
from allotment.cli.trace.calls import Call, Trace
from allotment.testing import ManualClock

_OWN_NAME = re.compile(r"^[^:]*: ")
_NO_LIMITS = {"calls": "unlimited", "time_limit": LONGEST_SESSION_S, "max_time_limit": LONGEST_SESSION_S}


def replay(trace: Trace, timeline: Timeline, limits: Limits, on_calls: Callable[[int], None]) -> Verdicts:
    """Decide every call of `timeline` under `limits`; `on_calls` is told how many more have been decided.

    Raises `CommandError` when a limit, or an agent's name in the trace, is not one that the engine takes.
    """
    sections = {"defaults": dict(_NO_LIMITS)} if limits.policy is None else _file_sections(limits.policy)
    return _Replay(trace, _policy(sections, limits), _settings(limits)).run(timeline, on_calls)


def replay_policy(
    trace: Trace, timeline: Timeline, sections: Mapping[str, Any], on_calls: Callable[[int], None]
) -> Verdicts:
    """Decide every call of `timeline` under the policy with these sections and nothing else."""
    return _Replay(trace, _policy(dict(sections), Limits()), _settings(Limits())).run(timeline, on_calls)


def _file_sections(path: str) -> dict[str, Any]:
    try:
        sections: dict[str, Any] = Policy.from_toml(path).to_dict()
    except InvalidPolicy as error:
        raise CommandError(one_line(str(error))) from None
    except OSError as error:
        raise TraceError(path, None, error.strerror or str(error)) from None
    return sections


def _policy(sections: dict[str, Any], limits: Limits) -> Policy:
    """The policy of `sections` with the options laid over it.

    An agent may have any number of sessions at once unless `sections` say otherwise.
    """
    defaults = sections.setdefault("defaults", {})
    for option, key, value in _default_options(limits):
        _check(option, {"defaults": {"max_time_limit": LONGEST_SESSION_S, key: value}})
        defaults[key] = value
        if key == "time_limit":
            defaults["max_time_limit"] = LONGEST_SESSION_S
    if limits.agent_rate is not None:
        _check("--agent-rate", {"agents": {"*": {"rate": limits.agent_rate}}})
    agents = sections.setdefault("agents", {})
    agents.setdefault("*", {})
    for agent in agents.values():
        agent.setdefault("max_sessions", "unlimited")
        if limits.agent_rate is not None:
            agent["rate"] = limits.agent_rate
    return Policy.from_dict(sections)


def _default_options(limits: Limits) -> list[tuple[str, str, Any]]:
    """The options that are defaults of a policy: option, key, value."""
    cost = None if limits.cost_usd is None else f"{limits.cost_usd:f}"
    time_limit = None if limits.time_limit is None else f"{limits.time_limit:f}s"
    options = [
        ("--calls", "calls", limits.calls),
        ("--tokens", "tokens", limits.tokens),
        ("--cost-usd", "cost_usd", cost),
        ("--rate", "rate", limits.rate),
        ("--time-limit", "time_limit", time_limit),
    ]
    return [option for option in options if option[2] is not None]


def _check(option: str, sections: Mapping[str, Any]) -> None:
    """Let the engine judge one option alone, so that its error names the option."""
    try:
        Policy.from_dict(dict(sections))
    except InvalidPolicy as error:
        raise OptionError(option, _OWN_NAME.sub("", str(error))) from None


def _settings(limits: Limits) -> dict[str, Any]:
    """What every session is created with, apart from its agent."""
    for tool in limits.per_tool:
        if limits.tools is not None and tool not in limits.tools:
            raise OptionError(
                "--per-tool", f"{tool}={limits.per_tool[tool]} caps a tool that --tools does not name"
            )
    named = ["*"] if limits.tools is None else limits.tools
    tools = {"tools": {**dict.fromkeys(named), **limits.per_tool}}
    intent = {} if limits.intent is None else {"intent": limits.intent}
    _try("--tools", {"tools": list(named)})
    _try("--per-tool", tools)
    _try("--intent", {"tools": [], **intent})
    return {**tools, **intent}


def _try(option: str, settings: Mapping[str, Any]) -> None:
    """Let the engine judge one option of a session alone."""
    try:
        Enforcer().create_session(agent="trial", **settings)
    except InvalidPolicy as error:
        raise OptionError(option, _OWN_NAME.sub("", str(error))) from None


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands for a session that could not be created."""

    reason: str
    detail: str
    retry_after: float | None


class _Replay:
    def __init__(self, trace: Trace, policy: Policy, settings: Mapping[str, Any]) -> None:
        self._trace, self._settings = trace, settings
        self._clock = ManualClock()
        self._enforcer = Enforcer(policy=policy, clock=self._clock, max_sessions=max(1, len(trace.sessions)))
        self._calls = Counter(call.session for call in trace.calls)
        self._done: Counter[int] = Counter()
        self._live: dict[int, Session | _Refused] = {}
        self._decisions = 0
        self._stops: dict[int, Stop] = {}
        self._seconds = 0.0

    def run(self, timeline: Timeline, on_calls: Callable[[int], None]) -> Verdicts:
        reasons = []
        now_ns = timeline.at_ns[0] if timeline.at_ns else 0
        for at_ns, call in timeline:
            if at_ns > now_ns:
                self._clock.advance_ns(at_ns - now_ns)
                now_ns = at_ns
            reasons.append(self._call(call))
            on_calls(1)
        return Verdicts(tuple(reasons), tuple(self._stops.values()), self._decisions, self._seconds)

    def _call(self, call: Call) -> str | None:
        """Decide one call, opening its session before its first and closing it after its last."""
        number = call.session
        session = self._live.get(number)
        if session is None:
            session = self._live[number] = self._open(number)
        self._done[number] += 1
        refusal = session if isinstance(session, _Refused) else self._decide(session, call)
        if refusal is not None and number not in self._stops:
            self._stops[number] = Stop(
                number,
                self._done[number],
                self._calls[number],
                call.tool,
                refusal.reason,
                refusal.detail,
                refusal.retry_after,
            )
        if self._done[number] == self._calls[number]:
            self._close(number, session)
        return None if refusal is None else refusal.reason

    def _open(self, number: int) -> Session | _Refused:
        recorded = self._trace.sessions[number]
        try:
            return self._enforcer.create_session(agent=recorded.agent, **self._settings)
        except Denied as denied:
            return _Refused(str(denied.reason), denied.detail, denied.retry_after)
        except InvalidPolicy as error:
            raise TraceError(recorded.file, recorded.line, str(error)) from None

    def _decide(self, session: Session, call: Call) -> _Refused | None:
        cost = Decimal(call.cost_nano_usd).scaleb(-9)
        began = perf_counter()
        decision = session.decide(call.tool, tokens=call.tokens, cost_usd=cost)
        self._seconds += perf_counter() - began
        self._decisions += 1
        if decision.allowed:
            return None
        return _Refused(str(decision.reason), decision.detail, decision.retry_after)

    def _close(self, number: int, session: Session | _Refused) -> None:
        del self._live[number]
        if isinstance(session, _Refused):
            return
        with suppress(Denied):  # it may have expired meanwhile
            session.close()

"""The replay itself: every call decided by the engine, on virtual time.

Each recorded session becomes a session of its own, created when its first call is due and closed after its
last, so that the sessions an agent has open are those that it had open when the trace was recorded. After a
denial the session's later calls are still asked for, as a looping agent would. A session that may not be
created is not tried again: all its calls are denied for the reason of the refusal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from allotment import Denied, Enforcer, InvalidPolicy, Policy, Session
from allotment.cli.errors import TraceError
from allotment.cli.replay.asking import Asking, Refused
from allotment.cli.replay.imposed import policy_of, sections_of, settings_of
from allotment.cli.replay.limits import Limits
from allotment.cli.replay.timeline import Timeline
from allotment.cli.replay.verdicts import Stop, Verdicts
from allotment.cli.trace.calls import Call, Trace
from allotment.testing import ManualClock


def replay(trace: Trace, timeline: Timeline, limits: Limits, on_calls: Callable[[int], None]) -> Verdicts:
    """Decide every call of `timeline` under `limits`; `on_calls` is told how many more have been decided.

    Raises `CommandError` when a limit, or an agent's name in the trace, is not one that the engine takes.
    """
    policy = policy_of(sections_of(limits), limits)
    return _Replay(trace, policy, settings_of(limits), limits.approve).run(timeline, on_calls)


def replay_policy(
    trace: Trace, timeline: Timeline, sections: Mapping[str, Any], on_calls: Callable[[int], None]
) -> Verdicts:
    """Decide every call of `timeline` under the policy with these sections and nothing else."""
    policy = policy_of(dict(sections), Limits())
    return _Replay(trace, policy, settings_of(Limits()), approves=False).run(timeline, on_calls)


class _Replay:
    def __init__(self, trace: Trace, policy: Policy, settings: Mapping[str, Any], approves: bool) -> None:
        self._trace, self._settings = trace, settings
        self._clock = ManualClock()
        self._enforcer = Enforcer(policy=policy, clock=self._clock, max_sessions=max(1, len(trace.sessions)))
        self._asking = Asking(self._enforcer, approves)
        self._calls = Counter(call.session for call in trace.calls)
        self._done: Counter[int] = Counter()
        self._live: dict[int, Session | Refused] = {}
        self._stops: dict[int, Stop] = {}

    def run(self, timeline: Timeline, on_calls: Callable[[int], None]) -> Verdicts:
        reasons = []
        now_ns = timeline.at_ns[0] if timeline.at_ns else 0
        for at_ns, call in timeline:
            if at_ns > now_ns:
                self._clock.advance_ns(at_ns - now_ns)
                now_ns = at_ns
            reasons.append(self._call(call))
            on_calls(1)
        asked = self._asking
        stops = tuple(self._stops.values())
        return Verdicts(tuple(reasons), stops, asked.decisions, asked.seconds, asked.noted())

    def _call(self, call: Call) -> str | None:
        """Decide one call, opening its session before its first and closing it after its last."""
        number = call.session
        session = self._live.get(number)
        if session is None:
            session = self._live[number] = self._open(number)
        self._done[number] += 1
        refusal = session if isinstance(session, Refused) else self._asking.ask(session, call)
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

    def _open(self, number: int) -> Session | Refused:
        recorded = self._trace.sessions[number]
        declared = {
            "intent": recorded.intent,
            "tenant": recorded.tenant,
            "sensitivity": recorded.sensitivity,
        }
        said = {name: value for name, value in declared.items() if value is not None}
        try:
            return self._enforcer.create_session(agent=recorded.agent, **{**said, **self._settings})
        except Denied as denied:
            return Refused.by(denied)
        except InvalidPolicy as error:
            raise TraceError(recorded.file, recorded.line, str(error)) from None

    def _close(self, number: int, session: Session | Refused) -> None:
        del self._live[number]
        if isinstance(session, Refused):
            return
        with suppress(Denied):  # it may have expired meanwhile
            session.close()

"""What each session used, measured on the trace as recorded: the numbers that limits are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allotment.cli.figures.tightest_rate import WINDOW_NS, tightest_per_minute
from allotment.cli.replay.timeline import Timeline
from allotment.cli.trace.calls import Session, Trace


@dataclass(frozen=True, slots=True)
class Measure:
    """One session's use. `duration_ns` is from its first call to its last, in virtual nanoseconds.

    `peak_per_minute` is the most calls in any 60 seconds, and `tightest_per_minute` the smallest rate per
    minute that admits all of them; both are 0 for a session without recorded times.
    """

    timed: bool
    calls: int
    tokens: int
    cost_nano_usd: int
    duration_ns: int
    peak_per_minute: int
    tightest_per_minute: int
    tools: Mapping[str, int]


def measure(trace: Trace, timeline: Timeline) -> tuple[Measure, ...]:
    """The measures of all sessions of `trace`, in its order."""
    times: list[list[int]] = [[] for _ in trace.sessions]
    tools: list[Counter[str]] = [Counter() for _ in trace.sessions]
    tokens, cost = [0] * len(trace.sessions), [0] * len(trace.sessions)
    for at_ns, call in timeline:
        times[call.session].append(at_ns)
        tools[call.session][call.tool] += 1
        tokens[call.session] += call.tokens
        cost[call.session] += call.cost_nano_usd
    used = zip(trace.sessions, times, tokens, cost, tools, strict=True)
    return tuple(_of_session(*session) for session in used)


def peak_concurrency(trace: Trace, timeline: Timeline) -> int:
    """The most sessions that one agent had open at once, each from its first call to its last.

    Sessions without recorded times do not count.
    """
    left = Counter(call.session for call in timeline.calls)
    started: set[int] = set()
    opened: Counter[str] = Counter()
    peak = 0
    for call in timeline.calls:
        session = trace.sessions[call.session]
        if not session.timed:
            continue
        if call.session not in started:
            started.add(call.session)
            opened[session.agent] += 1
            peak = max(peak, opened[session.agent])
        left[call.session] -= 1
        if not left[call.session]:
            opened[session.agent] -= 1
    return peak


def _of_session(
    session: Session, at_ns: Sequence[int], tokens: int, cost: int, tools: Mapping[str, int]
) -> Measure:
    timed = session.timed
    return Measure(
        timed=timed,
        calls=len(at_ns),
        tokens=tokens,
        cost_nano_usd=cost,
        duration_ns=at_ns[-1] - at_ns[0] if at_ns else 0,
        peak_per_minute=_peak(at_ns) if timed else 0,
        tightest_per_minute=tightest_per_minute(at_ns) if timed else 0,
        tools=tools,
    )


def _peak(at_ns: Sequence[int]) -> int:
    """The most calls in any half-open window of 60 seconds."""
    peak = first = 0
    for last, now in enumerate(at_ns):
        while now - at_ns[first] >= WINDOW_NS:
            first += 1
        peak = max(peak, last - first + 1)
    return peak

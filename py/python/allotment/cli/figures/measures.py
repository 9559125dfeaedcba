"""What each session used, measured on the trace as recorded: the numbers that limits are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from allotment.cli.figures.tightest_rate import WINDOW_NS, tightest_per_minute
from allotment.cli.replay.timeline import Timeline
from allotment.cli.trace.calls import Call, Session, Trace


@dataclass(frozen=True, slots=True)
class Measure:
    """One session's use. `calls` are those of tools; tokens and cost are of its models, too.

    `duration_ns` is from its first call to its last, of a tool or a model, in virtual nanoseconds.
    `peak_per_minute` is the most tool calls in any 60 seconds, and `tightest_per_minute` the smallest rate
    per minute that admits all of them; both are 0 for a session without recorded times. `longest_row` is how
    many calls of one tool with the same arguments followed one another; 0 where no arguments are recorded.
    """

    timed: bool
    calls: int
    tokens: int
    cost_nano_usd: int
    duration_ns: int
    peak_per_minute: int
    tightest_per_minute: int
    tools: Mapping[str, int]
    longest_row: int = 0


def measure(trace: Trace, timeline: Timeline) -> tuple[Measure, ...]:
    """The measures of all sessions of `trace`, in its order."""
    calls: list[list[tuple[int, Call]]] = [[] for _ in trace.sessions]
    for at_ns, call in timeline:
        calls[call.session].append((at_ns, call))
    return tuple(_of_session(*session) for session in zip(trace.sessions, calls, strict=True))


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


def _of_session(session: Session, calls: Sequence[tuple[int, Call]]) -> Measure:
    at_ns = [at for at, call in calls if call.tool is not None]
    return Measure(
        timed=session.timed,
        calls=len(at_ns),
        tokens=sum(call.tokens for _, call in calls),
        cost_nano_usd=sum(call.cost_nano_usd for _, call in calls),
        duration_ns=calls[-1][0] - calls[0][0] if calls else 0,
        peak_per_minute=_peak(at_ns) if session.timed else 0,
        tightest_per_minute=tightest_per_minute(at_ns) if session.timed else 0,
        tools=Counter(call.tool for _, call in calls if call.tool is not None),
        longest_row=_longest_row(call for _, call in calls),
    )


def _longest_row(calls: Iterable[Call]) -> int:
    """As the engine counts: a call without arguments breaks a row, a model call is no part of any."""
    longest = row = 0
    before = None
    for call in calls:
        if call.tool is None:
            continue
        same = None if call.arguments is None else (call.tool, call.arguments)
        row = 0 if same is None else row + 1 if same == before else 1
        before, longest = same, max(longest, row)
    return longest


def _peak(at_ns: Sequence[int]) -> int:
    """The most calls in any half-open window of 60 seconds."""
    peak = first = 0
    for last, now in enumerate(at_ns):
        while now - at_ns[first] >= WINDOW_NS:
            first += 1
        peak = max(peak, last - first + 1)
    return peak

"""Virtual time: the order in which the calls of all sessions are replayed, and when.

Calls with recorded times are merged by time; calls of the same instant keep the order of the files, so limits
that several sessions share meet the load as it was. Sessions without times follow one after another, their
tool calls a fixed time apart; a model call among them takes no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allotment.cli.bounds import LONGEST_CLOCK_S
from allotment.cli.errors import OptionError
from allotment.cli.trace.calls import NANOS_PER_SECOND, Call, Trace

MAX_SPAN_NS = LONGEST_CLOCK_S * NANOS_PER_SECOND
"""How long a replay may take in virtual time, in nanoseconds: 100 years, the most that the engine counts."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The calls of a trace in the order of replay; `calls[i]` is made at `at_ns[i]`, ascending."""

    calls: tuple[Call, ...]
    at_ns: tuple[int, ...]

    def __iter__(self) -> Iterator[tuple[int, Call]]:
        """Each call with its time."""
        return zip(self.at_ns, self.calls, strict=True)


def schedule(trace: Trace, step_ns: int) -> Timeline:
    """Order `trace`; tool calls without times stand `step_ns` nanoseconds apart, after all that have times.

    Raises `OptionError` for ``--seconds-per-call`` when that makes the whole take more than `MAX_SPAN_NS`.
    """
    timed = [(call.ts_ns, call) for call in trace.calls if call.ts_ns is not None]
    timed.sort(key=lambda entry: entry[0])
    calls, at_ns = [call for _, call in timed], [ts_ns for ts_ns, _ in timed]
    untimed = [call for call in trace.calls if call.ts_ns is None]
    start = at_ns[-1] + step_ns if at_ns else 0
    calls += untimed
    now_ns, next_ns = start, start
    for call in untimed:
        if call.tool is not None:
            now_ns, next_ns = next_ns, next_ns + step_ns
        at_ns.append(now_ns)
    if untimed and at_ns[-1] - at_ns[0] > MAX_SPAN_NS:
        raise OptionError(
            "--seconds-per-call", f"{step_ns / 1e9:g} makes the replay span more than 100 years"
        )
    return Timeline(tuple(calls), tuple(at_ns))

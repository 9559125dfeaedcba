"""The limits that would have let 99 % of the sessions through, as a policy file.

Taking every quantity's own 99th percentile would stop up to 1 % of the sessions for each quantity. So the
sessions to leave out are chosen once, for all quantities together: of `n` sessions the `n // 100` that lie
farthest above the percentiles (nearest-rank). Each limit is then the most that any of the others used, and
those others, at least 99 %, pass all limits at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allotment.cli.bounds import (
    DEFAULT_MAX_SESSIONS,
    DEFAULT_TIME_LIMIT_S,
    LONGEST_SESSION_S,
    MAX_COST_NANO_USD,
    MAX_COUNT,
    MAX_NAME_BYTES,
    MAX_REPETITIONS,
    MAX_TIME_LIMIT_S,
)
from allotment.cli.figures.distribution import nearest_rank
from allotment.cli.figures.measures import Measure, peak_concurrency
from allotment.cli.figures.quantities import dollars
from allotment.cli.replay.timeline import Timeline
from allotment.cli.trace.calls import Trace

PERCENT = 99

_TOOL_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}", re.ASCII)
_QUANTITIES: tuple[Callable[[Measure], int], ...] = (
    lambda measure: measure.calls,
    lambda measure: measure.tokens,
    lambda measure: measure.cost_nano_usd,
    lambda measure: measure.duration_ns,
    lambda measure: measure.tightest_per_minute,
    lambda measure: measure.longest_row,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Limits that `kept` of `sessions` sessions meet. None: nothing was recorded to set that limit by.

    `time_limit_s` is in whole seconds, `cost_nano_usd` in nano-dollars, `rate_per_minute` in calls. `timed`
    tells whether `time_limit_s` comes from recorded times. `tools` are the most calls of each tool in one of
    those sessions. `repetitions` is one more than the longest row of equal calls; a limit at the very row
    would stop an agent that tries once more than any did. `any_tool_name`: they call tools whose names need
    it.
    """

    kept: int
    sessions: int
    calls: int
    tokens: int | None
    cost_nano_usd: int | None
    rate_per_minute: int | None
    time_limit_s: int
    timed: bool
    max_sessions: int | None
    tools: Mapping[str, int]
    repetitions: int | None = None
    any_tool_name: bool = False

    def policy(self) -> dict[str, Any]:
        """As the sections of a policy."""
        defaults: dict[str, Any] = {"calls": self.calls, "time_limit": self.time_limit_s}
        if self.time_limit_s > MAX_TIME_LIMIT_S:
            defaults["max_time_limit"] = self.time_limit_s
        if self.rate_per_minute is not None:
            defaults["rate"] = f"{self.rate_per_minute}/min"
        if self.tokens is not None:
            defaults["tokens"] = self.tokens
        if self.cost_nano_usd is not None:
            defaults["cost_usd"] = dollars(self.cost_nano_usd)
        if self.any_tool_name:
            defaults["any_tool_name"] = True
        sections: dict[str, Any] = {"defaults": defaults}
        if self.repetitions is not None:
            sections["execution"] = {"repetitions": self.repetitions}
        if self.max_sessions is not None:
            sections["agents"] = {"*": {"max_sessions": self.max_sessions}}
        return sections


def suggest(trace: Trace, timeline: Timeline, measures: Sequence[Measure]) -> Suggestion:
    """The suggestion for a trace that has at least one tool call."""
    kept = _kept(measures)
    tools: Counter[str] = Counter()
    for measure in kept:
        tools |= Counter(measure.tools)
    timed = all(measure.timed for measure in measures if measure.calls)
    longest_s = min(max(measure.duration_ns for measure in kept) // 1_000_000_000 + 1, LONGEST_SESSION_S)
    peak = peak_concurrency(trace, timeline)
    longest_row = max(measure.longest_row for measure in kept)
    return Suggestion(
        kept=len(kept),
        sessions=len(measures),
        calls=max(1, max(measure.calls for measure in kept)),
        tokens=min(max(measure.tokens for measure in kept), MAX_COUNT) or None,
        cost_nano_usd=min(max(measure.cost_nano_usd for measure in kept), MAX_COST_NANO_USD) or None,
        rate_per_minute=max(1, max(measure.tightest_per_minute for measure in kept)) if timed else None,
        time_limit_s=longest_s if timed else max(longest_s, DEFAULT_TIME_LIMIT_S),
        timed=timed,
        max_sessions=peak if peak > DEFAULT_MAX_SESSIONS else None,
        tools={tool: tools[tool] for tool in sorted(tools) if _TOOL_NAME.fullmatch(tool)},
        repetitions=longest_row + 1 if 0 < longest_row < MAX_REPETITIONS else None,
        any_tool_name=any(_is_open_name(tool) for tool in tools),
    )


def _is_open_name(tool: str) -> bool:
    """Whether it names a tool only where a policy says `any_tool_name`."""
    fits = tool.isprintable() and len(tool.encode()) <= MAX_NAME_BYTES
    return fits and not _TOOL_NAME.fullmatch(tool)


def _kept(measures: Sequence[Measure]) -> list[Measure]:
    """All but the `n // 100` sessions that exceed the percentiles most."""
    bounds = [nearest_rank(sorted(map(quantity, measures)), PERCENT) for quantity in _QUANTITIES]

    def excess(measure: Measure) -> float:
        return max(
            _ratio(quantity(measure), bound) for quantity, bound in zip(_QUANTITIES, bounds, strict=True)
        )

    order = sorted(range(len(measures)), key=lambda number: excess(measures[number]), reverse=True)
    outside = {number for number in order[: len(measures) // 100] if excess(measures[number]) > 1}
    return [measure for number, measure in enumerate(measures) if number not in outside]


def _ratio(value: int, bound: int) -> float:
    if not bound:
        return float("inf") if value else 0.0
    return value / bound

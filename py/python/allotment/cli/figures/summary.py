"""What the replay's verdicts add up to: per tool, per session, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from allotment.cli.replay.timeline import Timeline
from allotment.cli.replay.verdicts import Stop, Verdicts
from allotment.cli.trace.calls import Trace


@dataclass(frozen=True, slots=True)
class ToolSummary:
    """The calls of one tool; `denied` counts its denied calls by reason."""

    tool: str
    calls: int
    allowed: int
    denied: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole replay. A session is stopped at its first denial; `stops` are in the order of the replay."""

    sessions: int
    calls: int
    allowed: int
    denied: Mapping[str, int]
    tools: tuple[ToolSummary, ...]
    stops: tuple[Stop, ...]
    decisions: int
    seconds: float

    @property
    def decisions_per_second(self) -> float | None:
        """Decisions per second of deciding; None when there were none."""
        return self.decisions / self.seconds if self.decisions and self.seconds else None


def summarise(trace: Trace, timeline: Timeline, verdicts: Verdicts) -> Summary:
    """Add up `verdicts`, which are in the order of `timeline`. Tools: most called first, then by name."""
    calls = Counter(call.tool for call in timeline.calls)
    denied: dict[str, Counter[str]] = {tool: Counter() for tool in calls}
    for call, reason in zip(timeline.calls, verdicts.reasons, strict=True):
        if reason is not None:
            denied[call.tool][reason] += 1
    tools = tuple(
        ToolSummary(tool, calls[tool], calls[tool] - denied[tool].total(), _by_count(denied[tool]))
        for tool in sorted(calls, key=lambda tool: (-calls[tool], tool))
    )
    reasons = sum(denied.values(), Counter())
    return Summary(
        sessions=len(trace.sessions),
        calls=len(timeline.calls),
        allowed=len(timeline.calls) - reasons.total(),
        denied=_by_count(reasons),
        tools=tools,
        stops=verdicts.stops,
        decisions=verdicts.decisions,
        seconds=verdicts.seconds,
    )


def _by_count(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, then by name, so that the same replay always reads the same."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

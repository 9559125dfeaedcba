"""What the replay's verdicts add up to: per tool, per session, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from allotment.cli.replay.timeline import Timeline
from allotment.cli.replay.verdicts import Noted, Stop, Verdicts
from allotment.cli.trace.calls import Trace


@dataclass(frozen=True, slots=True)
class ToolSummary:
    """The calls of one tool; `denied` counts its denied calls by reason."""

    tool: str
    calls: int
    allowed: int
    denied: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """The calls of models, and all tokens of the trace, with those of each kind; `other` have none."""

    calls: int
    denied: Mapping[str, int]
    tokens: int
    input: int
    output: int
    cached: int

    @property
    def other(self) -> int:
        """Tokens of which no kind is recorded."""
        return self.tokens - self.input - self.output - self.cached


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole replay. `calls` are those of tools, `models` has the others.

    A session is stopped at its first denial; `stops` are in the order of the replay.
    """

    sessions: int
    calls: int
    allowed: int
    denied: Mapping[str, int]
    tools: tuple[ToolSummary, ...]
    stops: tuple[Stop, ...]
    decisions: int
    seconds: float
    models: ModelSummary
    noted: Noted

    @property
    def decisions_per_second(self) -> float | None:
        """Decisions per second of deciding; None when there were none."""
        return self.decisions / self.seconds if self.decisions and self.seconds else None


def summarise(trace: Trace, timeline: Timeline, verdicts: Verdicts) -> Summary:
    """Add up `verdicts`, which are in the order of `timeline`. Tools: most called first, then by name."""
    calls: Counter[str] = Counter()
    denied: dict[str, Counter[str]] = {}
    of_models: Counter[str] = Counter()
    for call, reason in zip(timeline.calls, verdicts.reasons, strict=True):
        if call.tool is not None:
            calls[call.tool] += 1
        if reason is not None:
            (of_models if call.tool is None else denied.setdefault(call.tool, Counter()))[reason] += 1
    for tool in calls:
        denied.setdefault(tool, Counter())
    tools = tuple(
        ToolSummary(tool, calls[tool], calls[tool] - denied[tool].total(), by_count(denied[tool]))
        for tool in sorted(calls, key=lambda tool: (-calls[tool], tool))
    )
    reasons = sum(denied.values(), Counter())
    return Summary(
        sessions=len(trace.sessions),
        calls=calls.total(),
        allowed=calls.total() - reasons.total(),
        denied=by_count(reasons),
        tools=tools,
        stops=verdicts.stops,
        decisions=verdicts.decisions,
        seconds=verdicts.seconds,
        models=ModelSummary(
            calls=len(timeline.calls) - calls.total(),
            denied=by_count(of_models),
            tokens=sum(call.tokens for call in timeline.calls),
            input=sum(call.kinds.input for call in timeline.calls),
            output=sum(call.kinds.output for call in timeline.calls),
            cached=sum(call.kinds.cached for call in timeline.calls),
        ),
        noted=verdicts.noted,
    )


def by_count(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, then by name, so that the same replay always reads the same."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

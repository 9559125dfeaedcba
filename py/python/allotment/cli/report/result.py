"""Everything a report may show of one replay."""

from __future__ import annotations

from dataclasses import dataclass

from allotment.cli.figures.spread import Spread
from allotment.cli.figures.summary import Summary
from allotment.cli.replay.limits import Limits
from allotment.cli.suggest.suggestion import Suggestion
from allotment.cli.trace.calls import Trace


@dataclass(frozen=True, slots=True)
class Result:
    """A replay of `trace` under `limits`. `suggestion` is None for a trace without calls."""

    trace: Trace
    limits: Limits
    summary: Summary
    spread: Spread
    suggestion: Suggestion | None

"""The distributions over sessions that a report shows, each None where the trace records nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allotment.cli.figures.distribution import Distribution, distribution
from allotment.cli.figures.measures import Measure


@dataclass(frozen=True, slots=True)
class Spread:
    """Per session: calls, tokens and cost over all sessions; time and peak over those with recorded times."""

    calls: Distribution | None
    tokens: Distribution | None
    cost_nano_usd: Distribution | None
    duration_ns: Distribution | None
    peak_per_minute: Distribution | None


def spread_of(measures: Sequence[Measure]) -> Spread:
    """The distributions of `measures`."""
    timed = [measure for measure in measures if measure.timed]
    return Spread(
        calls=distribution(measure.calls for measure in measures),
        tokens=_if_recorded(measure.tokens for measure in measures),
        cost_nano_usd=_if_recorded(measure.cost_nano_usd for measure in measures),
        duration_ns=distribution(measure.duration_ns for measure in timed),
        peak_per_minute=distribution(measure.peak_per_minute for measure in timed),
    )


def _if_recorded(values: Iterable[int]) -> Distribution | None:
    found = distribution(values)
    return found if found is not None and found.max else None

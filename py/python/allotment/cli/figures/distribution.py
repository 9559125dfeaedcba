"""How a quantity is spread: nearest-rank percentiles, so each is a value that really occurred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """Percentiles and maximum over `count` sessions, in the unit of the values."""

    count: int
    p50: int
    p95: int
    p99: int
    max: int


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """The smallest of `ordered` (ascending, not empty) that at least `percent` % of them do not exceed."""
    return ordered[max(1, -(-len(ordered) * percent // 100)) - 1]


def distribution(values: Iterable[int]) -> Distribution | None:
    """The distribution of `values`; None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95, p99 = (nearest_rank(ordered, percent) for percent in (50, 95, 99))
    return Distribution(len(ordered), p50, p95, p99, ordered[-1])

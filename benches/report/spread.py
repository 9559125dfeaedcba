"""Medians and quartiles of what was measured in rounds, and ratios that are taken round by round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it, by the same rule as ``benches/src/pairs.rs``."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread:
        """Of all ``figures``; the figure itself where there is one.

        Raises:
            ValueError: where there is none.
        """
        ordered = sorted(figures)
        if not ordered:
            raise ValueError("no figures, so no median")
        low, median, high = (ordered[(len(ordered) - 1) * quarter // 4] for quarter in (1, 2, 3))
        return cls(low, median, high)

    @property
    def relative(self) -> float:
        """How far the quartiles are apart, as a part of the median."""
        return (self.high - self.low) / self.median


def quotients(over: Sequence[float], under: Sequence[float]) -> Spread:
    """``over`` ÷ ``under`` in each round, of which the spread: never the quotient of two medians.

    Raises:
        ValueError: where the two have not the same rounds.
    """
    if len(over) != len(under):
        raise ValueError(f"{len(over)} rounds over {len(under)}: no ratio can be taken round by round")
    return Spread.of(above / below for above, below in zip(over, under, strict=True))

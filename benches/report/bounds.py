"""What the numbers must be (``bounds.toml``), and whether they are. The verdict is the median's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import tomli

from report.markdown import TIMES
from report.reading import Growth, Measurements, ReadingError
from report.spread import Spread, quotients

MIB = 1024 * 1024


class Verdict(Enum):
    """Whether a bound holds; what was not measured is not met either, but says so."""

    MET = "met"
    NOT_MET = "not met"
    NOT_MEASURED = "not measured"


class Figure(Protocol):
    """How the figure that a bound is about is formed."""

    def of(self, measured: Measurements) -> Spread | None:
        """The figure, or None where something that it needs was not measured."""


@dataclass(frozen=True)
class SubjectRatio:
    """Two subjects of one file, as a quotient of times or of throughputs."""

    file: str
    over: str
    under: str
    throughput: bool
    floor: str | None = None

    def of(self, measured: Measurements) -> Spread | None:
        """The quotient, taken round by round."""
        return self._ratio(self.over, self.under, measured)

    def at_best(self, measured: Measurements) -> Spread | None:
        """The same with the floor in the place of what is measured, where the bound names one."""
        if self.floor is None:
            return None
        ours, peer = (self.over, self.under) if self.throughput else (self.under, self.over)
        over, under = (self.floor, peer) if ours == self.over else (peer, self.floor)
        return self._ratio(over, under, measured)

    def _ratio(self, over: str, under: str, measured: Measurements) -> Spread | None:
        run = measured.runs.get(self.file)
        return run.ratio(over, under, throughput=self.throughput) if run else None


@dataclass(frozen=True)
class At:
    """A measured point of growth: a number, or the smallest or largest of its kind."""

    what: str
    x: float | str

    def find(self, points: Sequence[Growth]) -> Growth | None:
        """The point, where it was measured."""
        mine = sorted((point for point in points if point.what == self.what), key=lambda point: point.x)
        if isinstance(self.x, str):
            ends = {"smallest": mine[:1], "largest": mine[-1:]}
            if self.x not in ends:
                raise ReadingError(f"bounds.toml: x is {self.x!r}, neither a number nor smallest or largest")
            return next(iter(ends[self.x]), None)
        return next((point for point in mine if point.x == self.x), None)


@dataclass(frozen=True)
class GrowthRatio:
    """How many times longer one size takes than another."""

    over: At
    under: At

    def of(self, measured: Measurements) -> Spread | None:
        """The quotient, round by round."""
        over, under = self.over.find(measured.growth), self.under.find(measured.growth)
        if over is None or under is None or over == under:
            return None
        try:
            return quotients(over.ns, under.ns)
        except ValueError as error:
            raise ReadingError(f"growth.json: {over.what} at {over.x:g} ÷ at {under.x:g}: {error}") from error


@dataclass(frozen=True)
class MemoryFigure:
    """What sessions occupy."""

    what: str
    sessions: int
    key: str
    unit: str

    def of(self, measured: Measurements) -> Spread | None:
        """The figure in ``unit``, of which there is one."""
        found = [m for m in measured.memory if m.what == self.what and m.sessions == self.sessions]
        return (
            Spread.of(getattr(m, self.key) / (MIB if self.unit == "MiB" else 1) for m in found)
            if found
            else None
        )


@dataclass(frozen=True)
class Bound:
    """One row of what the numbers must be."""

    work: str
    text: str
    figure: Figure
    at_most: float | None
    at_least: float | None
    unit: str

    def judge(self, measured: Measurements) -> Outcome:
        """The figure and the verdict on its median."""
        spread = self.figure.of(measured)
        at_best = self.figure.at_best(measured) if isinstance(self.figure, SubjectRatio) else None
        if spread is None:
            return Outcome(self, None, Verdict.NOT_MEASURED)
        too_much = self.at_most is not None and not spread.median <= self.at_most
        too_little = self.at_least is not None and not spread.median >= self.at_least
        return Outcome(self, spread, Verdict.NOT_MET if too_much or too_little else Verdict.MET, at_best)


@dataclass(frozen=True)
class Outcome:
    """A bound, what was measured, and what that means."""

    bound: Bound
    spread: Spread | None
    verdict: Verdict
    at_best: Spread | None = None

    @property
    def close(self) -> bool:
        """Whether the quartiles are on both sides of the bound, so that the next run may say otherwise."""
        limit = self.bound.at_least if self.bound.at_most is None else self.bound.at_most
        return self.spread is not None and limit is not None and self.spread.low < limit < self.spread.high


def read_bounds(path: Path) -> list[Bound]:
    """The bounds of a file.

    Raises:
        ReadingError: where a bound is not whole.
    """
    rows = tomli.loads(path.read_text(encoding="utf-8"))["bound"]
    return [_bound(row) for row in rows]


def _bound(row: Mapping[str, Any]) -> Bound:
    try:
        at_most, at_least = row.get("at_most"), row.get("at_least")
        if (at_most is None) == (at_least is None):
            raise ReadingError(f"bounds.toml: {row['work']}: one of at_most and at_least")
        return Bound(row["work"], row["text"], _figure(row), at_most, at_least, row.get("unit", TIMES))
    except KeyError as error:
        raise ReadingError(f"bounds.toml: {row.get('work', row)}: no {error}") from error


def _figure(row: Mapping[str, Any]) -> Figure:
    form = row["form"]
    if form in ("time", "throughput"):
        return SubjectRatio(row["file"], row["over"], row["under"], form == "throughput", row.get("floor"))
    if form == "growth":
        return GrowthRatio(At(**row["over"]), At(**row["under"]))
    if form == "memory":
        return MemoryFigure(row["what"], row["sessions"], row["key"], row["unit"])
    raise ReadingError(f"bounds.toml: {row['work']}: form is {form!r}")

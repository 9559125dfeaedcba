"""What the measuring programs wrote to ``target/bench/``, checked and typed.

A file that is not there is not an error: then the report says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from report.spread import Spread, quotients

RUNS = ("rust", "peers", "python", "python_free_threaded")
"""The files of subjects that were timed in turn."""

T = TypeVar("T")


class ReadingError(Exception):
    """A file that does not hold what it should; names the file, the entry and the value."""


@dataclass(frozen=True)
class Subject:
    """What was timed: nanoseconds for doing it once in each of ``threads``, one figure a round."""

    name: str
    threads: int
    ns: tuple[float, ...]

    @property
    def time(self) -> Spread:
        """Nanoseconds for doing it once, in each thread while all run."""
        return Spread.of(self.ns)

    @property
    def per_ns(self) -> tuple[float, ...]:
        """How many times all threads together did it in a nanosecond, one figure a round."""
        return tuple(self.threads / ns for ns in self.ns)


@dataclass(frozen=True)
class Run:
    """All subjects of one file. They were timed in the same rounds, so only their ratios are taken."""

    file: str
    subjects: Mapping[str, Subject]

    def ratio(self, over: str, under: str, *, throughput: bool = False) -> Spread | None:
        """The time of ``over`` ÷ that of ``under``, or throughput ÷ throughput; None where one is missing.

        Raises:
            ReadingError: where the two have not the same rounds.
        """
        pair = self.subjects.get(over), self.subjects.get(under)
        if pair[0] is None or pair[1] is None:
            return None
        figures = [subject.per_ns if throughput else subject.ns for subject in pair if subject]
        try:
            return quotients(*figures)
        except ValueError as error:
            raise ReadingError(f"{self.file}.json: {over} ÷ {under}: {error}") from error


@dataclass(frozen=True)
class Growth:
    """How long ``what`` took at size ``x``, in nanoseconds."""

    what: str
    x: float
    ns: tuple[float, ...]

    @property
    def time(self) -> Spread:
        """Nanoseconds, of all rounds."""
        return Spread.of(self.ns)


@dataclass(frozen=True)
class Memory:
    """What the sessions of one case occupy."""

    what: str
    sessions: int
    heap_bytes_per_session: float
    resident_bytes: int


@dataclass(frozen=True)
class Overshoot:
    """How many calls a system admitted where ``limit`` was allowed."""

    system: str
    what: str
    limit: int
    admitted: int


@dataclass(frozen=True)
class Measurements:
    """Everything that was measured; what was not is missing or empty."""

    runs: Mapping[str, Run] = field(default_factory=dict)
    growth: tuple[Growth, ...] = ()
    memory: tuple[Memory, ...] = ()
    overshoot: tuple[Overshoot, ...] = ()
    instructions: Mapping[str, float] = field(default_factory=dict)


def read(folder: Path) -> Measurements:
    """Read whatever there is in ``folder``.

    Raises:
        ReadingError: where a file is not what the measuring programs write.
    """
    runs = {}
    for name in RUNS:
        content = _load(folder / f"{name}.json")
        if content is None:
            continue
        entries = _entries(name, _get(f"{name}.json", content, "subjects"))
        subjects = [
            Subject(_text(at, entry, "name"), _count(at, entry, "threads"), _times(at, entry))
            for at, entry in entries
        ]
        runs[name] = Run(name, {subject.name: subject for subject in subjects})
    counted = _load(folder / "instructions.json") or {}
    return Measurements(
        runs,
        _list(
            folder, "growth", lambda at, e: Growth(_text(at, e, "what"), _number(at, e, "x"), _times(at, e))
        ),
        _list(folder, "memory", _memory),
        _list(folder, "overshoot", _overshoot),
        {case: _number("instructions.json", counted, case) for case in counted},
    )


def _memory(at: str, entry: Mapping[str, Any]) -> Memory:
    heap = _number(at, entry, "heap_bytes_per_session")
    return Memory(
        _text(at, entry, "what"), _count(at, entry, "sessions"), heap, _count(at, entry, "resident_bytes")
    )


def _overshoot(at: str, entry: Mapping[str, Any]) -> Overshoot:
    limit, admitted = _count(at, entry, "limit"), _count(at, entry, "admitted")
    return Overshoot(_text(at, entry, "system"), _text(at, entry, "what"), limit, admitted)


def _load(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ReadingError(f"{path.name}: not JSON: {error}") from error


def _list(folder: Path, name: str, of: Callable[[str, Mapping[str, Any]], T]) -> tuple[T, ...]:
    content = _load(folder / f"{name}.json")
    return () if content is None else tuple(of(at, entry) for at, entry in _entries(name, content))


def _entries(name: str, content: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ReadingError(f"{name}.json: not a list of objects")
    for nth, entry in enumerate(content):
        yield f"{name}.json: entry {nth} ({entry.get('name') or entry.get('what') or '?'})", entry


def _get(at: str, entry: object, key: str) -> Any:  # noqa: ANN401 - checked by the callers
    if not isinstance(entry, dict) or key not in entry:
        raise ReadingError(f"{at}: no {key!r}")
    return entry[key]


def _text(at: str, entry: Mapping[str, Any], key: str) -> str:
    value = _get(at, entry, key)
    if not isinstance(value, str) or not value:
        raise ReadingError(f"{at}: {key!r} is {value!r}, not a text")
    return value


def _number(at: str, entry: Mapping[str, Any], key: str) -> float:
    value = _get(at, entry, key)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not (math.isfinite(value) and value >= 0)
    ):
        raise ReadingError(f"{at}: {key!r} is {value!r}, not a number from 0")
    return float(value)


def _count(at: str, entry: Mapping[str, Any], key: str) -> int:
    value = _number(at, entry, key)
    if value != int(value):
        raise ReadingError(f"{at}: {key!r} is {value!r}, not a whole number")
    return int(value)


def _times(at: str, entry: Mapping[str, Any]) -> tuple[float, ...]:
    values = _get(at, entry, "ns")
    if not isinstance(values, list) or not values:
        raise ReadingError(f"{at}: 'ns' is {values!r}, not a list of figures")
    times = tuple(_number(at, {"ns": value}, "ns") for value in values)
    if min(times) <= 0:
        raise ReadingError(f"{at}: 'ns' has {min(times)!r}: nothing takes no time")
    return times

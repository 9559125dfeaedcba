"""Times subjects in turn, round after round, so that a ratio is of the same moment.

See benches/src/pairs.rs, which does the same in Rust and writes the same JSON.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from subject import Subject

SLICE_NS = 5_000_000
"""How long one subject is timed in one round."""


@dataclass
class Measured:
    """What was measured of one subject."""

    name: str
    threads: int
    ns: list[float] = field(default_factory=list)
    """For doing it once, in each thread at the same time; one figure a round."""


@dataclass
class Run:
    """All subjects of one process, measured in the same rounds."""

    subjects: list[Measured]

    def ratio(self, over: str, under: str) -> Quartiles:
        """The quartiles of `over` / `under`, taken round by round."""
        both = zip(self._get(over).ns, self._get(under).ns, strict=True)
        return Quartiles.of(over / under for over, under in both)

    def write(self, path: Path) -> None:
        """Write it as JSON, for the report."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def print(self, floor: str, product: str) -> None:
        """Print each subject's time, over that of `floor` and over that of `product`."""
        for subject in self.subjects:
            threads = f" ({subject.threads} threads)" if subject.threads > 1 else ""
            ns = Quartiles.of(subject.ns)
            ratios = "   ".join(
                f"{self.ratio(subject.name, other)} x {other}"
                for other in (floor, product)
                if self._has(other)
            )
            print(f"{subject.name + threads:<46} {ns!s:>30} ns   {ratios}")

    def _has(self, name: str) -> bool:
        return any(subject.name == name for subject in self.subjects)

    def _get(self, name: str) -> Measured:
        return next(subject for subject in self.subjects if subject.name == name)


@dataclass(frozen=True)
class Quartiles:
    """A median and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Quartiles:
        """Of all `figures`, of which there is one at least."""
        ranked = sorted(figures)
        low, median, high = (ranked[(len(ranked) - 1) * quarter // 4] for quarter in (1, 2, 3))
        return cls(low, median, high)

    def __str__(self) -> str:
        """Say `14.20 [14.10 14.90]`."""
        return f"{self.median:.2f} [{self.low:.2f} {self.high:.2f}]"


def measure(subjects: Sequence[Subject], rounds: int) -> Run:
    """Times `subjects` in turn for so many `rounds`, after one round that does not count.

    Garbage is collected between rounds and not within, as `timeit` does it: whoever happens to be measured
    would pay for all.
    """
    times = [_times_in_a_slice(subject) for subject in subjects]
    run = Run([Measured(subject.name, subject.threads) for subject in subjects])
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for round_ in range(rounds + 1):
            for subject, measured, count in zip(subjects, run.subjects, times, strict=True):
                took = subject.run(count)
                if round_:
                    measured.ns.append(took / count)
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return run


def _times_in_a_slice(subject: Subject) -> int:
    times = 1
    while True:
        # The lesser of two: a thread that had to wait just then says nothing.
        took = min(subject.run(times), subject.run(times))
        if took >= SLICE_NS / 4:
            return max(1, times * SLICE_NS // took)
        times *= 2

"""``benches/RESULTS.md``: the tables, the plots between them, and how to take it all again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from report import tables
from report.bounds import Outcome
from report.markdown import table
from report.reading import Measurements
from report.sections import Section

HOW = """\
One command measures all of this and writes this page: `bash benches/run`. The report alone, from the
figures that are there: `bash benches/run --only report`. Times are of the machine below; the bounds are
ratios, which carry over better.

The subjects of a file are timed in turn, a few milliseconds each, round after round. A ratio is taken
within each round, and of all rounds the median is told, so what slowed the machine slowed both sides. In
brackets: the quartiles. With two threads the time is that of one operation in each of them while both
run, and the throughput is that of both together."""


VERDICTS = """\
The verdict is the median's. Within the spread: the quartiles are on both sides of the bound.
Were it the floor: what the median would be if the product took as long as what it cannot do without.
A machine whose clock and compare-and-swap are slow beside the rest has no more to give."""

CONTENTION = """\
How many were admitted where so many were allowed and owed; in brackets, how many too many or too few."""


def page(
    measured: Measurements,
    outcomes: Sequence[Outcome],
    sections: Sequence[Section],
    facts: Mapping[str, str],
    plots: Mapping[str, str],
) -> str:
    """The whole page; ``plots`` are the alternative texts of those that there are, by name."""
    return "\n\n".join(_parts(measured, outcomes, sections, facts, plots)) + "\n"


def _parts(
    measured: Measurements,
    outcomes: Sequence[Outcome],
    sections: Sequence[Section],
    facts: Mapping[str, str],
    plots: Mapping[str, str],
) -> Iterator[str]:
    yield "# What a decision costs"
    yield tables.tally(outcomes)
    yield HOW
    yield table(["", "measured"], [[fact, said] for fact, said in facts.items()], texts=2)
    yield tables.rounds(measured)
    yield f"## Bounds\n\n{VERDICTS}"
    yield tables.bounds(outcomes)
    for section in sections:
        yield f"## {section.title}"
        if section.text:
            yield section.text
        if section.plot in plots:
            yield _image(section.plot, plots)
        missing = [tables.TITLES.get(file, file) for file in section.files if file not in measured.runs]
        if missing and len(missing) < len(section.files):
            yield f"Not measured: {', '.join(missing)}."
        yield tables.subjects(section, measured)
        if section.plot == "peers":
            yield f"## Limits under contention\n\n{CONTENTION}"
            yield tables.overshoot(measured)
    yield "## Growth\n\nHow long it takes as its size grows."
    if "growth" in plots:
        yield _image("growth", plots)
    yield tables.growth(measured)
    yield "## Memory"
    yield tables.memory(measured)
    yield "## Instructions\n\nTime is noisy on shared machines; instructions are not."
    yield tables.instructions(measured)


def _image(name: str | None, plots: Mapping[str, str]) -> str:
    return f"![{plots[name or '']}](plots/{name}.svg)"

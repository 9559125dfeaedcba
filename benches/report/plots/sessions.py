"""The time of a decision against how many sessions there are."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from report.markdown import count
from report.plots.style import COLOURS, End, names_at_the_right
from report.reading import Measurements, Run, Subject

SIZES = (1, 1_000, 100_000, 1_000_000)


def draw(measured: Measurements) -> Figure | None:
    """By id at each size, by handle and the floors, with the quartiles as bands."""
    run = measured.runs.get("rust")
    if run is None:
        return None
    by_id = _sized(run, [(n, f"decision/id_{n}") for n in SIZES])
    floor = _sized(run, [(n, "floor/all_by_id" if n == 1_000 else f"floor/all_by_id_{n}") for n in SIZES])
    # By handle nothing is looked up: the same at every size.
    handle, plain = (_sized(run, [(n, name) for n in SIZES]) for name in ("decision/handle", "floor/all"))
    if not by_id:
        return None
    figure = Figure(figsize=(8.0, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    ends = []
    drawn: list[tuple[str, str, str, Sequence[tuple[int, Subject]]]] = [
        ("by id", "this", "o-", by_id),
        ("floor by id", "floor", "s:", floor),
        ("by handle", "second", "-", handle),
        ("floor by handle", "floor", ":", plain),
    ]
    for name, colour, form, points in drawn:
        if not points:
            continue
        sizes = [size for size, _ in points]
        times = [subject.time for _, subject in points]
        axes.plot(sizes, [time.median for time in times], form, color=COLOURS[colour])
        axes.fill_between(
            sizes,
            [t.low for t in times],
            [t.high for t in times],
            color=COLOURS[colour],
            alpha=0.2,
            linewidth=0,
        )
        ends.append(End(sizes[-1], times[-1].median, name, COLOURS[colour]))
    axes.set_ylim(bottom=0)
    axes.set_xlim(SIZES[0] / 1.6, SIZES[-1] * 1.6)
    axes.set_xticks(SIZES)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("sessions (logarithmic)")
    axes.set_ylabel("ns for a decision")
    axes.grid()
    names_at_the_right(axes, ends)
    return figure


def _sized(run: Run, names: Sequence[tuple[int, str]]) -> list[tuple[int, Subject]]:
    return [(size, run.subjects[name]) for size, name in names if name in run.subjects]

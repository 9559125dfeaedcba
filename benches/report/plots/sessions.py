"""The time of a decision against how many sessions there are, one of them after the other in random order."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from report.layout import Line
from report.markdown import count
from report.plots.style import COLOURS, End, names_at_the_right
from report.reading import Growth, Measurements


def draw(measured: Measurements, lines: Sequence[Line]) -> Figure | None:
    """A line for each way and each floor, with the quartiles as bands; what has one size is level."""
    points = {line: _points(measured, line) for line in lines}
    sizes = sorted({point.x for found in points.values() for point in found})
    if len(sizes) < 2:
        return None
    figure = Figure(figsize=(8.0, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    ends = []
    for line, found in points.items():
        if not found:
            continue
        at = [point.x for point in found] if len(found) > 1 else [sizes[0], sizes[-1]]
        times = [point.time for point in found] * (1 if len(found) > 1 else 2)
        colour = COLOURS[line.colour or "this"]
        form = ":" if line.dashed else "-"
        axes.plot(at, [t.median for t in times], form, marker="o" if len(found) > 1 else "", color=colour)
        axes.fill_between(
            at, [t.low for t in times], [t.high for t in times], color=colour, alpha=0.2, linewidth=0
        )
        ends.append(End(at[-1], times[-1].median, line.says, colour))
    axes.set_ylim(bottom=0)
    axes.set_xlim(sizes[0] / 1.6, sizes[-1] * 1.6)
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("sessions (logarithmic)")
    axes.set_ylabel("ns for a decision")
    axes.grid()
    names_at_the_right(axes, ends)
    return figure


def _points(measured: Measurements, line: Line) -> list[Growth]:
    found = (point for point in measured.growth if point.what == line.what and point.x > 0)
    return sorted(found, key=lambda point: point.x)

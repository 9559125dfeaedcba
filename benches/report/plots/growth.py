"""How long each thing takes as its size grows: panels whose axes of time span a factor of a hundred at least.

So what is constant looks level, and what is linear is as steep as the axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from report.layout import Layout, Line, Panel
from report.markdown import duration
from report.plots.style import COLOURS
from report.reading import Growth, Measurements

COLUMNS = 3
SPAN = 100.0
ORDER = ("this", "second", "third", "peer", "floor")


def draw(measured: Measurements, layout: Layout) -> Figure | None:
    """The panels of ``layout``, and one for each other kind that was measured at two sizes at least."""
    kinds: dict[str, list[Growth]] = {}
    for point in sorted(measured.growth, key=lambda point: point.x):
        if point.x > 0:
            kinds.setdefault(point.what, []).append(point)
    kinds = {what: points for what, points in kinds.items() if len(points) > 1}
    panels = _panels(kinds, layout)
    if not panels:
        return None
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(8.8, 2.6 * rows), layout="constrained")
    every = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, panel in zip(every, panels, strict=False):
        _draw(axes, panel, kinds)
    for axes in every[len(panels) :]:
        axes.set_visible(False)
    return figure


def _panels(kinds: Mapping[str, list[Growth]], layout: Layout) -> list[Panel]:
    named = {line.what for panel in layout.panels for line in panel.lines}
    named |= {line.what for line in layout.sessions}
    panels = [panel for panel in layout.panels if any(line.what in kinds for line in panel.lines)]
    return panels + [Panel(what, "size", (Line(what),)) for what in kinds if what not in named]


def _draw(axes: Axes, panel: Panel, kinds: Mapping[str, Sequence[Growth]]) -> None:
    axes.set_title(fill(panel.title, 30), fontsize=9.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    seen: list[float] = []
    for line, next_colour in zip(panel.lines, ORDER, strict=False):
        points = kinds.get(line.what, ())
        sizes, times = [point.x for point in points], [point.time for point in points]
        seen += [time.median for time in times]
        colour = COLOURS[line.colour or next_colour]
        axes.plot(sizes, [time.median for time in times], "o-", color=colour, label=line.says)
        low, high = [time.low for time in times], [time.high for time in times]
        axes.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
    names = len(panel.lines) if len(panel.lines) > 1 else 0
    axes.set_ylim(*_limits(min(seen), max(seen), names))
    if names:
        axes.legend(
            loc="upper left", fontsize=8, frameon=False, labelcolor="linecolor", handlelength=1, borderpad=0
        )
    across = {point.x for line in panel.lines for point in kinds.get(line.what, ())}
    if max(across) < 100 * min(across):
        axes.set_xticks(sorted(across))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.yaxis.set_major_locator(LogLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _round(value)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(panel.size, fontsize=9)
    axes.tick_params(labelsize=8.5)
    axes.grid()


def _limits(least: float, most: float, names: int) -> tuple[float, float]:
    """The axis of time: room for the names above, and a factor of ``SPAN`` at least."""
    low, high = log10(least) - 0.15, log10(most) + 0.15
    missing = max(0.0, log10(SPAN) - (high - low))
    low, high = low - missing / 2, high + missing / 2
    above = 0.1 * names
    needed = log10(most) + 0.15 + above / (1 - above) * (log10(most) + 0.15 - low)
    return 10**low, 10 ** max(high, needed)


def _round(ns: float) -> str:
    """A power of ten: 10 ns, 1 µs."""
    return duration(ns).replace(".00 ", " ").replace(".0 ", " ")


def _short(size: float) -> str:
    """1, 10, 1k, 1M."""
    for letter, unit in (("M", 1e6), ("k", 1e3)):
        if size >= unit:
            return f"{size / unit:g}{letter}"
    return f"{size:g}"

"""How long each thing takes as its size grows.

A panel each, all with the same axis of time, so what is constant is level.
"""

from __future__ import annotations

from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from report.markdown import duration
from report.plots.style import COLOURS
from report.reading import Growth, Measurements

COLUMNS = 3


def draw(measured: Measurements) -> Figure | None:
    """A panel for each kind that was measured at two sizes at least."""
    kinds: dict[str, list[Growth]] = {}
    for point in measured.growth:
        if point.x > 0:
            kinds.setdefault(point.what, []).append(point)
    kinds = {what: sorted(points, key=_size) for what, points in kinds.items() if len(points) > 1}
    if not kinds:
        return None
    rows = -(-len(kinds) // COLUMNS)
    figure = Figure(figsize=(8.6, 2.5 * rows), layout="constrained")
    every = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).flat
    for nth, axes in enumerate(every):
        if nth < len(kinds):
            _panel(axes, *list(kinds.items())[nth])
        else:
            axes.set_visible(False)
    figure.supxlabel("size (logarithmic)", color=COLOURS["floor"], fontsize=10)
    return figure


def _panel(axes: Axes, what: str, points: list[Growth]) -> None:
    axes.set_title(fill(what, 30), fontsize=9)
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes, times = [point.x for point in points], [point.time for point in points]
    axes.plot(sizes, [time.median for time in times], "o-", color=COLOURS["this"])
    axes.fill_between(
        sizes, [t.low for t in times], [t.high for t in times], color=COLOURS["this"], alpha=0.2, linewidth=0
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: duration(value).replace(".00", "").replace(".0", ""))
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.grid()


def _size(point: Growth) -> float:
    return point.x


def _short(size: float) -> str:
    """1, 10, 1k, 1M."""
    for letter, unit in (("M", 1e6), ("k", 1e3)):
        if size >= unit:
            return f"{size / unit:g}{letter}"
    return f"{size:g}"

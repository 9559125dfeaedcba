"""Throughput on one thread and on two: a line each, steep where a second thread brings what it can."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from report.layout import Slopes
from report.markdown import times
from report.plots.style import COLOURS, End, names_at_the_right
from report.reading import Measurements, Run
from report.spread import Spread


def draw(measured: Measurements, slopes: Sequence[Slopes]) -> Figure | None:
    """One panel for each group of lines of which anything was measured."""
    panels = [
        (group, run) for group in slopes if (run := measured.runs.get(group.file)) and _measured(group, run)
    ]
    if not panels:
        return None
    heights = [0.9 + 0.38 * len(group.lines) for group, _ in panels]
    all_of = Figure(figsize=(8.6, sum(heights) + 0.4 * len(panels)), layout="constrained")
    every = all_of.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (group, run), height in zip(every, panels, heights, strict=True):
        _panel(axes, group, run, height)
    every[-1].set_xlabel("threads")
    return all_of


def _measured(group: Slopes, run: Run) -> bool:
    return any(line.one in run.subjects and line.two in run.subjects for line in group.lines)


def _panel(axes: Axes, group: Slopes, run: Run, height: float) -> None:
    axes.set_title(group.panel)
    axes.set_yscale("log")
    ends = []
    for line in group.lines:
        one, two = run.subjects.get(line.one), run.subjects.get(line.two)
        if one is None or two is None:
            continue
        rates = [1e3 * Spread.of(subject.per_ns).median for subject in (one, two)]
        gained = run.ratio(line.two, line.one, throughput=True)
        colour = COLOURS[line.colour]
        name = f"{line.says}: {times(gained.median)}" if gained else line.says
        axes.plot([one.threads, two.threads], rates, "o--" if line.dashed else "o-", color=colour)
        ends.append(End(two.threads, rates[1], name, colour))
    axes.set_xlim(0.9, 2.1)
    axes.set_xticks([1, 2])
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.3, high * 1.3)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("million a second")
    axes.grid(axis="y")
    names_at_the_right(axes, ends, space=0.32 / height)

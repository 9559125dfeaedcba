"""This against each peer: a bar from the one's time to the other's.

The axis is logarithmic, so a bar's length is the multiple.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from report.markdown import duration, times
from report.plots.style import COLOURS, TEXT
from report.reading import Measurements, Run
from report.sections import Section
from report.tables import TITLES

HEIGHT = 0.36


@dataclass(frozen=True)
class Pair:
    """A peer's time, this one's, and the multiple."""

    says: str
    peer: float
    this: float
    multiple: float


def draw(measured: Measurements, section: Section) -> Figure | None:
    """One panel for each file that was measured, the peers in the order of the first one's multiples."""
    panels = [(file, pairs) for file in section.files if (pairs := _pairs(section, measured.runs.get(file)))]
    if not panels:
        return None
    order = [pair.says for pair in sorted(panels[0][1], key=lambda pair: pair.multiple)]
    order = [pair.says for _, pairs in panels[1:] for pair in pairs if pair.says not in order] + order
    # Panels stand one above the other: beside each other their labels would have no room.
    all_of = Figure(figsize=(8.6, 0.7 + len(panels) * (0.55 + HEIGHT * len(order))), layout="constrained")
    every = all_of.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (file, pairs) in zip(every, panels, strict=True):
        shown = [says for says in order if any(pair.says == says for pair in pairs)]
        _panel(axes, pairs, shown)
        if len(section.files) > 1:
            axes.set_title(TITLES.get(file, file))
    every[-1].set_xlabel("time of one operation (logarithmic)")
    marks = [Line2D([], [], marker="o", linestyle="", color=COLOURS[one]) for one in ("this", "peer")]
    all_of.legend(
        marks, ["allotment", "the peer"], loc="outside upper left", ncols=2, frameon=False, borderpad=0
    )
    return all_of


def _pairs(section: Section, run: Run | None) -> list[Pair]:
    pairs = []
    for row in section.rows if run else ():
        ratio = run.ratio(row.name, row.under) if run and row.under else None
        if run and ratio and row.under:
            peer, this = run.subjects[row.name].time.median, run.subjects[row.under].time.median
            pairs.append(Pair(row.says, peer, this, ratio.median))
    return pairs


def _panel(axes: Axes, pairs: list[Pair], order: list[str]) -> None:
    axes.set_xscale("log")
    for pair in pairs:
        y = order.index(pair.says)
        faster = pair.peer >= pair.this
        axes.plot(
            [pair.this, pair.peer],
            [y, y],
            color=COLOURS["peer" if faster else "this"],
            linewidth=5,
            alpha=0.45,
            solid_capstyle="butt",
        )
        for value, one, left in ((pair.this, "this", faster), (pair.peer, "peer", not faster)):
            axes.plot([value], [y], "o", color=COLOURS[one])
            axes.annotate(
                duration(value),
                (value, y),
                xytext=(-7 if left else 7, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
                color=COLOURS[one],
                fontsize=8.5,
            )
        axes.annotate(
            times(pair.multiple),
            (1.0, y),
            xycoords=("axes fraction", "data"),
            xytext=(46, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            weight="bold",
            annotation_clip=False,
        )
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(-0.6, len(order) - 0.4)
    shown = [time for pair in pairs for time in (pair.this, pair.peer)]
    # Room for the times that are written beside the outermost dots.
    room = (max(shown) / min(shown)) ** 0.2
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, min(shown) / max(room, 2)), max(high, max(shown) * max(room, 2)))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: duration(value).replace(".0 ", " ").replace(".00 ", " "))
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.xaxis.label.set_color(TEXT)

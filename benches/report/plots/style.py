"""Colours, letters and how a plot is saved.

Every colour stands out from white and from the dark page (``PAGES``) at least 4 to 1; a test takes the ratio.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PAGES = ("#ffffff", "#0d1117")
TEXT = "#757c85"
COLOURS = {"this": "#2075ed", "peer": "#c6590a", "second": "#228a56", "third": "#935be2", "floor": TEXT}

SETTINGS: dict[Any, object] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "allotment",
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "grid.color": TEXT,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@contextmanager
def applied() -> Iterator[None]:
    """Matplotlib's own settings and these, whatever the user's are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


def save(figure: Figure, path: Path) -> None:
    """Write it without a background, a date or a version, so that the same figures are the same file."""
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(
        path, format="svg", transparent=True, metadata=nothing, bbox_inches="tight", pad_inches=0.08
    )
    # Matplotlib leaves spaces at the ends of lines.
    lines = numbered(path.read_text(encoding="utf-8")).splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")


def numbered(svg: str) -> str:
    """The same with its clip paths numbered in their order.

    Matplotlib calls them by a digest of, among others, where an object lies in memory, whatever the salt.
    """
    names = {name: f"clip-{nth}" for nth, name in enumerate(re.findall(r'<clipPath id="(\w+)"', svg))}
    return re.sub(r"\bp[0-9a-f]{10}\b", lambda found: names.get(found[0], found[0]), svg)


def apart(wanted: Sequence[float], distance: float) -> list[float]:
    """Places as near to the ``wanted`` ones as can be with so much between two of them, in the same order.

    Neighbours that are too near are moved as one block around the middle of what they wanted.
    """
    order = sorted(range(len(wanted)), key=lambda nth: wanted[nth])
    blocks: list[list[int]] = []
    for nth in order:
        blocks.append([nth])
        while len(blocks) > 1 and _top(blocks[-2], wanted, distance) + distance > _bottom(
            blocks[-1], wanted, distance
        ):
            last = blocks.pop()
            blocks[-1].extend(last)
    places = [0.0] * len(wanted)
    for block in blocks:
        bottom = _bottom(block, wanted, distance)
        for step, nth in enumerate(block):
            places[nth] = bottom + step * distance
    return places


def _bottom(block: Sequence[int], wanted: Sequence[float], distance: float) -> float:
    middle = sum(wanted[nth] for nth in block) / len(block)
    return middle - (len(block) - 1) * distance / 2


def _top(block: Sequence[int], wanted: Sequence[float], distance: float) -> float:
    return _bottom(block, wanted, distance) + (len(block) - 1) * distance


@dataclass(frozen=True)
class End:
    """Where a line ends, and how it is called."""

    x: float
    y: float
    name: str
    colour: str


def names_at_the_right(axes: Axes, ends: Sequence[End], *, space: float = 0.065) -> None:
    """Write each line's name at the right of ``axes``, none over another: ``space`` apart, of its height.

    The limits and the scales of the axes have to be what they will be.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = [float(to_axes.transform((end.x, end.y))[1]) for end in ends]
    for end, place in zip(ends, apart(heights, space), strict=True):
        axes.annotate(
            end.name,
            xy=(end.x, end.y),
            xytext=(1.03, place),
            textcoords="axes fraction",
            va="center",
            color=end.colour,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.colour,
                "linewidth": 0.7,
                "relpos": (0, 0.5),
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )

"""The plots, as SVG that is readable on light and on dark pages and is the same whenever the figures are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from report.layout import Layout
from report.plots import against, growth, sessions, style, threads
from report.reading import Measurements
from report.sections import Section

SAYS = {
    "sessions": "Time of a decision against the number of sessions, by handle and by id, with the floors",
    "threads": "Throughput on one thread and on two, against others",
    "peers": "Nanoseconds of a decision and of each peer's, and the multiple",
    "python": "Nanoseconds of a decision in Python and of each peer's, and the multiple",
    "growth": "Time of what grows with the number of sessions, and of what does not",
}


def draw(folder: Path, measured: Measurements, sections: Sequence[Section], layout: Layout) -> dict[str, str]:
    """Draw into ``folder`` what the figures are there for; the alternative text of each plot by its name.

    A plot of an earlier run whose figures are no longer there is removed.
    """
    against_peers = {section.plot: section for section in sections}
    drawers: dict[str, Callable[[], Figure | None]] = {
        "sessions": lambda: sessions.draw(measured, layout.sessions),
        "threads": lambda: threads.draw(measured, layout.slopes),
        "peers": lambda: against.draw(measured, against_peers["peers"]),
        "python": lambda: against.draw(measured, against_peers["python"]),
        "growth": lambda: growth.draw(measured, layout),
    }
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    with style.applied():
        for name, drawer in drawers.items():
            path = folder / f"{name}.svg"
            figure = drawer()
            if figure is None:
                path.unlink(missing_ok=True)
            else:
                style.save(figure, path)
                drawn[name] = SAYS[name]
    return drawn

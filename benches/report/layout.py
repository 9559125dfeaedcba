"""What the plots of threads, of sessions and of growth show, and by what names (``tables.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tomli


@dataclass(frozen=True)
class Slope:
    """One line of the plot of threads, from one thread to two."""

    one: str
    two: str
    says: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Slopes:
    """One panel of the plot of threads."""

    panel: str
    file: str
    lines: tuple[Slope, ...]


@dataclass(frozen=True)
class Line:
    """What grows, and how it is called; the colour is the next one where none is said."""

    what: str
    says: str = ""
    colour: str | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """What is drawn together against one size."""

    title: str
    size: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Layout:
    """All of it."""

    slopes: tuple[Slopes, ...]
    sessions: tuple[Line, ...]
    panels: tuple[Panel, ...]


def read_layout(path: Path) -> Layout:
    """What the file says of these plots."""
    said = tomli.loads(path.read_text(encoding="utf-8"))
    return Layout(
        tuple(
            Slopes(s["panel"], s["file"], tuple(Slope(**line) for line in s["lines"])) for s in said["slope"]
        ),
        tuple(Line(**line) for line in said["sessions"]["lines"]),
        tuple(
            Panel(p["title"], p["size"], tuple(Line(**line) for line in p["lines"])) for p in said["panel"]
        ),
    )

"""Tables in Markdown, and how figures are written in them."""

from __future__ import annotations

from collections.abc import Sequence

from report.spread import Spread

ABSENT = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A table whose first columns are ``texts`` and whose others are figures, aligned to the right."""
    rule = [" --- " if nth < texts else " ---: " for nth, _ in enumerate(headings)]
    lines = [_line(headings), f"|{'|'.join(rule)}|", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def figure(value: float) -> str:
    """Three digits that count, more before the point where there are: 0.0421, 1.24, 23.4, 2,257."""
    if value == 0:
        return "0"
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    if abs(value) >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.0995 else f"{value:.3g}"


def times(value: float) -> str:
    """How many times as much."""
    return f"{figure(value)} {TIMES}"


def exact(value: float) -> str:
    """One digit more, so that a figure next to its bound is not rounded onto it."""
    return (
        f"{value:.3f}"
        if abs(value) < 9.9995
        else f"{value:,.1f}"
        if abs(value) < 9999.95
        else f"{value:,.0f}"
    )


def spread(of: Spread | None) -> str:
    """The median, and the quartiles behind it."""
    return ABSENT if of is None else f"{figure(of.median)} [{figure(of.low)}, {figure(of.high)}]"


def duration(ns: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{figure(ns / size)} {unit}"
    return f"{figure(ns)} ns"


def count(value: float) -> str:
    """A count with its thousands apart."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"

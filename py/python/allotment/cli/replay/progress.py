"""Progress bars, on stderr, and only where somebody watches a long stage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Advance = Callable[[int], None]
"""Tells how much more of the stage has been done."""

_STEPS = 200


@contextmanager
def stage(label: str, total: int | None, long: int, console: Console | None = None) -> Iterator[Advance]:
    """A stage of `total` units (None: unknown), shown as a bar if it is `long` and stderr is a terminal.

    The bar disappears at the end. `console` stands in for stderr.
    """
    console = console or Console(file=sys.stderr)
    if not console.is_terminal or (total is not None and total < long):
        yield _ignore
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        pending = 0
        least = max(1, (total or long) // _STEPS)

        def advance(count: int) -> None:
            nonlocal pending
            pending += count
            if pending >= least:
                bar.advance(task, pending)
                pending = 0

        yield advance


def _ignore(_count: int) -> None:
    """Nobody watches."""

"""A progress bar is shown on a terminal, for long work, and nowhere else."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from allotment.cli.replay.progress import stage


def shown(total: int | None, terminal: bool, done: int = 1000) -> str:
    console = Console(file=StringIO(), force_terminal=terminal, width=80, legacy_windows=False)
    with stage("Reading", total, 1000, console) as advance:
        for _ in range(done):
            advance(1)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("total", [1000, 5000, None])
def test_a_long_stage_on_a_terminal_has_a_bar(total: int | None) -> None:
    assert "Reading" in shown(total, terminal=True)


def test_a_bar_shows_how_much_is_done() -> None:
    assert "100%" in shown(1000, terminal=True)
    assert "70%" in shown(1000, terminal=True, done=700)
    assert "100%" not in shown(1000, terminal=True, done=700)


@pytest.mark.parametrize(("total", "terminal"), [(999, True), (1000, False), (None, False)])
def test_short_stages_and_pipes_have_none(total: int | None, terminal: bool) -> None:
    assert shown(total, terminal) == ""

"""Figures in a folder, and the command that reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from report.cli import cli
from report.tests import synthetic

Write = Callable[[dict[str, Any]], tuple[Result, str]]


@pytest.fixture
def everything() -> dict[str, Any]:
    return synthetic.everything()


@pytest.fixture
def drawn(tmp_path: Path) -> Write:
    """Has the report written from the given files; the result of the command, and the page."""

    def write(files: dict[str, Any]) -> tuple[Result, str]:
        synthetic.write(tmp_path / "figures", files)
        out = tmp_path / "out"
        arguments = ["write", "--figures", str(tmp_path / "figures"), "--out", str(out)]
        result = CliRunner().invoke(cli, arguments)
        page = out / "RESULTS.md"
        return result, page.read_text(encoding="utf-8") if page.exists() else ""

    return write


@pytest.fixture
def written(drawn: Write, monkeypatch: pytest.MonkeyPatch) -> Write:
    """The same without its plots, which take a second."""
    monkeypatch.setattr("report.cli.draw", lambda *_: {})
    return drawn

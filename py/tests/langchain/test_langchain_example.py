"""The example is a whole agent in under 30 lines, runs without a network and says what it says here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "langchain_agent.py"


@pytest.mark.thread_unsafe(reason="it starts an interpreter")
def test_the_example_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == ["3 of 10 searches ran: Done."]
    assert "reported no usage" not in done.stderr


def test_it_is_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 30

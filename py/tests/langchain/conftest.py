"""What running agents in threads needs."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a warning of LangChain's about itself pass.

    It silences it by ``warnings.catch_warnings``, which another thread can undo in between.
    """
    silent = pytest.mark.filterwarnings("ignore:Direct attribute assignment to ModelRequest")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(silent)

"""What the tests of the command share: a way to run it, and a way to write a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from click.testing import Result
    from replay_samples import Run, Write


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it in one thread: a command has the process's standard streams and reads files of one name."""
    alone = pytest.mark.thread_unsafe(reason="a command has the process's standard streams")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(alone)


@pytest.fixture
def run() -> Run:
    """Run ``allotment`` with these arguments; stdout and stderr come apart."""
    from click.testing import CliRunner

    from allotment.cli.app import cli

    try:
        runner = CliRunner(mix_stderr=False)  # type: ignore[call-arg]  # click before 8.2
    except TypeError:
        runner = CliRunner()

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return runner.invoke(cli, list(arguments), input=stdin)

    return invoke


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file, text as it is and anything else as JSONL, and give its path."""

    def to_file(content: str | bytes | list[Any], name: str = "trace.jsonl") -> str:
        path = tmp_path / name
        if isinstance(content, list):
            content = "".join(json.dumps(value) + "\n" for value in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return to_file

"""A pre-fork server, really started: four workers cannot spend one budget four times."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.thread_unsafe(reason="it starts a server"),
    pytest.mark.skipif(
        not hasattr(os, "fork") or importlib.util.find_spec("gunicorn") is None,
        reason="needs fork and gunicorn",
    ),
]

WORKERS, CALLS, REQUESTS = 4, 3, 40
START = 60
"""Seconds that the server may take to start."""


@contextlib.contextmanager
def server(where: Path) -> Iterator[str]:
    """The address of a server on a free port, which is gone at the end whatever happened."""
    config = where / "config.py"
    config.write_text("from app import post_fork\ncontrol_socket_disable = True\n", encoding="utf-8")
    log = where / "log"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        str(WORKERS),
        "--config",
        str(config),
    ]
    command += ["--bind", "127.0.0.1:0", "--timeout", "30", "--log-file", str(log), "app:application"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "prefork")}
    process = subprocess.Popen(command, cwd=where, env=environ, start_new_session=True)
    try:
        yield address(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server listens, once all its workers do."""
    give_up = time.monotonic() + START
    while time.monotonic() < give_up and process.poll() is None:
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        if "Listening at: " in text and text.count("Booting worker") == WORKERS:
            return text.split("Listening at: ")[1].split()[0]
        time.sleep(0.02)
    raise AssertionError(log.read_text(encoding="utf-8") if log.exists() else "the server did not start")


def verdicts(url: str) -> list[tuple[str, str]]:
    """Worker and verdict of as many requests as there are."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answers = []
    for _ in range(REQUESTS):
        with opener.open(url, timeout=30) as answer:
            worker, verdict = answer.read().decode().split()
        answers.append((worker, verdict))
    return answers


def test_workers_cannot_spend_what_was_made_before_the_fork_and_each_has_what_it_made(tmp_path: Path) -> None:
    with server(tmp_path) as url:
        assert Counter(verdict for _, verdict in verdicts(url + "/inherited")) == {"forked": REQUESTS}
        own = verdicts(url + "/own")
    asked = Counter(worker for worker, _ in own)
    allowed = Counter(worker for worker, verdict in own if verdict == "allowed")
    assert allowed == {worker: min(CALLS, count) for worker, count in asked.items()}
    assert {verdict for _, verdict in own} <= {"allowed", "budget_exceeded"}
    assert 1 <= len(asked) <= WORKERS

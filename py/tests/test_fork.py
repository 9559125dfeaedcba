"""A forked child holds a copy of every budget, so what it inherited denies: no budget is spent twice."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import allotment
from allotment import Enforcer, Forked
from drive import admitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from allotment import Session

pytestmark = [
    pytest.mark.thread_unsafe(reason="it forks the process"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here"),
    # Of CPython, about threads in the parent; what is called in the child takes no lock.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

PATIENCE = 60
"""Seconds that a child may take."""


def in_child(work: Callable[[], Any]) -> Any:
    """What ``work`` returns in a forked child, which ends without clean-up."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            try:
                answer = {"returned": work()}
            except BaseException as error:
                answer = {"raised": repr(error)}
            os.write(write, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(write)
    try:
        ready, _, _ = select.select([read], [], [], PATIENCE)
        said = os.read(read, 1 << 16) if ready else b""
    finally:
        os.close(read)
        if not ready:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    answer = json.loads(said or '{"raised": "nothing was said"}')
    assert "raised" not in answer, answer["raised"]
    return answer["returned"]


def budget(calls: int = 5, **limits: Any) -> Session:
    return Enforcer().create_session(agent="a", tools=["search"], calls=calls, **limits)


def reason(ask: Callable[[], object]) -> str:
    """Why this is denied."""
    with pytest.raises(allotment.Denied) as caught:
        ask()
    return caught.value.reason


def test_what_was_inherited_denies_everything_and_what_is_new_works() -> None:
    enforcer = Enforcer()
    session = enforcer.create_session(agent="a", tools=["search"], calls=5, tokens=100)

    def work() -> list[Any]:
        asks = [
            lambda: session.authorize("search"),
            lambda: session.authorize_batch(["search"]),
            lambda: session.authorize_batch([]),
            lambda: session.step(),
            lambda: session.reserve(tokens=1),
            lambda: session.descend(),
            lambda: session.delegate(agent="b", tools=[]),
            lambda: enforcer.authorize(session.id, "search", agent="a"),
            lambda: enforcer.create_session(agent="a", tools=[]),
        ]
        return [
            [reason(ask) for ask in asks],
            session.decide("search").retryable,
            admitted(budget(3), 5),
            session.snapshot()["calls"]["spent"],
        ]

    assert in_child(work) == [["forked"] * 9, False, 3, 0]
    assert admitted(session, 9) == 5
    with pytest.raises(Forked):
        raise Forked


def test_a_fork_of_a_fork_and_two_forks_side_by_side() -> None:
    session = budget()

    def child() -> list[int]:
        mine = budget(2)
        return [admitted(session, 9), in_child(lambda: admitted(mine, 9)), admitted(mine, 9)]

    assert [in_child(child) for _ in range(2)] == [[0, 0, 2]] * 2
    assert admitted(session, 9) == 5


# D25
def test_d25_a_reservation_ends_silently_in_the_child_and_settles_in_the_parent() -> None:
    session = budget(tokens=1000)
    hold = session.reserve(tokens=600)
    kept = [session.reserve(tokens=100)]

    def work() -> list[Any]:
        settled = hold.settle(tokens=900)
        kept.clear()
        gc.collect()
        return [settled, session.snapshot()["tokens"]["spent"], session.record(tokens=1) or "recorded"]

    settled, spent, _ = in_child(work)
    assert (settled, spent) == (False, 700)
    assert session.snapshot()["tokens"] == {
        "spent": 700,
        "reserved": 700,
        "limit": 1000,
        "remaining": 300,
        "rate": None,
    }
    assert hold.settle(tokens=500) is False
    kept.clear()
    gc.collect()
    assert session.snapshot()["tokens"]["spent"] == 600


def test_a_block_around_a_fork_closes_the_session_once_in_the_parent() -> None:
    with budget(tokens=10) as session, session.reserve(tokens=5) as hold:

        def work() -> str:
            with session, hold:
                pass
            return session.decide("search").reason or "allowed"

        assert in_child(work) == "forked"
        assert session.status == "active"
        session.authorize("search")
        hold.settle(tokens=1)
    assert session.status == "closed"
    assert session.snapshot()["tokens"]["spent"] == 1


def test_threads_of_the_parent_that_are_spending_at_the_time() -> None:
    session, stop, counts = budget(100_000), threading.Event(), [0, 0, 0]

    def spend(index: int) -> None:
        while not stop.is_set():
            counts[index] += session.decide("search").allowed

    crew = [threading.Thread(target=spend, args=(index,)) for index in range(3)]
    for thread in crew:
        thread.start()
    try:
        for _ in range(20):
            assert in_child(lambda: [admitted(session, 9), admitted(budget(3), 9)]) == [0, 3]
    finally:
        stop.set()
        for thread in crew:
            thread.join()
    total = sum(counts) + admitted(session, 100_001)
    assert total == session.snapshot()["calls"]["spent"] == 100_000


SHARED = budget(20)


def spend_shared(queue: Any) -> None:
    """Says how much of a budget that was made at import this process may spend."""
    queue.put((os.getpid(), admitted(SHARED, 30), SHARED.decide("search").reason))


def test_processes_of_multiprocessing_that_are_forked_have_none_of_it() -> None:
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    crew = [context.Process(target=spend_shared, args=(queue,)) for _ in range(4)]
    said = run(crew, queue)
    assert [spent for _, spent, _ in said] == [0] * 4
    assert {why for *_, why in said} == {"forked"}
    assert sum(spent for _, spent, _ in said) + admitted(SHARED, 30) == 20


def test_processes_of_a_forkserver_import_the_budget_and_have_one_of_their_own() -> None:
    """What the server had preloaded would be inherited; this module is imported in each process."""
    context = multiprocessing.get_context("forkserver")
    queue = context.SimpleQueue()
    said = run([context.Process(target=spend_shared, args=(queue,)) for _ in range(2)], queue)
    assert [(spent, why) for _, spent, why in said] == [(20, "budget_exceeded")] * 2


def run(crew: list[Any], queue: Any) -> list[Any]:
    """What each of these processes says."""
    try:
        for process in crew:
            process.start()
        for process in crew:
            process.join(PATIENCE)
        assert [process.exitcode for process in crew] == [0] * len(crew)
        return [queue.get() for _ in crew]
    finally:
        for process in crew:
            if process.is_alive():
                process.kill()


PRELOADED = """
import multiprocessing, sys
sys.path.insert(0, {where!r})
import preloaded
if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["preloaded"])
    queue = context.SimpleQueue()
    crew = [context.Process(target=preloaded.spend, args=(queue,)) for _ in range(3)]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    print(sorted({{queue.get() for _ in crew}}))
"""


def test_what_a_forkserver_has_preloaded_is_spent_by_none_of_its_processes(tmp_path: Any) -> None:
    (tmp_path / "preloaded.py").write_text(
        "import allotment\n"
        "session = allotment.Enforcer().create_session(agent='a', tools=['search'], calls=5)\n"
        "def spend(queue):\n"
        "    queue.put(session.decide('search').reason)\n",
        encoding="utf-8",
    )
    script = tmp_path / "script.py"
    script.write_text(PRELOADED.format(where=str(tmp_path)), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("['forked']", 0), done.stderr

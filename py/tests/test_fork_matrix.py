"""Every way to make a process: threads alive or not, a reservation open, a session closed, and forked again.

What a process inherits denies and changes nothing; one that imports this module anew has budgets of its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from drive import admitted
from test_fork import budget, in_child, run

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.thread_unsafe(reason="it forks the process"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here"),
    # Of CPython, about threads in the parent; what is called in the child takes no lock.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

OPEN, CLOSED = budget(3, tokens=10), budget(3)
HOLD = OPEN.reserve(tokens=5)
CLOSED.close()


def inside() -> dict[str, Any]:
    """What becomes of all that in a process."""
    return {
        "admitted": admitted(OPEN, 9),
        "open": OPEN.decide("search").reason,
        "closed": CLOSED.decide("search").reason,
        "settled beyond it": HOLD.settle(tokens=12),
        "tokens": OPEN.snapshot()["tokens"]["spent"],
        "new": admitted(budget(2), 9),
    }


INHERITED = {
    "admitted": 0,
    "open": "forked",
    "closed": "forked",
    "settled beyond it": False,
    "tokens": 5,
    "new": 2,
}
OWN = {
    "admitted": 3,
    "open": "budget_exceeded",
    "closed": "closed",
    "settled beyond it": True,
    "tokens": 12,
    "new": 2,
}


def inside_and_forked_again() -> list[dict[str, Any]]:
    """The same in a process, and what is left of it in one that is forked off it afterwards."""
    here = inside()
    again = in_child(lambda: [admitted(OPEN, 9), OPEN.decide("search").reason, admitted(budget(2), 9)])
    return [here, again]


def tell(queue: Any) -> None:
    queue.put(inside_and_forked_again())


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads that decide and reserve all the while."""
    busy, stop = budget(10**9, tokens=10**9), threading.Event()

    def spend() -> None:
        while not stop.is_set():
            busy.authorize("search")
            busy.reserve(tokens=1).release()

    crew = [threading.Thread(target=spend) for _ in range(count)]
    for thread in crew:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in crew:
            thread.join()


@pytest.mark.parametrize("alive", [0, 3])
@pytest.mark.parametrize("how", ["os.fork", "fork", "spawn", "forkserver"])
def test_what_a_process_inherits_denies_and_what_it_makes_works(how: str, alive: int) -> None:
    with threads(alive):
        if how == "os.fork":
            said = [in_child(inside_and_forked_again) for _ in range(2)]
        else:
            context: Any = multiprocessing.get_context(how)
            queue = context.SimpleQueue()
            said = run([context.Process(target=tell, args=(queue,)) for _ in range(2)], queue)
    here = OWN if how in ("spawn", "forkserver") else INHERITED
    assert said == [[here, [0, "forked", 2]]] * 2
    shown = OPEN.snapshot()
    assert (shown["tokens"]["spent"], shown["tokens"]["reserved"], shown["calls"]["spent"]) == (5, 5, 0)
    assert (HOLD.ended, OPEN.status, CLOSED.status) == (False, "active", "closed")

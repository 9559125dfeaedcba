"""Helpers that drive sessions: ask many times, ask from many threads at once, read the whole state."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from allotment import Enforcer, Session

    Create = Callable[..., Session]

T = TypeVar("T")


def admitted(session: Session, times: int, tool: str = "search") -> int:
    """How many of this many calls are admitted."""
    return sum(session.decide(tool).allowed for _ in range(times))


def spent(session: Session, resource: str = "calls") -> Any:
    """What the session has spent of the resource."""
    return session.snapshot()[resource]["spent"]


def race(threads: int, work: Callable[[int], T]) -> list[T]:
    """What ``work(index)`` returns in each of this many threads, which start together and switch often."""
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    barrier = threading.Barrier(threads)

    def run(index: int) -> None:
        try:
            barrier.wait()
            results[index] = work(index)
        except BaseException as failure:
            failures.append(failure)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        crew = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if failures:
        raise failures[0]
    return [results[index] for index in range(threads)]


def state(enforcer: Enforcer) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """All that an enforcer shows of what it holds, to compare before with after; not what it has told."""
    sessions = sorted((session.snapshot() for session in enforcer.sessions()), key=lambda held: held["id"])
    held = {key: figure for key, figure in enforcer.stats().items() if not key.startswith("events")}
    return held, sessions

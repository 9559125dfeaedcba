"""Work that can be timed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from types import FunctionType
from typing import TypeVar, cast

Timed = Callable[[int], int]
"""Does its work so many times and says how many nanoseconds that took."""

F = TypeVar("F", bound=Callable[..., object])


def nothing() -> None:
    """There is nothing to make sure of, or to end."""


@dataclass(frozen=True)
class Subject:
    """A piece of work with a name."""

    name: str
    run: Timed
    threads: int = 1
    sure: Callable[[], None] = nothing
    """Asserts, when all has been timed, that it did what it says."""
    end: Callable[[], None] = nothing


def own(function: F) -> F:
    """`function` with a code object that nobody shares.

    The interpreter specialises a call to what is called at that place in the code; one loop for all subjects
    would be at its best for none of them.
    """
    plain = cast("FunctionType", function)
    copy = FunctionType(plain.__code__.replace(), plain.__globals__, plain.__name__, None, plain.__closure__)
    return cast("F", copy)


def loop(call: Callable[[str], object]) -> Timed:
    """`call("search")`, over and over; what refuses raises."""

    def run(times: int) -> int:
        ask = call
        begun = perf_counter_ns()
        for _ in range(times):
            ask("search")
        return perf_counter_ns() - begun

    return own(run)


def together(shares: Sequence[Timed]) -> Timed:
    """One share for each thread, all at once; the time is from their common start to the last one's end."""

    def run(times: int) -> int:
        start = 0
        ends: list[int] = []

        def appoint() -> None:
            nonlocal start
            start = perf_counter_ns() + 200_000

        barrier = threading.Barrier(len(shares), action=appoint)

        def work(nth: int, share: Timed) -> None:
            # Until the system has found out that all are busy, it may let them take turns on one core.
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {cores[nth % len(cores)]})
            barrier.wait()
            while perf_counter_ns() < start:  # woken one after the other; they begin together
                pass
            share(times)
            ends.append(perf_counter_ns())

        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        crew = [threading.Thread(target=work, args=(nth, share)) for nth, share in enumerate(shares)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        assert len(ends) == len(shares), "a thread failed"
        return max(ends) - start

    return run

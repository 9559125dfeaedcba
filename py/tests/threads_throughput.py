"""How many calls two threads authorise on sessions of their own, against one thread.

Not a test: it is for the free-threaded interpreter and an idle machine of two cores or more.
"""

from __future__ import annotations

import sys
import threading
import time
from statistics import median

from allotment import Enforcer

CALLS = 500_000
ROUNDS = 7


def calls_per_second(threads: int, apart: bool) -> float:
    """Of all threads together, on sessions of one enforcer or, where `apart`, of one each."""
    shared = Enforcer()
    barrier = threading.Barrier(threads + 1)

    def work(index: int) -> None:
        enforcer = Enforcer() if apart else shared
        session = enforcer.create_session(agent=f"agent-{index}", tools=["search"], calls=None)
        authorize = session.authorize
        barrier.wait()
        for _ in range(CALLS):
            authorize("search")
        barrier.wait()

    crew = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for thread in crew:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    barrier.wait()
    took = time.perf_counter() - begun
    for thread in crew:
        thread.join()
    return threads * CALLS / took


def main() -> None:
    """Print both rates and their ratio, the median of rounds that alternate."""
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    print(f"CPython {sys.version.split()[0]}, GIL {gil}, {CALLS} calls a thread, {ROUNDS} rounds")
    for apart in (False, True):
        rounds = [(calls_per_second(1, apart), calls_per_second(2, apart)) for _ in range(ROUNDS)]
        one, two = (median(column) for column in zip(*rounds, strict=True))
        ratio = median(pair[1] / pair[0] for pair in rounds)
        kind = "an enforcer each" if apart else "one enforcer"
        rates = f"1 thread {one / 1e6:.2f}, 2 threads {two / 1e6:.2f} million calls/s"
        print(f"{kind}: {rates}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()

"""The end of an interpreter that still holds everything: code 0, nothing said, no hang."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.thread_unsafe(reason="it starts interpreters")

HELD = """
import atexit, logging, os, sys, threading
from allotment import Denied, Enforcer, KeyedLimiter, Policy
from allotment.logging import EventLog

# Few events, so that the last of them are logged soon, also where four threads go on without the GIL.
enforcer = Enforcer(Policy.from_dict({"events": {"capacity": 64}}))
limiter = KeyedLimiter("1000000/s")
session = enforcer.create_session(agent="a", tools=["search"], calls=None, tokens=10**9)
child = session.delegate(agent="b", tools=["search"])
hold, descent, timer = session.reserve(tokens=5), session.descend(), session.step_timer(5)
limiter.authorize("key")
logging.getLogger("allotment").addHandler(logging.NullHandler())
log = EventLog(enforcer, every=1e-3).start()

@session.guard
def search(n=0):
    return n

class Held:
    "Part of a cycle, so that it goes when modules do."
    def __init__(self):
        self.me, self.held = self, (enforcer, limiter, session, child, session.reserve(tokens=5), log)
    def __del__(self):
        session, hold = self.held[2], self.held[4]
        session.decide("search")
        hold.release()
held = Held()
"""

# What decides runs no Python code. What does (`guard`, `activate`, a generator given to `decide_batch`) is
# not safe in a daemon thread before CPython 3.14, which ends such a thread by unwinding: Rust aborts then.
DECIDING = """
begun = [threading.Event() for _ in range(4)]
def decide(index):
    mine = enforcer.create_session(agent=f"t{index}", tools=["search"], calls=None, tokens=10**12)
    guarded = mine.guard(lambda: None, tool="search")
    while True:
        mine.authorize("search")
        mine.decide_batch(['search'] * 3)
        limiter.decide(f"key-{index}")
        mine.reserve(tokens=1).release()
        with mine.descend(), mine.reserve(tokens=1):
            guarded()
        try:
            mine.authorize("unlisted")
        except Denied:
            pass
        begun[index].set()

for index in range(4):
    threading.Thread(target=decide, args=(index,), daemon=True).start()
for each in begun:
    each.wait()
"""

ENDS = {
    "falls off the end": "",
    "sys.exit": "sys.exit(0)",
    "os._exit": "os._exit(0)",
    "sys.exit in a thread": "thread = threading.Thread(target=sys.exit); thread.start(); thread.join()",
    "SystemExit inside of blocks": "with session.activate(), session.reserve(tokens=1), log: sys.exit(0)",
    "an exit handler that decides": "atexit.register(session.authorize, 'search')",
    "a thread that goes on": "threading.Thread(target=lambda: [search(n) for n in range(10_000)]).start()",
    "modules go first": "for name in list(sys.modules):\n    if 'allotment' in name: del sys.modules[name]",
    "held in the module itself": "import allotment; allotment.held, sys.held = held, held",
}


def end(script: str) -> None:
    """Run the script; it must end by itself, well, and say nothing."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("how", ENDS.values(), ids=ENDS)
def test_an_interpreter_that_holds_everything_ends_well(how: str) -> None:
    end(HELD + how)


@pytest.mark.parametrize("how", ENDS.values(), ids=ENDS)
def test_it_ends_well_while_daemon_threads_decide(how: str) -> None:
    for _ in range(3):
        end(HELD + DECIDING + how)


def test_it_can_fail() -> None:
    """A script that says something, or ends badly, is noticed."""
    for bad in ("print('x')", "import sys; sys.exit(3)", "raise ValueError", "import os; os.abort()"):
        with pytest.raises(AssertionError):
            end(bad)

"""Nothing stays behind: memory, counts, references (D6, D23)."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from allotment import Denied, Enforcer, InvalidPolicy, Policy, SessionExpired
from allotment.testing import ManualClock
from drive import race

if TYPE_CHECKING:
    from collections.abc import Callable

    from drive import Create

pytestmark = pytest.mark.thread_unsafe(reason="it measures the process")

MIB = 1 << 20


def resident() -> int:
    """The memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")


def growth(work: Callable[[], object], rounds: int) -> int:
    """By how much the memory grows over this many rounds, once two have warmed it up."""
    for _ in range(2):
        work()
    gc.collect()
    before = resident()
    for _ in range(rounds):
        work()
    gc.collect()
    return resident() - before


def ten_thousand(kept: list[Any]) -> Callable[[], None]:
    """Lives of 10,000 sessions of many agents, half of them closed, half expired, then swept.

    ``kept`` is the leak: a session in it stays.
    """
    clock = ManualClock()
    policy = Policy.from_dict({"agents": {"*": {"max_sessions": 100_000, "rate": "1000000/s"}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    leaks = bool(kept)

    def live() -> None:
        for index in range(10_000):
            session = enforcer.create_session(
                agent=f"agent-{index % 1_000}",
                tenant=f"tenant-{index % 100}",
                intent="read " * 20,
                tools=["search", "read", f"tool-{index % 50}"],
                calls=5,
                tokens=9,
                time_limit=1,
            )
            session.decide("search", tokens=3)
            if index % 2:
                session.close()
            if leaks:
                kept.append(session)
        clock.advance(2)
        assert enforcer.sweep() == 10_000
        clock.advance(2)
        enforcer.sweep()
        stats = enforcer.stats()
        assert (stats["sessions"], stats["agents"], stats["tenants"]) == (0, 0, 0)

    return live


def growth_over_a_hundred_thousand(kept: str) -> int:
    """In a process of its own: what other tests have freed would hide it."""
    program = f"import test_leaks as t; print(t.growth(t.ten_thousand({kept}), rounds=10))"
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=Path(__file__).parent, check=True, capture_output=True, text=True)
    return int(done.stdout)


@linux
# B23
def test_b23_a_hundred_thousand_sessions_that_ended_leave_nothing() -> None:
    """After 20,000 that warm it up. The bound is 125 bytes a session; one that stays takes over 1,000."""
    assert growth_over_a_hundred_thousand("[]") < 12 * MIB


@linux
def test_b23_a_list_that_holds_on_to_sessions_is_noticed() -> None:
    assert growth_over_a_hundred_thousand("[None]") > 60 * MIB


@linux
def test_ever_new_tool_lists_are_not_kept() -> None:
    enforcer = Enforcer(clock=ManualClock())
    turn = iter(range(10**9))

    def live() -> None:
        for _ in range(300):
            names = [f"tool-{next(turn)}" for _ in range(100)]
            enforcer.create_session(agent="a", tools=dict.fromkeys(names, 5)).close()
        enforcer.sweep()

    assert growth(live, rounds=8) < 8 * MIB


@linux
def test_denials_and_errors_and_policies_leave_nothing(create: Create, enforcer: Enforcer) -> None:
    session = create(calls=0, intent="x" * 500)
    forged = "x" * 10_000

    def attempt() -> None:
        for _ in range(300):
            for ask in (
                lambda: session.authorize("search"),
                lambda: session.authorize(forged),
                lambda: session.authorize_batch(["search"] * 100),
                lambda: enforcer.authorize(session.id, "search", agent=forged),
                lambda: enforcer.create_session(agent=forged, tools=[]),
            ):
                try:
                    ask()
                except (Denied, InvalidPolicy) as error:
                    repr(error)
            decision = session.decide(forged)
            assert decision.detail
            session.snapshot()
            enforcer.set_policy(
                Policy.from_dict({"agents": {f"a{index}": {"calls": index} for index in range(20)}})
            )

    assert growth(attempt, rounds=8) < 8 * MIB


# D6
def test_d6_agents_that_have_gone_are_forgotten_only_when_it_gives_them_nothing() -> None:
    clock = ManualClock()
    policy = Policy.from_dict({"agents": {"*": {"rate": "6/min"}, "spender": {"calls": 3}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    for agent in ("fast", "spender"):
        session = enforcer.create_session(agent=agent, tools=["search"])
        session.authorize_batch(["search"] * 3)
        session.close()
    enforcer.sweep()
    assert enforcer.stats()["agents"] == 2
    again = enforcer.create_session(agent="fast", tools=["search"])
    assert not again.decide_batch(["search"] * 4).allowed
    again.close()
    clock.advance(30)
    enforcer.sweep()
    assert enforcer.stats()["agents"] == 1
    assert not enforcer.create_session(agent="spender", tools=["search"]).decide("search").allowed


def test_handles_are_freed_by_their_last_reference_without_the_collector(enforcer: Enforcer) -> None:
    """Neither a session nor an enforcer is part of a cycle, whatever was done with it."""

    def use() -> list[weakref.ref[Any]]:
        private = Enforcer()
        session = private.create_session(agent="a", tools=["search"])

        @session.guard
        def search(kept: Any = session) -> Any:
            return kept

        with session.activate() as current, current:
            search()
            kept = [
                session.decide("search"),
                session.preview("unlisted"),
                session.snapshot(),
                session == current,
            ]
            deny(session)
        return [weakref.ref(item) for item in (private, session, private.get(session.id)) if kept]

    gc.collect()
    gc.disable()
    try:
        assert [ref() for ref in use()] == [None, None, None]
    finally:
        gc.enable()


def deny(session: Any) -> None:
    """Have a call denied by an exception."""
    with pytest.raises(Denied):
        session.authorize("unlisted")


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session.decide("search"),
        lambda session: session.decide("unlisted"),
        lambda session: session.preview("search"),
        lambda session: session.snapshot(),
        lambda session: session.activate().__enter__() and None,
        lambda session: session.guard(lambda: None),
        deny,
    ],
    ids=["decide", "deny", "preview", "snapshot", "activate", "guard", "raise"],
)
def test_nothing_keeps_a_reference_to_what_it_was_given(create: Create, use: Any) -> None:
    import contextvars

    session = create()
    tool = "".join(["sea", "rch"])
    gc.collect()
    before = (sys.getrefcount(session), sys.getrefcount(tool))
    for _ in range(100):
        contextvars.copy_context().run(use, session)
        assert session.decide(tool).tool == "search"
    gc.collect()
    assert (sys.getrefcount(session), sys.getrefcount(tool)) == before


def test_a_session_outlives_its_enforcer_and_frees_it(clock: ManualClock) -> None:
    session = Enforcer(clock=clock).create_session(agent="a", tools=["search"], calls=2)
    gc.collect()
    session.authorize("search")
    assert session.decide("search").remaining == 0
    session.close()


@linux
def test_enforcers_are_freed_with_their_sessions() -> None:
    def live() -> None:
        for _ in range(20):
            enforcer = Enforcer(clock=ManualClock())
            for index in range(200):
                enforcer.create_session(agent=f"a{index}", tools=["search"], intent="x" * 500)

    assert growth(live, rounds=10) < 8 * MIB


# D23
def test_d23_what_threads_leave_behind_is_swept_to_nothing(enforcer: Enforcer, clock: ManualClock) -> None:
    def live(index: int) -> None:
        for turn in range(500):
            session = enforcer.create_session(
                agent=f"a{index}-{turn % 9}", tenant=f"t{turn % 3}", tools=["search"], time_limit=1
            )
            if turn % 3:
                with contextlib.suppress(SessionExpired):
                    session.close()
            if turn % 50 == 0:
                enforcer.sweep()
                enforcer.active_sessions(f"a{index}-0")
            if not turn % 9:
                clock.advance(1)

    race(4, live)
    clock.advance(2)
    enforcer.sweep()
    stats = enforcer.stats()
    assert (stats["sessions"], stats["agents"], stats["tenants"]) == (0, 0, 0)

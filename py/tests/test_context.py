"""``with session`` closes; ``session.activate()`` makes it the current one (G1)."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from allotment import SessionClosed, current_session
from drive import race

if TYPE_CHECKING:
    from allotment import Session
    from allotment.testing import ManualClock
    from drive import Create


def test_leaving_a_with_block_closes_the_session(create: Create) -> None:
    with create() as session:
        session.authorize("search")
        assert session.snapshot()["status"] == "active"
    assert session.snapshot()["status"] == "closed"
    with pytest.raises(SessionClosed):
        session.authorize("search")


def test_an_exception_passes_and_the_session_is_closed(create: Create) -> None:
    session = create()
    with pytest.raises(KeyError, match="mine"), session:
        raise KeyError("mine")
    assert session.snapshot()["status"] == "closed"


def test_a_session_that_has_ended_inside_the_block_is_no_error(create: Create, clock: ManualClock) -> None:
    with create() as closed:
        closed.close()
    with create(time_limit=1) as expired:
        clock.advance(1)
    with create() as paused:
        paused.pause()
    assert [session.snapshot()["status"] for session in (closed, expired, paused)] == [
        "closed",
        "expired",
        "closed",
    ]


def test_an_async_with_block_closes_too(create: Create) -> None:
    async def main(session: Session) -> None:
        async with session as entered:
            assert entered is session
            entered.authorize("search")
        raise KeyError("mine")

    async def failing(session: Session) -> None:
        async with session:
            raise KeyError("mine")

    for work in (main, failing):
        session = create()
        with pytest.raises(KeyError, match="mine"):
            asyncio.run(work(session))
        assert session.snapshot()["status"] == "closed"


# G1
def test_g1_there_is_no_current_session_unless_one_is_activated(create: Create) -> None:
    create()
    assert current_session() is None


def test_activating_makes_a_session_current_and_leaving_restores(create: Create) -> None:
    outer, inner = create(), create()
    with outer.activate():
        assert current_session().id == outer.id  # type: ignore[union-attr]
        with inner.activate():
            assert current_session().id == inner.id  # type: ignore[union-attr]
        assert current_session().id == outer.id  # type: ignore[union-attr]
        with outer.activate():
            pass
        assert current_session().id == outer.id  # type: ignore[union-attr]
    assert current_session() is None
    assert outer.snapshot()["status"] == "active"


def test_an_exception_restores_too(create: Create) -> None:
    with pytest.raises(KeyError, match="mine"), create().activate():
        raise KeyError("mine")
    assert current_session() is None


def test_one_activation_may_be_entered_again_or_says_that_it_may_not(create: Create) -> None:
    session = create()
    activation = session.activate()
    with activation:
        pass
    try:
        with activation:
            assert current_session().id == session.id  # type: ignore[union-attr]
    except RuntimeError:
        pass
    assert current_session() is None


def test_a_current_session_may_be_closed_and_stays_current_and_denies(create: Create) -> None:
    session = create()
    with session.activate():
        session.close()
        with pytest.raises(SessionClosed):
            current_session().authorize("search")  # type: ignore[union-attr]
    assert current_session() is None


def test_each_thread_has_its_own_current_session(create: Create) -> None:
    sessions = [create() for _ in range(8)]
    together = threading.Barrier(8)

    def work(index: int) -> set[str]:
        assert current_session() is None
        seen = set()
        for _ in range(50):
            with sessions[index].activate():
                seen.add(current_session().id)  # type: ignore[union-attr]
        together.wait()
        return seen

    assert race(8, work) == [{session.id} for session in sessions]
    assert current_session() is None

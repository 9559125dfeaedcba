"""Exact in asyncio tasks, and never in the way of the event loop (B24, D20)."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from allotment import BudgetExceeded, current_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drive import Create


async def gathered(count: int, work: Any) -> list[Any]:
    """What this many tasks of the work return or raise."""
    return await asyncio.gather(*(work() for _ in range(count)), return_exceptions=True)


# B24, D20
def test_b24_d20_sixty_four_tasks_on_a_budget_of_ten_make_ten_calls(create: Create) -> None:
    session = create(calls=10)
    ran: list[None] = []

    @session.guard
    async def search() -> str:
        await asyncio.sleep(0)
        ran.append(None)
        await asyncio.sleep(0)
        return "found"

    results = asyncio.run(gathered(64, search))
    assert results.count("found") == len(ran) == 10
    assert sum(isinstance(result, BudgetExceeded) for result in results) == 54


# B24
def test_b24_ten_tasks_on_a_budget_of_five(create: Create) -> None:
    session = create(calls=5)

    async def work() -> None:
        await asyncio.sleep(0)
        session.authorize("search")

    results = asyncio.run(gathered(10, work))
    assert results.count(None) == 5
    assert {result.reason for result in results if result is not None} == {"budget_exceeded"}


def test_tasks_in_threads_are_exact_too(create: Create) -> None:
    session = create(calls=100)

    async def in_threads() -> list[bool]:
        def ask() -> bool:
            return session.decide("search").allowed

        return await asyncio.gather(*(asyncio.to_thread(ask) for _ in range(300)))

    assert sum(asyncio.run(in_threads())) == 100


def test_each_task_has_its_own_current_session(create: Create) -> None:
    async def work(session: Any) -> list[str]:
        seen = []
        with session.activate():
            for _ in range(5):
                await asyncio.sleep(0)
                seen.append(current_session().id)  # type: ignore[union-attr]
        assert current_session() is None
        return seen

    async def both(one: Any, two: Any) -> tuple[list[str], list[str]]:
        first, second = await asyncio.gather(work(one), work(two))
        return first, second

    one, two = create(), create()
    assert asyncio.run(both(one, two)) == ([one.id] * 5, [two.id] * 5)
    assert current_session() is None


def test_a_task_inherits_the_current_session_and_cannot_change_its_parents(create: Create) -> None:
    outer, inner = create(), create()

    async def child(started: asyncio.Event, go_on: asyncio.Event) -> list[Any]:
        seen = [current_session()]
        with inner.activate():
            started.set()
            await go_on.wait()
            seen.append(current_session())
        return [*seen, current_session()]

    async def main() -> tuple[list[Any], Any]:
        started, go_on = asyncio.Event(), asyncio.Event()
        with outer.activate():
            task = asyncio.create_task(child(started, go_on))
            await started.wait()
            meanwhile = current_session()
            go_on.set()
            return await task, meanwhile

    assert asyncio.run(main()) == ([outer, inner, outer], outer)


def test_a_stream_that_is_closed_by_another_task_is_no_error(create: Create) -> None:
    session = create()

    async def stream() -> AsyncIterator[Any]:
        with session.activate():
            yield current_session()
            yield None

    async def main() -> tuple[Any, Any]:
        items = stream()
        first = await asyncio.create_task(anext(items))  # type: ignore[arg-type]
        await asyncio.create_task(items.aclose())  # type: ignore[attr-defined]
        return first, current_session()

    assert asyncio.run(main()) == (session, None)


def test_to_thread_carries_the_current_session_and_a_plain_thread_does_not(create: Create) -> None:
    session = create()
    seen: list[Any] = []

    async def main() -> Any:
        with session.activate():
            thread = threading.Thread(target=lambda: seen.append(current_session()))
            thread.start()
            thread.join()
            return await asyncio.to_thread(current_session)

    carried = asyncio.run(main())
    assert carried.id == session.id
    assert seen == [None]


def test_a_cancelled_task_leaves_the_session_usable_and_its_call_charged_once(create: Create) -> None:
    session = create(calls=10)

    @session.guard
    async def search() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(search())
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return
        raise AssertionError

    asyncio.run(main())
    assert session.snapshot()["calls"]["spent"] == 1
    assert session.decide("search").remaining == 8


def test_a_coroutine_that_is_never_awaited_runs_nothing(create: Create) -> None:
    session = create(calls=10)
    ran: list[None] = []

    @session.guard
    async def search() -> None:
        ran.append(None)

    search().close()
    assert ran == []
    assert session.snapshot()["calls"]["spent"] == 0

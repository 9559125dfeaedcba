"""``session.guard``: a function whose calls are authorised under its name."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from allotment import BudgetExceeded, SessionClosed, ToolNotAuthorized
from drive import spent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from drive import Create


def test_a_guarded_function_runs_as_often_as_the_budget_says(create: Create) -> None:
    session = create(calls=2)
    ran: list[str] = []

    @session.guard
    def search(query: str, *, limit: int = 3) -> str:
        ran.append(query)
        return query * limit

    assert search("a") == "aaa"
    assert search(query="b", limit=1) == "b"
    with pytest.raises(BudgetExceeded):
        search("c")
    assert ran == ["a", "b"]


# B10
def test_b10_its_name_is_the_tool(create: Create) -> None:
    session = create(tools=["search"])

    @session.guard
    def Search() -> None:
        raise AssertionError

    with pytest.raises(ToolNotAuthorized) as caught:
        Search()
    assert caught.value.tool == "Search"


def test_it_still_looks_like_the_function(create: Create) -> None:
    def search(query: str, limit: int = 3) -> list[str]:
        """Search the archive."""
        return [query] * limit

    guarded = create().guard(search)
    assert (guarded.__name__, guarded.__doc__) == ("search", "Search the archive.")
    assert inspect.signature(guarded) == inspect.signature(search)
    assert guarded.__wrapped__ is search  # type: ignore[attr-defined]


def test_a_failed_call_stays_charged_and_its_exception_passes(create: Create) -> None:
    session = create(calls=2)

    @session.guard
    def search() -> None:
        raise KeyError("lost")

    for _ in range(2):
        with pytest.raises(KeyError, match="lost"):
            search()
    with pytest.raises(BudgetExceeded):
        search()


def test_an_async_function_stays_one(create: Create) -> None:
    session = create(calls=1)

    @session.guard
    async def search() -> str:
        await asyncio.sleep(0)
        return "found"

    assert inspect.iscoroutinefunction(search)

    async def main() -> str:
        found = await search()
        with pytest.raises(BudgetExceeded):
            await search()
        return found

    assert asyncio.run(main()) == "found"


def test_a_generator_stays_one_and_is_one_call(create: Create) -> None:
    session = create(calls=1)

    @session.guard
    def search() -> Iterator[int]:
        received = yield 1
        yield received
        return

    assert inspect.isgeneratorfunction(search)
    running = search()
    assert next(running) == 1
    assert running.send(7) == 7  # type: ignore[attr-defined]
    assert list(running) == []
    assert spent(session) == 1
    with pytest.raises(BudgetExceeded):
        next(search())


def test_a_denied_generator_never_starts(create: Create) -> None:
    ran: list[None] = []

    @create(calls=0).guard
    def search() -> Iterator[int]:
        ran.append(None)
        yield 1

    with pytest.raises(BudgetExceeded):
        list(search())
    assert ran == []


def test_an_async_generator_stays_one_and_is_one_call(create: Create) -> None:
    session = create(calls=1)
    ended: list[None] = []

    @session.guard
    async def search() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            ended.append(None)

    assert inspect.isasyncgenfunction(search)

    async def main() -> None:
        assert [item async for item in search()] == [1, 2]
        with pytest.raises(BudgetExceeded):
            [item async for item in search()]

    asyncio.run(main())
    assert (spent(session), ended) == (1, [None])


def test_an_async_generator_is_driven_as_if_it_were_not_guarded(create: Create) -> None:
    heard: list[object] = []

    @create().guard
    async def search() -> AsyncIterator[Any]:
        try:
            heard.append((yield 1))
            try:
                yield 2
            except KeyError as error:
                heard.append(error.args)
            yield 3
            yield 4
        finally:
            heard.append("ended")

    async def main() -> list[Any]:
        items: Any = search()
        seen = [await anext(items), await items.asend("sent"), await items.athrow(KeyError("thrown"))]
        await items.aclose()
        return seen

    assert asyncio.run(main()) == [1, 2, 3]
    assert heard == ["sent", ("thrown",), "ended"]


def test_an_exception_inside_an_async_generator_passes(create: Create) -> None:
    @create().guard
    async def search() -> AsyncIterator[int]:
        yield 1
        raise KeyError("lost")

    async def main() -> None:
        assert [item async for item in search()] == []

    with pytest.raises(KeyError, match="lost"):
        asyncio.run(main())


def test_the_tools_name_may_be_given(create: Create) -> None:
    session = create(tools=["archive.search"], calls=1)

    @session.guard(tool="archive.search")
    def anything() -> str:
        return "found"

    assert anything() == "found"
    with pytest.raises(BudgetExceeded):
        anything()
    with pytest.raises(TypeError):
        session.guard(tool=5)


def test_one_function_may_be_guarded_by_two_sessions(create: Create) -> None:
    one, two = create(calls=5), create(calls=1)
    both = one.guard(two.guard(search))
    assert both() == "found"
    with pytest.raises(BudgetExceeded):
        both()
    assert (spent(one), spent(two)) == (2, 1)


def test_a_method_is_guarded_with_its_self(create: Create) -> None:
    session = create()

    class Tools:
        def __init__(self) -> None:
            self.found = 0

        @session.guard
        def search(self, by: int) -> int:
            self.found += by
            return self.found

    tools = Tools()
    assert (tools.search(2), tools.search(3)) == (2, 5)
    assert spent(session) == 2


def test_a_guard_of_a_closed_session_denies(create: Create) -> None:
    session = create()
    guarded = session.guard(search)
    session.close()
    with pytest.raises(SessionClosed):
        guarded()


def search() -> str:
    return "found"


# D14
def test_d14_arguments_that_do_not_fit_are_still_an_attempt_or_cost_nothing(create: Create) -> None:
    """Whichever it is, the call is charged at most once and the error is the function's own."""
    session = create()
    with pytest.raises(TypeError, match="search"):
        session.guard(search)("unexpected")
    assert spent(session) <= 1


@pytest.mark.parametrize("wrong", [5, "search", b"search", ["search"]])
def test_what_cannot_be_called_cannot_be_guarded(create: Create, wrong: Any) -> None:
    with pytest.raises(TypeError):
        create().guard(wrong)

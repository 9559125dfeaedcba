"""Reservations: an estimate that is admitted ends exactly once, whatever becomes of its holder (D25)."""

from __future__ import annotations

import asyncio
import gc
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from allotment import BudgetExceeded, Enforcer, InvalidPolicy, Policy, Reservation
from drive import race

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from allotment import Session
    from drive import Create


def tokens(session: Session) -> tuple[int, int]:
    """Spent and reserved."""
    held = session.snapshot()["tokens"]
    return held["spent"], held["reserved"]


# D25
def test_d25_settling_twice_is_an_error_that_changes_nothing(create: Create) -> None:
    session = create(tokens=10_000, cost_usd="1")
    with session.reserve(tokens=4000, cost_usd="0.05") as hold:
        assert (hold.tokens, hold.cost_usd, hold.ended) == (4000, Decimal("0.05"), False)
        assert tokens(session) == (4000, 4000)
        assert hold.settle(tokens=3120, cost_usd="0.031") is False
        for again in (hold.release, lambda: hold.settle(tokens=1)):
            with pytest.raises(InvalidPolicy, match="ended already"):
                again()
    assert tokens(session) == (3120, 0)
    assert session.snapshot()["cost"]["spent"] == "0.031"


# D25
@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
# D25
def test_d25_an_exception_forfeits_and_goes_on(create: Create, failure: type[BaseException]) -> None:
    session = create(tokens=10_000)
    with pytest.raises(failure), session.reserve(tokens=4000):
        raise failure
    assert tokens(session) == (4000, 0)
    with pytest.raises(failure), session.reserve(tokens=4000) as hold:
        hold.progress(tokens=10)
        hold.progress(tokens=250)
        raise failure
    assert tokens(session) == (4250, 0)


# D25
def test_d25_fifty_cancelled_tasks_leak_nothing_and_give_nothing_back_twice(create: Create) -> None:
    session = create(tokens=100_000)

    async def call(number: int) -> None:
        async with session.reserve(tokens=1000) as hold:
            hold.progress(tokens=number)
            await asyncio.sleep(3600)
            hold.settle(tokens=1000)

    async def run() -> None:
        tasks = [asyncio.create_task(call(number)) for number in range(50)]
        await asyncio.sleep(0)
        assert tokens(session) == (50_000, 50_000)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)

    asyncio.run(run())
    assert tokens(session) == (sum(range(50)), 0)


# D25
def test_d25_an_abandoned_stream_is_charged_what_it_said(create: Create) -> None:
    session = create(tokens=10_000)

    def stream() -> Iterator[int]:
        with session.reserve(tokens=1000) as hold:
            for piece in range(100):
                hold.progress(tokens=piece + 1)
                yield piece
            hold.settle(tokens=100)

    for piece in stream():
        if piece == 6:
            break
    gc.collect()
    assert tokens(session) == (7, 0)
    assert list(stream()) == list(range(100))
    assert tokens(session) == (107, 0)


# D25
def test_d25_a_reservation_that_is_collected_is_forfeited_also_where_its_enforcer_went_first(
    create: Create,
) -> None:
    session = create(tokens=10_000)
    hold: Reservation | None = session.reserve(tokens=1000)
    del hold
    gc.collect()
    assert tokens(session) == (1000, 0)
    last = create(tokens=5).reserve(tokens=5)
    gc.collect()
    assert last.settle(tokens=5) is False


def test_what_was_spent_beyond_the_estimate_is_charged_and_stops_what_follows(create: Create) -> None:
    session = create(tokens=100)
    assert session.reserve(tokens=60).settle(tokens=140) is True
    with pytest.raises(BudgetExceeded):
        session.reserve(tokens=1)
    assert session.record(tokens=5) is True
    assert tokens(session) == (145, 0)


@pytest.mark.parametrize(
    "nonsense", [{}, {"tokens": 0}, {"tokens": -1}, {"tokens": 1.5}, {"cost_usd": "NaN"}]
)
def test_an_estimate_that_makes_no_sense_is_an_error(create: Create, nonsense: dict[str, object]) -> None:
    session = create(tokens=100)
    with pytest.raises(InvalidPolicy):
        session.reserve(**nonsense)
    assert tokens(session) == (0, 0)


def test_concurrent_reservations_never_hold_more_than_the_budget(create: Create) -> None:
    session = create(tokens=2000)

    def run(_: int) -> int:
        used = 0
        for _ in range(200):
            try:
                hold = session.reserve(tokens=100)
            except BudgetExceeded:
                continue
            assert tokens(session)[0] <= 2000
            hold.settle(tokens=7)
            used += 7
        return used

    assert sum(race(8, run)) == tokens(session)[0] <= 2000


# D25
def test_d25_an_abandoned_asynchronous_stream_is_charged_what_it_said(create: Create) -> None:
    session = create(tokens=10_000)

    async def stream() -> AsyncIterator[int]:
        async with session.reserve(tokens=1000) as hold:
            for piece in range(100):
                hold.progress(output_tokens=piece + 1)
                yield piece
            hold.settle(output_tokens=100)

    async def run() -> None:
        pieces = stream()
        async for piece in pieces:
            if piece == 6:
                break
        await pieces.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())
    assert tokens(session) == (7, 0)
    assert session.snapshot()["tokens_by_kind"]["output"] == 7


# D25
def test_d25_a_block_that_ends_without_settling_is_charged_too(create: Create) -> None:
    session = create(tokens=10_000)
    with session.reserve(tokens=1000):
        pass
    assert tokens(session) == (1000, 0)
    with session.reserve(tokens=1000) as hold:
        hold.progress(tokens=3)
    assert tokens(session) == (1003, 0)
    with session.reserve(tokens=1000) as hold:
        hold.release()
    assert tokens(session) == (1003, 0)
    assert hold.ended


# D25
def test_d25_a_policy_may_give_back_what_a_vanished_holder_held() -> None:
    enforcer = Enforcer(Policy.from_dict({"reservations": {"on_vanish": "release"}}))
    session = enforcer.create_session(agent="a", tools=[], tokens=1000)
    with pytest.raises(KeyboardInterrupt), session.reserve(tokens=1000):
        raise KeyboardInterrupt
    assert tokens(session) == (0, 0)
    with session.reserve(tokens=1000) as hold:
        hold.progress(tokens=5)
    assert tokens(session) == (5, 0)


# D25
def test_d25_a_reservation_outlives_everything_it_was_made_from() -> None:
    enforcer = Enforcer()
    session = enforcer.create_session(agent="a", tools=[], tokens=100)
    hold = session.reserve(tokens=60)
    kept, vanished = enforcer.get(session.id), session.reserve(tokens=30)
    del enforcer, session
    gc.collect()
    assert hold.settle(tokens=50) is False
    del vanished
    gc.collect()
    assert tokens(kept) == (80, 0)


# D25
def test_d25_of_all_who_end_it_at_once_one_does(create: Create) -> None:
    session = create(tokens=100_000)

    def settle(hold: Reservation) -> int:
        try:
            hold.settle(tokens=1)
        except InvalidPolicy:
            return 0
        return 1

    for _ in range(50):
        hold = session.reserve(tokens=100)
        assert sum(race(4, lambda _, hold=hold: settle(hold))) == 1
    assert tokens(session) == (50, 0)


def test_tokens_count_by_kind_as_the_policy_weighs_them() -> None:
    policy = Policy.from_dict({"tokens": {"input": 1, "output": 5, "cached": 0.5}})
    session = Enforcer(policy).create_session(agent="a", tools=[], tokens=1000)
    with session.reserve(tokens=1, input_tokens=100, output_tokens=50, cached_tokens=10) as hold:
        assert hold.tokens == 1 + 100 + 250 + 5
        hold.settle(input_tokens=80, output_tokens=10, cached_tokens=4)
    assert tokens(session) == (80 + 50 + 2, 0)
    session.record(output_tokens=2)
    assert tokens(session) == (142, 0)
    assert session.snapshot()["tokens_by_kind"] == {"input": 80, "output": 12, "cached": 4}


def test_less_than_asked_for_may_do(create: Create) -> None:
    session = create(tokens=1000, cost_usd="1", steps=5)
    with session.reserve(tokens=900, cost_usd="0.90", steps=1) as hold:
        hold.settle(tokens=900, cost_usd="0.90", steps=1)
    with pytest.raises(BudgetExceeded):
        session.reserve(tokens=4000, at_least=101)
    with pytest.raises(BudgetExceeded):
        session.reserve(tokens=4000, cost_usd="0.50", at_least=50)
    with session.reserve(tokens=4000, cost_usd="0.05", at_least=50) as hold:
        assert (hold.tokens, hold.cost_usd, hold.steps) == (100, Decimal("0.05"), 0)
        assert tokens(session) == (1000, 100)
        hold.release()
    least = {"tokens": 7, "cost_usd": "0.01", "steps": 2}
    with session.reserve(output_tokens=800, cost_usd="0.5", steps=9, at_least=least) as hold:
        assert (hold.tokens, hold.cost_usd, hold.steps) == (100, Decimal("0.10"), 4)
        hold.release()
    assert session.reserve(tokens=50, at_least=0).tokens == 50


@pytest.mark.parametrize(
    ("at_least", "argument"),
    [
        (-1, "at_least"),
        (2**64, "at_least"),
        (1.5, "at_least"),
        ("5", "at_least"),
        (True, "at_least"),
        ([5], "at_least"),
        (101, "at_least"),
        ({"token": 5}, 'at_least["token"]'),
        ({5: 5}, "at_least"),
        ({"tokens": 101}, 'at_least["tokens"]'),
        ({"tokens": -1}, 'at_least["tokens"]'),
        ({"cost_usd": "NaN"}, 'at_least["cost_usd"]'),
        ({"cost_usd": "0.11"}, 'at_least["cost_usd"]'),
        ({"steps": 1}, 'at_least["steps"]'),
        ({"discovered_steps": None}, 'at_least["discovered_steps"]'),
    ],
)
def test_a_least_that_makes_no_sense_is_an_error(create: Create, at_least: Any, argument: str) -> None:
    session = create(tokens=1000, cost_usd="1")
    with pytest.raises(InvalidPolicy) as caught:
        session.reserve(tokens=100, cost_usd="0.10", at_least=at_least)
    assert caught.value.argument == argument
    assert tokens(session) == (0, 0)

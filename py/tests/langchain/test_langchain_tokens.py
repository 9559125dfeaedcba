"""Model calls are reserved before they are sent, and each reservation ends exactly once."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ModelCallLimitMiddleware,
)
from langgraph.checkpoint.memory import InMemorySaver
from scripted import ASK, Body, Meeting, Scripted, agent, asks, broken, gates, run, thousand, tokens, usage

from allotment import BudgetExceeded, Enforcer, InvalidPolicy, Policy
from allotment.langchain import AllotmentMiddleware, Price
from drive import race

if TYPE_CHECKING:
    from drive import Create
BOTH = pytest.mark.parametrize("how", ["sync", "async"])
PRICES = {"scripted": Price("3.00", "15.00", cached="0.30", cache_write="3.75")}


def show(scenario: str, ours: int, theirs: int) -> None:
    print(f"\n{scenario}: allotment {ours}, ModelCallLimitMiddleware {theirs} tokens (limit 3300)")


def test_twenty_runs_in_threads_on_one_budget(create: Create) -> None:
    """3,300 tokens are three calls of 1,100. LangChain limits no tokens; three model calls come nearest."""
    session = create(tokens=3300)
    most: list[int] = []

    def used(limit: Any) -> int:
        answered: list[int] = []
        barrier = threading.Barrier(20)

        def look() -> None:
            answered.append(1100)
            most.append(tokens(session)[0])

        one = agent(asks(said=usage(1000, 100)), [], limit, sync_gate=look, checkpointer=InMemorySaver())

        def go(_: int) -> Any:
            barrier.wait()
            return one.invoke(ASK, {"configurable": {"thread_id": "shared"}})

        race(20, go)
        return sum(answered)

    ours = used(AllotmentMiddleware(session, count_tokens=thousand))
    theirs = used(ModelCallLimitMiddleware(thread_limit=3))
    show("20 runs in threads", ours, theirs)
    assert (ours, tokens(session)) == (3300, (3300, 0))
    assert max(most) <= 3300
    assert theirs > 3300


def test_twenty_runs_in_tasks_on_one_budget(create: Create) -> None:
    session = create(tokens=3300)
    most: list[int] = []

    def used(limit: Any, expected: int) -> int:
        answered: list[int] = []

        async def main() -> None:
            meeting = Meeting(expected)

            async def look() -> None:
                answered.append(1100)
                most.append(tokens(session)[0])
                await meeting.wait()

            saver = InMemorySaver()
            one = agent(asks(said=usage(1000, 100)), [], limit, async_gate=look, checkpointer=saver)
            config = {"configurable": {"thread_id": "shared"}}
            await asyncio.gather(*(one.ainvoke(ASK, config) for _ in range(20)))

        asyncio.run(main())
        return sum(answered)

    ours = used(AllotmentMiddleware(session, count_tokens=thousand), 3)
    theirs = used(ModelCallLimitMiddleware(thread_limit=3), 20)
    show("20 runs in tasks", ours, theirs)
    assert (ours, tokens(session)) == (3300, (3300, 0))
    assert max(most) <= 3300
    assert theirs == 22_000


@BOTH
def test_what_is_reported_is_charged_and_the_rest_given_back(create: Create, how: str) -> None:
    session = create(tokens=2000, cost_usd="1.00")
    seen: list[Any] = []
    said = usage(100, 20, cache_read=40, cache_creation=10)
    limit = AllotmentMiddleware(session, prices=PRICES, count_tokens=thousand)
    run(how, agent(asks(said=said), [], limit, **gates(lambda: seen.append(session.snapshot()))))
    assert seen[0]["tokens"]["reserved"] == 1100
    assert seen[0]["cost"]["reserved"] == "0.0045"  # 1000 at 3.00 and 100 at 15.00 a million
    assert tokens(session) == (120, 0)
    # 50 at 3.00, 40 at 0.30, 10 at 3.75 and 20 at 15.00 a million
    assert Decimal(session.snapshot()["cost"]["spent"]) == Decimal("0.0004995")


WEIGHTS = {"input": 2, "output": 5, "cached": 0.1}


@BOTH
@pytest.mark.parametrize("limited", ["session", "agent", "tenant", "ancestor"])
def test_tokens_of_each_kind_count_as_the_policy_weighs_them(how: str, limited: str) -> None:
    """Once, on every account; the estimate is weighed as what is reported is."""
    sections = {
        "agent": {"agents": {"agent-7": {"tokens": 5000}}},
        "tenant": {"tenants": {"t": {"tokens": 5000}}},
    }
    enforcer = Enforcer(Policy.from_dict({"tokens": WEIGHTS, **sections.get(limited, {})}))
    own = {"tokens": 5000} if limited in ("session", "ancestor") else {}
    session = root = enforcer.create_session(agent="agent-7", tools="*", tenant="t", **own)
    if limited == "ancestor":
        session = root.delegate(agent="agent-8", tools="*")
    seen: list[Any] = []
    said = usage(100, 20, cache_read=35, cache_creation=10)
    limit = AllotmentMiddleware(session, count_tokens=thousand)
    run(how, agent(asks(said=said), [], limit, **gates(lambda: seen.append(tokens(root)))))
    estimate = 1000 * 2 + 100 * 5
    assert seen == [(estimate, estimate)]
    charged = 65 * 2 + 20 * 5 + 4  # 35 at 0.1, rounded up
    for held in (session, root):
        assert tokens(held) == (charged, 0)
        assert held.snapshot()["tokens_by_kind"] == {"input": 65, "output": 20, "cached": 35}
    # The agent and the tenant show nothing of themselves but what they have left.
    session.reserve(tokens=5000 - charged).release()
    with pytest.raises(BudgetExceeded):
        session.reserve(tokens=5000 - charged + 1)


@BOTH
def test_what_nobody_reported_is_charged_as_it_was_reserved_and_is_of_no_kind(how: str) -> None:
    session = Enforcer(Policy.from_dict({"tokens": WEIGHTS})).create_session(
        agent="a", tools="*", tokens=5000
    )
    run(how, agent(asks(), [], AllotmentMiddleware(session, count_tokens=thousand)))
    assert tokens(session) == (1000 * 2 + 100 * 5, 0)
    assert session.snapshot()["tokens_by_kind"] == {"input": 0, "output": 0, "cached": 0}


@BOTH
def test_a_session_that_limits_neither_tokens_nor_cost_still_counts_tokens(create: Create, how: str) -> None:
    session = create(tools=["work"])
    one = agent(asks("work", said=usage(100, 20)), [Body().tool()], AllotmentMiddleware(session))
    run(how, one)
    assert tokens(session) == (240, 0)


@pytest.mark.thread_unsafe(reason="it counts what is logged")
@BOTH
@pytest.mark.parametrize("said", [None, usage(0, 0)])
def test_without_reported_usage_the_whole_reservation_stays_and_that_is_said(
    create: Create, how: str, said: Any, caplog: pytest.LogCaptureFixture
) -> None:
    session = create(tokens=5000)
    with caplog.at_level(logging.WARNING, "allotment.langchain"):
        state = run(how, agent(asks(said=said), [], AllotmentMiddleware(session, count_tokens=thousand)))
    assert tokens(session) == (1100, 0)
    (warning,) = caplog.messages
    assert "'scripted' reported no usage" in warning
    assert state["messages"][-1].response_metadata["allotment"] == {"usage": "estimated", "tokens": 1100}


@BOTH
def test_an_overrun_is_charged_and_stops_what_follows(create: Create, how: str) -> None:
    session = create(tools=["work"], tokens=2000)
    body = Body()
    one = agent(
        asks("work", turns=9, said=usage(1800, 900)),
        [body.tool()],
        AllotmentMiddleware(session, count_tokens=thousand),
    )
    state = run(how, one)
    assert tokens(session) == (2700, 0)
    assert body.ran == 1
    assert state["messages"][-1].content == "The budget for tokens is used up."


@BOTH
@pytest.mark.parametrize("limited", ["session", "rate", "threshold", "ancestor", "agent", "tenant"])
def test_an_unpriced_model_is_an_error_where_anything_limits_cost(how: str, limited: str) -> None:
    sections: dict[str, Any] = {
        "agent": {"agents": {"agent-7": {"cost_usd": "1"}}},
        "tenant": {"tenants": {"acme": {"cost_rate": "1/h"}}},
    }
    own: dict[str, Any] = {
        "session": {"cost_usd": "1"},
        "rate": {"cost_rate": "1/h"},
        "threshold": {"execution": "standard"},
    }
    enforcer = Enforcer(Policy.from_dict(sections.get(limited, {})))
    root = {"cost_usd": "1"} if limited == "ancestor" else own.get(limited, {})
    session = enforcer.create_session(agent="agent-7", tools="*", tenant="acme", **root)
    if limited == "ancestor":
        session = session.delegate(agent="agent-8", tools="*")
    heard: list[Any] = []
    one = agent(asks(), [], AllotmentMiddleware(session, prices={"another": PRICES["scripted"]}), heard=heard)
    with pytest.raises(InvalidPolicy, match="'scripted' has no price"):
        run(how, one)
    assert heard == []
    assert tokens(session) == (0, 0)


def test_many_unpriced_models_at_once_are_no_error_where_nothing_limits_cost(create: Create) -> None:
    session = create(tokens=1_000_000)
    one = agent(asks(said=usage(10, 10)), [], AllotmentMiddleware(session))
    race(8, lambda _: [one.invoke(ASK) for _ in range(5)])
    assert tokens(session) == (800, 0)
    assert session.snapshot()["cost"]["spent"] == "0.00"


@BOTH
def test_an_error_of_the_model_forfeits(create: Create, how: str) -> None:
    """It may have been sent and billed."""
    session = create(tokens=5000)

    one = agent(
        asks(),
        [],
        AllotmentMiddleware(session, count_tokens=thousand),
        **gates(broken),
    )
    with pytest.raises(OSError, match="the line is dead"):
        run(how, one)
    assert tokens(session) == (1100, 0)


@BOTH
def test_an_error_before_anything_is_sent_releases(create: Create, how: str) -> None:
    session = create(tokens=5000)

    class Unbindable(Scripted):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            raise TypeError("no tools here")

    one = create_agent(Unbindable(script=asks()), [Body().tool()], middleware=[AllotmentMiddleware(session)])
    with pytest.raises(TypeError, match="no tools here"):
        run(how, one)
    assert tokens(session) == (0, 0)


def test_a_task_cancelled_in_the_middle_of_a_model_call_forfeits_once(create: Create) -> None:
    session = create(tokens=100_000)

    async def main() -> None:
        meeting = Meeting(20)

        async def wait() -> None:
            await meeting.wait()
            under_way.set()
            await asyncio.Event().wait()

        under_way = asyncio.Event()
        one = agent(asks(), [], AllotmentMiddleware(session, count_tokens=thousand), async_gate=wait)
        runs = [asyncio.create_task(one.ainvoke(ASK)) for _ in range(20)]
        await under_way.wait()
        assert tokens(session) == (22_000, 22_000)
        for task in runs:
            task.cancel()
        ended = await asyncio.gather(*runs, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)
        # At once, while the exceptions still hold all that there was.
        assert tokens(session) == (22_000, 0)

    asyncio.run(main())
    gc.collect()
    assert tokens(session) == (22_000, 0)


def test_a_stream_that_is_left_leaks_nothing(create: Create) -> None:
    session = create(tokens=100_000)
    one = agent(
        asks(then="one two three four", said=usage(50, 4)),
        [],
        AllotmentMiddleware(session, count_tokens=thousand),
        streamed=True,
    )
    for _ in one.stream(ASK, stream_mode="messages"):
        break
    gc.collect()
    spent, reserved = tokens(session)
    assert reserved == 0
    assert spent in (54, 1100)  # the thread that streams it reads on, or it is cut off


def test_an_async_stream_that_is_left_is_forfeited(create: Create) -> None:
    session = create(tokens=100_000)

    async def main() -> None:
        async def never() -> None:
            await asyncio.Event().wait()

        one = agent(
            asks(then="one two three four", said=usage(50, 4)),
            [],
            AllotmentMiddleware(session, count_tokens=thousand),
            streamed=True,
            async_gate=never,
        )
        stream = one.astream(ASK, stream_mode="messages")
        async for _ in stream:
            break
        assert tokens(session) == (1100, 1100)
        await stream.aclose()

    asyncio.run(main())
    gc.collect()
    assert tokens(session) == (1100, 0)


@BOTH
def test_a_stream_settles_what_its_last_chunk_reports(create: Create, how: str) -> None:
    session = create(tokens=100_000)
    one = agent(asks(then="one two", said=usage(50, 4)), [], AllotmentMiddleware(session), streamed=True)

    async def main() -> None:
        async for _ in one.astream(ASK, stream_mode="messages"):
            pass

    if how == "sync":
        for _ in one.stream(ASK, stream_mode="messages"):
            pass
    else:
        asyncio.run(main())
    assert tokens(session) == (54, 0)


@BOTH
def test_on_raise_a_model_call_that_is_not_covered_raises(create: Create, how: str) -> None:
    session = create(tokens=100)
    one = agent(asks(), [], AllotmentMiddleware(session, "raise", count_tokens=thousand))
    with pytest.raises(BudgetExceeded):
        run(how, one)


def test_the_estimate_counts_the_system_prompt_and_the_tools_and_the_models_own_bound(
    create: Create,
) -> None:
    def reserved(tools: list[Any], **settings: Any) -> int:
        session = create(tools="*")
        seen: list[int] = []
        gate = lambda: seen.append(tokens(session)[1])  # noqa: E731
        agent(asks(), tools, AllotmentMiddleware(session), sync_gate=gate, **settings).invoke(ASK)
        return seen[0]

    plain = reserved([])
    assert 100 < plain < 120
    assert reserved([], max_tokens=500) == plain + 400
    assert reserved([], max_tokens=None) == plain - 100 + 4096
    assert reserved([], system_prompt="word " * 100) > plain + 100
    assert reserved([Body().tool()]) > plain + 10

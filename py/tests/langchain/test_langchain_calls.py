"""One session of 3 calls: the tool's body runs exactly 3 times; beside it, what LangChain's own limiter does.

Each scenario runs twice: with ours, and with a ``ToolCallLimitMiddleware`` of 3. All counts are taken inside
the tool. Where LangChain's limiter holds, the test says so.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents.middleware import ToolCallLimitMiddleware, ToolRetryMiddleware
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from scripted import ASK, Body, Meeting, agent, asks, denied, run

from allotment.langchain import AllotmentMiddleware
from drive import race, spent

if TYPE_CHECKING:
    from drive import Create

BOTH = pytest.mark.parametrize("how", ["sync", "async"])


def retries() -> ToolRetryMiddleware:
    """4 retries without waiting."""
    return ToolRetryMiddleware(max_retries=4, initial_delay=0, backoff_factor=0, jitter=False)


def show(scenario: str, ours: int, theirs: int) -> None:
    """The two counts, for whoever runs ``pytest -s``."""
    print(f"\n{scenario}: allotment {ours}, ToolCallLimitMiddleware {theirs} (limit 3)")


@BOTH
def test_a_ten_tools_in_one_turn(create: Create, how: str) -> None:
    def ran(limit: Any) -> int:
        body = Body()
        state = run(how, agent(asks(*["work"] * 10), [body.tool()], limit))
        assert state["messages"][-1].content == "done"
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = ran(AllotmentMiddleware(session)), ran(ToolCallLimitMiddleware(run_limit=3))
    show(f"(a) 10 tools in one turn, {how}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 3  # it holds: it counts the calls of a turn


@BOTH
@pytest.mark.parametrize("place", ["before", "after"])
def test_b_a_retry_around_a_failing_tool(create: Create, how: str, place: str) -> None:
    def ran(limit: Any) -> int:
        body = Body(fails=True)
        order = [limit, retries()] if place == "before" else [retries(), limit]
        run(how, agent(asks("work", turns=8), [body.tool()], *order))
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = ran(AllotmentMiddleware(session)), ran(ToolCallLimitMiddleware(run_limit=3))
    show(f"(b) the limit {place} a retry, {how}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 15  # it counts what the model asks for: 3 calls of 5 attempts


@BOTH
def test_c_five_sub_agents_in_parallel(create: Create, how: str) -> None:
    def ran(limit: Any) -> int:
        body = Body()
        inner = agent(asks(*["work"] * 4), [body.tool()], limit())

        def research() -> str:
            return str(inner.invoke(ASK)["messages"][-1].content)

        async def aresearch() -> str:
            return str((await inner.ainvoke(ASK))["messages"][-1].content)

        tool = StructuredTool.from_function(research, aresearch, name="research", description="Works.")
        run(how, agent(asks(*["research"] * 5), [tool]))
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = (
        ran(lambda: AllotmentMiddleware(session)),
        ran(lambda: ToolCallLimitMiddleware(run_limit=3)),
    )
    show(f"(c) 5 sub-agents, {how}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 15  # each run counts for itself


@BOTH
def test_c_a_sub_agent_works_for_the_session_of_the_tool_it_is(create: Create, how: str) -> None:
    """Without a session of its own it takes the one that the outer agent is held to."""
    body = Body()
    inner = agent(asks(*["work"] * 4), [body.tool()], AllotmentMiddleware())

    def research() -> str:
        return str(inner.invoke(ASK)["messages"][-1].content)

    async def aresearch() -> str:
        return str((await inner.ainvoke(ASK))["messages"][-1].content)

    session = create(tools={"research": None, "work": 3})
    tool = StructuredTool.from_function(research, aresearch, name="research", description="Works.")
    run(how, agent(asks(*["research"] * 5), [tool], AllotmentMiddleware(session)))
    assert (body.ran, spent(session)) == (3, 5 + 3)


@pytest.mark.parametrize("own", ["run_limit", "thread_limit"])
def test_d_eight_runs_at_once_in_threads(create: Create, own: str) -> None:
    def ran(limit: Any) -> int:
        body = Body()
        barrier = threading.Barrier(8)
        asking = asks(*["work"] * 4)

        def script(messages: Any) -> Any:
            reply = asking(messages)
            if reply.tool_calls:
                barrier.wait(timeout=60)  # so that all eight are under way before one of them ends
            return reply

        one = agent(script, [body.tool()], limit, checkpointer=InMemorySaver())
        race(8, lambda number: one.invoke(ASK, thread(own, number)))
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = ran(AllotmentMiddleware(session)), ran(ToolCallLimitMiddleware(**{own: 3}))
    show(f"(d) 8 runs in threads, {own}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 24


@pytest.mark.parametrize("own", ["run_limit", "thread_limit"])
def test_d_eight_runs_at_once_in_tasks(create: Create, own: str) -> None:
    def ran(limit: Any) -> int:
        body = Body()

        async def main() -> None:
            meeting = Meeting(8)
            one = agent(
                asks(*["work"] * 4),
                [body.tool()],
                limit,
                async_gate=meeting.wait,
                checkpointer=InMemorySaver(),
            )
            await asyncio.gather(*(one.ainvoke(ASK, thread(own, number)) for number in range(8)))

        asyncio.run(main())
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = ran(AllotmentMiddleware(session)), ran(ToolCallLimitMiddleware(**{own: 3}))
    show(f"(d) 8 runs in tasks, {own}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 24


def thread(own: str, number: int) -> Any:
    """A conversation for each run; or one for all of them, where the conversation is what is limited."""
    return {"configurable": {"thread_id": "shared" if own == "thread_limit" else str(number)}}


@BOTH
@pytest.mark.parametrize("mode", ["updates", "messages", "values"])
def test_e_streaming(create: Create, how: str, mode: str) -> None:
    def ran(limit: Any) -> int:
        body = Body()
        one = agent(asks(*["work"] * 5, turns=2), [body.tool()], limit, streamed=True)

        async def main() -> None:
            async for _ in one.astream(ASK, stream_mode=mode):
                pass

        if how == "sync":
            for _ in one.stream(ASK, stream_mode=mode):
                pass
        else:
            asyncio.run(main())
        return body.ran

    session = create(tools=["work"], calls=3)
    ours, theirs = ran(AllotmentMiddleware(session)), ran(ToolCallLimitMiddleware(run_limit=3))
    show(f"(e) streaming {mode}, {how}", ours, theirs)
    assert (ours, spent(session)) == (3, 3)
    assert theirs == 3  # it holds: one run, nothing executed twice


@BOTH
def test_the_same_agent_again_goes_on_where_its_session_stands(create: Create, how: str) -> None:
    body = Body()
    session = create(tools=["work"], calls=3)
    one = agent(asks("work", "work"), [body.tool()], AllotmentMiddleware(session))
    assert [len(denied(run(how, one))) for _ in range(3)] == [0, 1, 2]
    assert body.ran == 3


@BOTH
def test_what_fails_stays_charged(create: Create, how: str) -> None:
    body = Body(fails=True)
    session = create(tools=["work"], calls=3)
    one = agent(asks("work"), [body.tool()], AllotmentMiddleware(session))
    for _ in range(3):
        with pytest.raises(OSError, match="out of order"):
            run(how, one)
    assert len(denied(run(how, one))) == 1
    assert (body.ran, spent(session)) == (3, 3)

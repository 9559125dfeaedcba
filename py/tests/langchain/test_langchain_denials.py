"""How a denial reaches the model, the caller and the end of the run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from scripted import ASK, Body, agent, asks, denied, run

from allotment import BudgetExceeded, SessionNotFound, ToolNotAuthorized
from allotment.langchain import AllotmentMiddleware
from drive import spent

if TYPE_CHECKING:
    from drive import Create

BOTH = pytest.mark.parametrize("how", ["sync", "async"])
MISSING = {"no source": None, "a resolver": lambda request: None}


@BOTH
@pytest.mark.parametrize("source", MISSING)
def test_a_missing_session_is_a_denial(how: str, source: str) -> None:
    body = Body()
    heard: list[Any] = []
    state = run(how, agent(asks("work"), [body.tool()], AllotmentMiddleware(MISSING[source]), heard=heard))
    assert (body.ran, heard) == (0, [])
    assert state["messages"][-1].content == "There is no such session."


@BOTH
@pytest.mark.parametrize("source", MISSING)
def test_a_missing_session_raises_on_raise(how: str, source: str) -> None:
    one = agent(asks("work"), [Body().tool()], AllotmentMiddleware(MISSING[source], "raise"))
    with pytest.raises(SessionNotFound):
        run(how, one)


@BOTH
@pytest.mark.parametrize("on_denied", ["message", "raise"])
def test_a_session_that_is_missing_at_the_tool_call_is_a_denial(
    create: Create, how: str, on_denied: Any
) -> None:
    """Even if it was there for the model call: the body does not run."""
    session = create(tools=["work"])
    body = Body()

    def resolve(request: Any) -> Any:
        return None if hasattr(request, "tool_call") else session

    one = agent(asks("work"), [body.tool()], AllotmentMiddleware(resolve, on_denied))
    if on_denied == "raise":
        with pytest.raises(SessionNotFound):
            run(how, one)
    else:
        (message,) = denied(run(how, one))
        assert message.content == "There is no such session."
    assert (body.ran, spent(session)) == (0, 0)


@BOTH
def test_the_session_may_come_from_the_context_or_from_the_request(create: Create, how: str) -> None:
    session, body = create(tools=["work"], calls=2), Body()
    with session.activate():
        run(how, agent(asks("work"), [body.tool()], AllotmentMiddleware()))
    sessions = {"acme": session}
    by_context = agent(
        asks("work"),
        [body.tool()],
        AllotmentMiddleware(lambda request: sessions.get(request.runtime.context)),
        context_schema=str,
    )
    if how == "sync":
        by_context.invoke(ASK, context="acme")
    else:
        asyncio.run(by_context.ainvoke(ASK, context="acme"))
    assert (body.ran, spent(session)) == (2, 2)


@BOTH
def test_the_model_reads_a_tool_error_with_the_safe_text_only(create: Create, how: str) -> None:
    session = create(agent="secret-agent", tenant="secret-tenant", tools=["work"], calls=12_345)
    session.authorize_batch(["work"] * 12_345)
    state = run(how, agent(asks("work", "wire_money"), [Body().tool()], AllotmentMiddleware(session)))
    spent_up, unknown = denied(state)
    assert (spent_up.status, spent_up.content) == ("error", "The budget for calls is used up.")
    assert (unknown.status, unknown.content) == ("error", "This tool is not authorised in this session.")
    assert spent_up.artifact["allotment"]["denied"] == "budget_exceeded"
    assert unknown.artifact["allotment"]["denied"] == "tool_not_authorized"
    for secret in ("12345", "12_345", "secret", session.id):
        assert secret not in f"{spent_up.content}{unknown.content}"


@BOTH
def test_after_stop_after_denials_in_a_row_the_run_ends(create: Create, how: str) -> None:
    session, body = create(tools=["work"], calls=2), Body()
    heard: list[Any] = []
    one = agent(asks("work", turns=99), [body.tool()], AllotmentMiddleware(session), heard=heard)
    state = run(how, one)
    assert (body.ran, len(heard)) == (2, 2 + 3)
    last = state["messages"][-1]
    assert (type(last), last.content, last.tool_calls) == (AIMessage, "The budget for calls is used up.", [])


@BOTH
@pytest.mark.parametrize("stop_after", [1, 5])
def test_stop_after_is_what_it_says(create: Create, how: str, stop_after: int) -> None:
    limit = AllotmentMiddleware(create(tools=["work"], calls=0), stop_after=stop_after)
    state = run(how, agent(asks("work", turns=99), [Body().tool()], limit))
    assert len(denied(state)) == stop_after


@BOTH
def test_without_stop_after_the_model_may_ask_on(create: Create, how: str) -> None:
    limit = AllotmentMiddleware(create(tools=["work"], calls=0), stop_after=None)
    state = run(how, agent(asks("work", turns=20), [Body().tool()], limit))
    assert len(denied(state)) == 20
    assert state["messages"][-1].content == "done"


@BOTH
def test_an_admitted_call_begins_the_row_anew(create: Create, how: str) -> None:
    session = create(tools={"work": None, "rare": 0})
    turns = iter(["rare", "rare", "work", "rare", "rare", "work", "rare", "rare", "rare", "work"])

    def script(messages: Any) -> AIMessage:
        call = {"name": next(turns), "args": {}, "id": str(len(messages)), "type": "tool_call"}
        return AIMessage("", tool_calls=[call])

    work, rare = Body(), Body()
    run(how, agent(script, [work.tool(), rare.tool("rare")], AllotmentMiddleware(session)))
    assert (work.ran, rare.ran, list(turns)) == (2, 0, ["work"])


@BOTH
def test_the_calls_of_one_turn_have_no_order(create: Create, how: str) -> None:
    """One admitted among them begins the row anew, wherever it stands; none admitted, each counts."""
    session = create(tools={"work": None, "rare": 0})
    tools = [Body().tool(), Body().tool("rare")]
    mixed = asks("work", *["rare"] * 9, turns=4)
    state = run(how, agent(mixed, tools, AllotmentMiddleware(session)))
    assert (len(denied(state)), state["messages"][-1].content) == (36, "done")
    state = run(how, agent(asks(*["rare"] * 3, turns=4), tools, AllotmentMiddleware(session)))
    assert len(denied(state)) == 3


@BOTH
def test_each_run_counts_for_itself(create: Create, how: str) -> None:
    limit = AllotmentMiddleware(create(tools=["work"], calls=0))
    saver = InMemorySaver()
    one = agent(asks("work", "work"), [Body().tool()], limit, checkpointer=saver)
    for _ in range(3):
        state = run(how, one, {"configurable": {"thread_id": "1"}})
        assert state["messages"][-1].content == "done"
    assert len(denied(state)) == 6  # also: what a denial leaves in a message survives a checkpoint


@BOTH
@pytest.mark.parametrize("stop_after", [3, None])
def test_on_raise_the_denial_is_raised(create: Create, how: str, stop_after: Any) -> None:
    session, body = create(tools=["work"], calls=2), Body()
    one = agent(asks("work", turns=9), [body.tool()], AllotmentMiddleware(session, "raise", stop_after))
    with pytest.raises(BudgetExceeded) as caught:
        run(how, one)
    assert (caught.value.tool, caught.value.limit, caught.value.session) == ("work", 2, session.id)
    assert body.ran == 2


@BOTH
def test_on_raise_also_a_tool_that_nobody_has(create: Create, how: str) -> None:
    one = agent(asks("wire_money"), [Body().tool()], AllotmentMiddleware(create(), "raise"))
    with pytest.raises(ToolNotAuthorized):
        run(how, one)


@BOTH
def test_a_denial_is_not_retried(create: Create, how: str) -> None:
    """A retry inside would wait for nothing: the denial is an answer to it and not an error."""
    retry = ToolRetryMiddleware(max_retries=5, initial_delay=3600, jitter=False)
    session = create(tools=["work"], calls=0)
    for on_denied in ("message", "raise"):
        one = agent(asks("work"), [Body().tool()], AllotmentMiddleware(session, on_denied), retry)
        if on_denied == "message":
            assert len(denied(run(how, one))) == 1
        else:
            with pytest.raises(BudgetExceeded):
                run(how, one)
    assert (
        len(denied(run(how, agent(asks("work"), [Body().tool()], retry, AllotmentMiddleware(session))))) == 1
    )


@BOTH
def test_a_denied_model_call_ends_the_run_of_an_agent_that_owes_a_structured_answer(
    create: Create, how: str
) -> None:
    class Answer(BaseModel):
        """What is owed."""

        text: str

    session = create(tokens=1)
    state = run(how, agent(asks(), [], AllotmentMiddleware(session), response_format=Answer))
    assert state["messages"][-1].content == "The budget for tokens is used up."


@BOTH
def test_a_closed_session_denies_the_model_call(create: Create, how: str) -> None:
    session = create()
    session.close()
    heard: list[Any] = []
    state = run(how, agent(asks(), [], AllotmentMiddleware(session), heard=heard))
    assert (state["messages"][-1].content, heard) == ("This session is closed.", [])


def test_what_was_said_before_is_no_denial_of_this_run(create: Create) -> None:
    """A conversation that somebody else wrote counts no further than to the last thing a human said."""
    old = [
        HumanMessage("go"),
        AIMessage("", tool_calls=[{"name": "work", "args": {}, "id": "1", "type": "tool_call"}]),
        ToolMessage("no", tool_call_id="1", artifact={"allotment": {"denied": "closed"}}),
        HumanMessage("again"),
    ]
    body = Body()
    limit = AllotmentMiddleware(create(tools=["work"]), stop_after=1)
    agent(asks("work"), [body.tool()], limit).invoke({"messages": old})
    assert body.ran == 1

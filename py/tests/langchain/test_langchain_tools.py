"""Every kind of tool is charged once for each execution, and is otherwise as it was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain.agents.middleware import AgentMiddleware, ToolRetryMiddleware
from langchain.tools import InjectedState, ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, ToolException, tool
from langgraph.types import Command
from scripted import Body, agent, asks, denied, run

from allotment import current_session
from allotment.langchain import AllotmentMiddleware
from drive import spent

if TYPE_CHECKING:
    from drive import Create

BOTH = pytest.mark.parametrize("how", ["sync", "async"])


@BOTH
def test_injected_arguments_arrive(create: Create, how: str) -> None:
    got: list[Any] = []

    @tool
    def state_of(state: Annotated[dict[str, Any], InjectedState]) -> str:
        """See the state."""
        got.append(len(state["messages"]))
        return "seen"

    @tool
    def runtime_of(runtime: ToolRuntime[Any, Any]) -> str:
        """See the runtime."""
        got.append(runtime.tool_call_id)
        return "seen"

    @tool
    def call_id_of(call: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """See the call's id."""
        got.append(call)
        return Command(update={"messages": [ToolMessage("seen", tool_call_id=call)]})

    session = create(tools="*")
    one = agent(
        asks("state_of", "runtime_of", "call_id_of"),
        [state_of, runtime_of, call_id_of],
        AllotmentMiddleware(session),
    )
    run(how, one)
    assert sorted(got, key=str) == ["0.1", "0.2", 2]
    assert spent(session) == 3


def test_a_tool_that_is_async_only_runs_and_is_charged(create: Create) -> None:
    ran: list[None] = []

    @tool
    async def work() -> str:
        """Work."""
        ran.append(None)
        return "worked"

    session = create(tools=["work"], calls=1)
    run("async", agent(asks("work", "work"), [work], AllotmentMiddleware(session)))
    assert (len(ran), spent(session)) == (1, 1)


@BOTH
def test_a_tool_that_is_sync_only_is_charged_once(create: Create, how: str) -> None:
    """LangChain runs it in a thread through its own sync entry: that is no second execution."""
    body = Body()
    session = create(tools=["work"], calls=2)
    work = StructuredTool.from_function(body.run, name="work", description="Works.")
    run(how, agent(asks("work", "work", "work"), [work], AllotmentMiddleware(session)))
    assert (body.ran, spent(session)) == (2, 2)


@BOTH
def test_a_class_of_tools_with_a_state_of_its_own_keeps_it(create: Create, how: str) -> None:
    class Counting(BaseTool):
        name: str = "work"
        description: str = "Counts."
        ran: int = 0

        def _run(self) -> str:
            self.ran += 1
            return str(self.ran)

    counting = Counting()
    session = create(tools=["work"], calls=2)
    state = run(how, agent(asks("work", turns=3), [counting], AllotmentMiddleware(session)))
    assert [m.content for m in state["messages"] if isinstance(m, ToolMessage)][:2] == ["1", "2"]
    assert (counting.ran, spent(session)) == (2, 2)


@BOTH
def test_return_direct_ends_the_run_as_before(create: Create, how: str) -> None:
    body = Body()
    session = create(tools=["work"], calls=1)
    one = agent(asks("work", turns=9), [body.tool(return_direct=True)], AllotmentMiddleware(session))
    assert run(how, one)["messages"][-1].content == "worked"
    assert run(how, one)["messages"][-1].content == "The budget for calls is used up."
    assert body.ran == 1


@BOTH
def test_an_artifact_and_an_error_that_the_tool_handles_pass(create: Create, how: str) -> None:
    @tool(response_format="content_and_artifact")
    def with_artifact() -> tuple[str, int]:
        """Give both."""
        return "content", 7

    def broken() -> str:
        raise ToolException("handled")

    handling = StructuredTool.from_function(
        broken, name="broken", description="Breaks.", handle_tool_error=True
    )
    session = create(tools="*", calls=2)
    state = run(
        how,
        agent(asks("with_artifact", "broken"), [with_artifact, handling], AllotmentMiddleware(session)),
    )
    first, second = (m for m in state["messages"] if isinstance(m, ToolMessage))
    assert (first.content, first.artifact, second.content) == ("content", 7, "handled")
    assert spent(session) == 2


@BOTH
def test_arguments_that_do_not_fit_are_an_attempt(create: Create, how: str) -> None:
    @tool
    def needs(number: int) -> str:
        """Need a number."""
        raise AssertionError

    session = create(tools=["needs"])
    state = run(how, agent(asks("needs"), [needs], AllotmentMiddleware(session)))
    assert "number" in state["messages"][-2].content
    assert spent(session) == 1


@BOTH
def test_a_tool_that_the_agent_does_not_have_is_not_charged(create: Create, how: str) -> None:
    session = create(tools="*")
    state = run(how, agent(asks("nothing"), [Body().tool()], AllotmentMiddleware(session)))
    assert "not a valid tool" in state["messages"][-2].content
    assert spent(session) == 0


class Supplies(AgentMiddleware[Any, Any]):
    """Supplies a tool at run time, or puts it in another's place."""

    def __init__(self, supplied: BaseTool) -> None:
        super().__init__()
        self.supplied = supplied

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        return handler(request.override(tool=self.supplied))

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        return await handler(request.override(tool=self.supplied))


@BOTH
@pytest.mark.parametrize("place", ["before", "between", "after"])
@pytest.mark.parametrize("asked", ["work", "dynamic"])
def test_a_tool_that_another_middleware_supplies_is_charged(
    create: Create, how: str, place: str, asked: str
) -> None:
    """With a retry around it, too, and whether or not the agent knew a tool of that name."""
    body = Body(fails=True)
    session = create(tools="*", calls=3)
    retry = ToolRetryMiddleware(max_retries=9, initial_delay=0, backoff_factor=0, jitter=False)
    limit, supply = AllotmentMiddleware(session), Supplies(body.tool(asked))
    order = {
        "before": [limit, retry, supply],
        "between": [retry, limit, supply],
        "after": [supply, retry, limit],
    }
    state = run(how, agent(asks(asked), [Body().tool()], *order[place]))
    assert (body.ran, spent(session)) == (3, 3)
    assert len(denied(state)) == 1


@BOTH
def test_what_runs_is_what_is_authorised(create: Create, how: str) -> None:
    """Not the name that the model said, if another tool is put in its place."""
    dangerous = Body()
    session = create(tools=["work"])
    run(
        how,
        agent(
            asks("work"),
            [Body().tool()],
            AllotmentMiddleware(session),
            Supplies(dangerous.tool("wire_money")),
        ),
    )
    assert (dangerous.ran, spent(session)) == (0, 0)


@BOTH
def test_two_of_the_same_session_charge_once(create: Create, how: str) -> None:
    body = Body()
    session = create(tools=["work"], calls=3, tokens=10_000)
    limits = [AllotmentMiddleware(session), AllotmentMiddleware(session, name="Second")]
    said = {"input_tokens": 10, "output_tokens": 1, "total_tokens": 11}
    run(how, agent(asks("work", "work", said=said), [body.tool()], *limits))
    assert (body.ran, spent(session), spent(session, "tokens")) == (2, 2, 22)


@BOTH
def test_two_of_different_sessions_charge_both(create: Create, how: str) -> None:
    body = Body()
    user, team = create(tools=["work"], calls=9), create(tools=["work"], calls=3)
    limits = [AllotmentMiddleware(user), AllotmentMiddleware(team, name="Team")]
    said = {"input_tokens": 10, "output_tokens": 1, "total_tokens": 11}
    run(how, agent(asks("work", "work", said=said), [body.tool()], *limits))
    assert body.ran == spent(user) == spent(team) == 2
    assert spent(user, "tokens") == spent(team, "tokens") == 22


def test_two_of_one_name_are_refused_by_langchain(create: Create) -> None:
    with pytest.raises(AssertionError, match="duplicate"):
        agent(asks(), [], AllotmentMiddleware(create()), AllotmentMiddleware(create()))


@BOTH
def test_inside_the_tool_its_session_is_the_current_one(create: Create, how: str) -> None:
    seen: list[Any] = []

    @tool
    def work() -> str:
        """Work."""
        seen.append(current_session())
        return "worked"

    session = create(tools=["work"])
    run(how, agent(asks("work"), [work], AllotmentMiddleware(session)))
    assert seen == [session]
    assert current_session() is None


@BOTH
def test_the_tools_of_the_agent_are_left_as_they_are(create: Create, how: str) -> None:
    """What an agent without the middleware runs asks nobody."""
    body = Body()
    work = body.tool()
    run(how, agent(asks("work"), [work], AllotmentMiddleware(create(tools=["work"], calls=1))))
    assert not {"invoke", "ainvoke"} & vars(work).keys()
    assert asyncio.run(work.ainvoke({})) == work.invoke({}) == "worked"
    assert body.ran == 3

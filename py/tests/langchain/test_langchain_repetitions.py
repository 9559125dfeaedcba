"""The same call again is a repetition, which an execution may make only so often in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain.agents.middleware import AgentMiddleware
from langchain.tools import InjectedState, ToolRuntime
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool, tool
from scripted import agent, denied, run

from allotment import Enforcer, Policy
from allotment.langchain import AllotmentMiddleware, Price
from drive import spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from drive import Create

BOTH = pytest.mark.parametrize("how", ["sync", "async"])
PRICES = {"scripted": Price("3.00", "15.00")}


def says(calls: Iterable[dict[str, Any]], name: str = "search") -> Callable[[Sequence[Any]], AIMessage]:
    """A model that calls the tool with these arguments, one call a turn, and is done then."""
    turns = iter(list(calls))

    def script(messages: Sequence[Any]) -> AIMessage:
        args = next(turns, None)
        if args is None:
            return AIMessage("done")
        call = {"name": name, "args": args, "id": str(len(messages)), "type": "tool_call"}
        return AIMessage("", tool_calls=[call])

    return script


class Search:
    """A tool that remembers what it was called with."""

    def __init__(self) -> None:
        self.ran: list[Any] = []

    @property
    def tool(self) -> Any:
        def search(q: str, page: int = 1) -> str:
            self.ran.append((q, page))
            return "found"

        return StructuredTool.from_function(search, name="search", description="Searches.")


def limit(session: Any, **settings: Any) -> AllotmentMiddleware:
    return AllotmentMiddleware(session, **{"stop_after": None, "prices": PRICES, **settings})


@BOTH
def test_an_agent_that_repeats_its_tool_call_is_stopped_after_the_third(create: Create, how: str) -> None:
    session, search = create(execution="standard"), Search()
    state = run(how, agent(says([{"q": "rust", "page": 1}] * 10), [search.tool], limit(session)))
    assert search.ran == [("rust", 1)] * 3
    assert [m.artifact["allotment"]["denied"] for m in denied(state)] == ["same_step_loop"] * 7
    assert spent(session) == 3
    assert state["messages"][-1].content == "done"


@BOTH
def test_the_order_in_which_arguments_are_said_makes_no_other_call(create: Create, how: str) -> None:
    session, search = create(execution="standard"), Search()
    turned = [{"q": "rust", "page": 1}, {"page": 1, "q": "rust"}] * 3
    run(how, agent(says(turned), [search.tool], limit(session)))
    assert len(search.ran) == 3


@BOTH
def test_with_other_arguments_it_goes_on(create: Create, how: str) -> None:
    session, search = create(execution="standard"), Search()
    asked = (
        [{"q": "rust"}] * 3
        + [{"q": "go"}]
        + [{"q": "rust"}] * 3
        + [{"q": "rust", "page": n} for n in range(9)]
    )
    state = run(how, agent(says(asked), [search.tool], limit(session)))
    assert (len(search.ran), denied(state)) == (16, [])


@BOTH
def test_the_run_of_an_agent_that_does_not_let_off_ends(create: Create, how: str) -> None:
    session, search = create(execution="standard"), Search()
    one = agent(says([{"q": "rust"}] * 99), [search.tool], limit(session, stop_after=3))
    state = run(how, one)
    assert (len(search.ran), len(denied(state))) == (3, 3)
    assert state["messages"][-1].content == denied(state)[0].content


@BOTH
def test_where_nothing_watches_repetitions_arguments_make_no_difference(create: Create, how: str) -> None:
    session, search = create(), Search()
    run(how, agent(says([{"q": "rust"}] * 10), [search.tool], limit(session)))
    assert len(search.ran) == 10


@BOTH
def test_what_langchain_injects_is_no_argument(create: Create, how: str) -> None:
    """The state and the runtime are others in every turn; the call is the same."""
    ran: list[str] = []

    @tool
    def search(
        q: str, state: Annotated[dict[str, Any], InjectedState], runtime: ToolRuntime[Any, Any]
    ) -> str:
        """Search."""
        ran.append(q)
        return f"{len(state['messages'])} {runtime.tool_call_id}"

    session = create(execution="standard")
    run(how, agent(says([{"q": "rust"}] * 10), [search], limit(session)))
    assert ran == ["rust"] * 3


@BOTH
def test_arguments_that_another_middleware_changes_count_as_they_are_executed(
    create: Create, how: str
) -> None:
    class Pages(AgentMiddleware[Any, Any]):
        """Asks for another page each time, by a new request or in the old one."""

        def __init__(self, in_place: bool) -> None:
            super().__init__()
            self.page, self.in_place = 0, in_place

        def turned(self, request: Any) -> Any:
            self.page += 1
            if self.in_place:
                request.tool_call["args"]["page"] = self.page
                return request
            args = {**request.tool_call["args"], "page": self.page}
            return request.override(tool_call={**request.tool_call, "args": args})

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            return handler(self.turned(request))

        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            return await handler(self.turned(request))

    for in_place in (False, True):
        session, search = create(execution="standard"), Search()
        asked = ({"q": "rust"} for _ in range(8))
        run(how, agent(says(asked), [search.tool], limit(session), Pages(in_place)))
        assert [page for _, page in search.ran] == [1, 2, 3, 4, 5, 6, 7, 8]


@BOTH
def test_a_preview_of_a_tool_that_the_agent_does_not_have_knows_the_arguments(
    create: Create, how: str
) -> None:
    """Nothing is executed, so nothing is counted; what was executed before in a row is."""
    session = create(execution="standard")
    for _ in range(3):
        session.authorize("search", arguments={"q": "rust"})
    state = run(how, agent(says([{"q": "rust"}, {"q": "go"}]), [], limit(session)))
    contents = [m.content for m in state["messages"] if m.type == "tool"]
    assert [m.artifact["allotment"]["denied"] for m in denied(state)] == ["same_step_loop"]
    assert "not a valid tool" in contents[1]


@BOTH
def test_a_drift_from_the_intent_that_is_denied_reaches_the_model_as_a_safe_text(how: str) -> None:
    enforcer = Enforcer(Policy.from_dict({"intent": {"on_drift": "deny"}}))
    session = enforcer.create_session(
        agent="secret-agent", tools=["search", "delete_all"], intent="read secret"
    )
    ran: list[str] = []

    @tool
    def delete_all(q: str) -> str:
        """Delete it."""
        ran.append(q)
        return "gone"

    state = run(how, agent(says([{"q": "secret"}], "delete_all"), [delete_all], limit(session)))
    (message,) = denied(state)
    assert (ran, spent(session), session.snapshot()["drifts"]) == ([], 0, 1)
    assert message.artifact["allotment"]["denied"] == "intent_drift"
    assert message.content.endswith(".")
    assert not any(secret in message.content for secret in ("secret", "delete_all", session.id))
    assert state["messages"][-1].content == "done"

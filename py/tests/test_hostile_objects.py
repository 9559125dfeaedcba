"""Arguments that fight back: the error is ours or their own, and nothing was created."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer, InvalidPolicy
from drive import state
from nonsense import Boom, Hostile, HostileMapping, HostileRepr, HostileStr, Indexable

if TYPE_CHECKING:
    from drive import Create


def attempt(enforcer: Enforcer, **settings: Any) -> BaseException:
    """The exception that creating a session raises; nothing has changed."""
    before = state(enforcer)
    with pytest.raises((InvalidPolicy, Boom)) as caught:
        enforcer.create_session(**{"agent": "a", "tools": ["search"], **settings})
    assert state(enforcer) == before
    return caught.value


@pytest.mark.parametrize("hostile", [Hostile, HostileRepr])
@pytest.mark.parametrize(
    "argument",
    [
        "agent",
        "tenant",
        "intent",
        "tools",
        "calls",
        "tokens",
        "steps",
        "cost_usd",
        "rate",
        "tokens_rate",
        "cost_rate",
        "time_limit",
        "sensitivity",
        "discovered_steps",
        "execution",
        "air_gap",
    ],
)
def test_an_object_that_raises_wherever_it_is_touched(
    enforcer: Enforcer, argument: str, hostile: type
) -> None:
    error = attempt(enforcer, **{argument: hostile()})
    if isinstance(error, InvalidPolicy):
        assert argument in str(error)
        assert hostile.__name__ in str(error)


def test_a_mapping_that_raises_while_it_is_read(enforcer: Enforcer) -> None:
    attempt(enforcer, tools=HostileMapping())


def test_a_list_that_raises_halfway(enforcer: Enforcer) -> None:
    def halfway() -> Any:
        yield "search"
        raise Boom

    attempt(enforcer, tools=halfway())
    session = enforcer.create_session(agent="a", tools=["search"])
    before = state(enforcer)
    with pytest.raises((InvalidPolicy, Boom)):
        session.decide_batch(halfway())
    assert state(enforcer) == before


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interrupt_inside_an_argument_is_passed_on(
    enforcer: Enforcer, interrupt: type[BaseException]
) -> None:
    def halfway() -> Any:
        yield "search"
        raise interrupt

    session = enforcer.create_session(agent="a", tools=["search"])
    before = state(enforcer)
    with pytest.raises(interrupt):
        enforcer.create_session(agent="a", tools=halfway())
    with pytest.raises(interrupt):
        session.decide_batch(halfway())
    assert state(enforcer) == before


def test_a_list_that_uses_the_session_while_it_is_read(enforcer: Enforcer) -> None:
    session = enforcer.create_session(agent="a", tools=["search"], calls=3)

    def reentrant() -> Any:
        yield "search"
        session.authorize("search")
        session.decide_batch(["search"])
        enforcer.sweep()
        yield "search"

    assert session.decide_batch(reentrant()).reason == "budget_exceeded"
    assert session.snapshot()["calls"]["spent"] == 2


def test_a_list_that_closes_the_session_while_it_is_read(enforcer: Enforcer) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])

    def closing() -> Any:
        yield "search"
        session.close()

    assert session.decide_batch(closing()).reason == "closed"
    assert session.snapshot()["calls"]["spent"] == 0


def test_a_dict_that_is_changed_while_it_is_read(enforcer: Enforcer) -> None:
    tools: dict[str, Any] = {f"tool-{index}": index for index in range(50)}

    class Meddling:
        def __index__(self) -> int:
            tools.clear()
            return 5

    tools["meddling"] = Meddling()
    tools["last"] = 7
    try:
        session = enforcer.create_session(agent="a", tools=tools)
    except (InvalidPolicy, RuntimeError):
        assert enforcer.stats()["sessions"] == 0
    else:
        assert "tool-3" in session.snapshot()["tools"]


def test_subclasses_of_str_and_int_are_what_they_hold(create: Create) -> None:
    class Tool(str, enum.Enum):
        SEARCH = "search"

    class Limit(enum.IntEnum):
        TWO = 2

    session = create(agent=HostileStr("agent-9"), tools=[Tool.SEARCH], calls=Limit.TWO)
    assert session.agent == "agent-9"
    assert type(session.agent) is str
    assert session.decide(Tool.SEARCH).allowed
    decision = session.decide(HostileStr("search"))
    assert (decision.allowed, decision.tool) == (True, "search")
    assert type(decision.tool) is str


def test_an_object_with_an_index_is_a_count_or_a_type_error(create: Create) -> None:
    try:
        session = create(calls=Indexable(3))
    except TypeError as error:
        assert isinstance(error, InvalidPolicy)
    else:
        assert session.snapshot()["calls"]["limit"] == 3


def test_what_is_returned_cannot_be_used_to_change_the_session(create: Create, enforcer: Enforcer) -> None:
    tools = {"search": 1}
    session = create(tools=tools)
    tools["search"] = 100
    tools["more"] = 100
    shown = session.snapshot()
    shown["calls"]["limit"] = 10**9
    shown["tools"]["more"] = None
    enforcer.stats()["sessions"] = 0
    assert session.decide("more").reason == "tool_not_authorized"
    assert session.decide("search").allowed
    assert not session.decide("search").allowed
    assert session.snapshot()["calls"]["limit"] == 1000


@pytest.mark.parametrize("name", ["id", "agent", "tenant", "status", "calls", "new"])
def test_a_session_has_no_attribute_to_set(create: Create, name: str) -> None:
    session = create()
    with pytest.raises((AttributeError, TypeError)):
        setattr(session, name, "x")

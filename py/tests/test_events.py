"""`Enforcer.events`: what was denied, by whom, and how sessions ended."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import allotment
from allotment import Enforcer, Event, InvalidPolicy, InvalidType, Policy, TooManySessions
from drive import race

if TYPE_CHECKING:
    from allotment.testing import ManualClock
    from drive import Create

FIELDS = (
    "kind",
    "at",
    "session",
    "agent",
    "tenant",
    "tool",
    "reason",
    "message",
    "detail",
    "decision",
    "warning",
    "amounts",
)


def kinds(enforcer: Enforcer) -> list[str]:
    return [event.kind for event in enforcer.events()]


def test_a_denial_is_told_once_and_a_preview_never(
    create: Create, enforcer: Enforcer, clock: ManualClock
) -> None:
    session = create(tenant="acme", calls=1)
    clock.advance(1.5)
    assert not session.preview("wire").allowed
    assert not enforcer.preview(session.id, "search", agent="other").allowed
    session.authorize("search")
    denied = session.decide("wire")
    (event,) = (event for event in enforcer.events() if event.kind != "warning")
    assert isinstance(event, Event)
    assert (event.kind, event.at, event.tool, event.reason) == ("denied", 1.5, "wire", "tool_not_authorized")
    assert (event.session, event.agent, event.tenant) == (session.id, "agent-7", "acme")
    assert event.message == denied.message
    assert denied.detail in event.detail
    assert event.decision is not None
    assert (event.decision.reason, event.decision.detail) == (denied.reason, denied.detail)
    assert (event.decision.session, event.decision.agent, event.decision.tool) == (
        session.id,
        "agent-7",
        "wire",
    )
    assert (event.warning, event.amounts) == (None, {})
    assert enforcer.events() == []
    assert session.snapshot()["denied"] == 1


def test_every_way_of_being_denied_is_told(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"a": {"max_sessions": 1}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    session = enforcer.create_session(agent="a", tools=["search"], calls=0, tokens=5)
    with pytest.raises(TooManySessions):
        enforcer.create_session(agent="a", tenant="t", tools=["search"])
    session.decide("search")
    session.decide_batch(["search", "wire"])
    with pytest.raises(allotment.BudgetExceeded):
        session.reserve(tokens=6)
    enforcer.decide(session.id, "search", agent="b")
    enforcer.decide("no id", "search", agent="b")
    told = [(event.reason, event.agent, event.tenant, event.tool) for event in enforcer.events()]
    assert told == [
        ("too_many_sessions", "a", "t", None),
        ("budget_exceeded", "a", None, "search"),
        ("tool_not_authorized", "a", None, "wire"),
        ("budget_exceeded", "a", None, None),
        ("agent_mismatch", "a", None, "search"),
        ("not_found", "b", None, None),
    ]


def test_an_end_is_told_once(create: Create, enforcer: Enforcer, clock: ManualClock) -> None:
    closed, expired = create(), create(time_limit=10)
    closed.close()
    with pytest.raises(allotment.SessionClosed):
        closed.close()
    clock.advance(10)
    enforcer.sweep()
    enforcer.sweep()
    events = enforcer.events()
    assert [(event.kind, event.session) for event in events] == [
        ("closed", closed.id),
        ("expired", expired.id),
    ]
    assert [(event.reason, event.decision) for event in events] == [(None, None)] * 2
    assert events[0].message == "This session is closed."


def test_a_full_queue_drops_the_newest_and_counts_them(create: Create, enforcer: Enforcer) -> None:
    session = create()
    for number in range(4096 + 50):
        session.decide(f"wire-{number}")
    stats = enforcer.stats()
    assert (stats["events_waiting"], stats["events_dropped"]) == (4096, 50)
    assert [event.tool for event in enforcer.events(max=2)] == ["wire-0", "wire-1"]
    assert enforcer.events(0) == []
    assert len(enforcer.events(10**18)) == 4094
    session.decide("wire")
    assert kinds(enforcer) == ["denied"]


def test_how_many_is_a_count(enforcer: Enforcer) -> None:
    for wrong in (-1, 2**64):
        with pytest.raises(InvalidPolicy, match="max"):
            enforcer.events(wrong)
    for wrong in (True, "3", 1.0):
        with pytest.raises(InvalidType, match="max"):
            enforcer.events(wrong)  # type: ignore[arg-type]


def test_what_a_model_made_up_is_one_short_line(create: Create, enforcer: Enforcer) -> None:
    session = create(tools="*", calls=0)
    strict = create()
    for hostile in (
        "rm\nWARNING all is well\x1b[31m\r" + "x" * 10_000,
        "a\u2028b\u2029c\x85d\u202ee\u200b",
        "\u2066" * 10_000,
        'x"] [agent "root',
        "\ud800\udfff",
        "\x00",
    ):
        session.decide(hostile)
        strict.decide(hostile)
        enforcer.decide(strict.id, hostile, agent=hostile)
        events = enforcer.events()
        assert len(events) == 3
        for event in events:
            assert event.tool is not None
            for text in (event.detail, event.tool, event.message, repr(event), json.dumps(event.to_dict())):
                assert text.isprintable()
                assert len(text.splitlines()) == 1
                assert len(text) < 8000
            assert '[agent "root' not in event.detail
            assert '[agent "agent-7"]' in event.detail


def test_an_event_is_a_value(create: Create, enforcer: Enforcer) -> None:
    session = create(tenant="acme", cost_usd="0.5")
    session.decide("wire")
    session.decide("search", cost_usd="0.75")
    session.close()
    copies: list[Any] = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
    events = enforcer.events()
    assert len({*events, *events}) == 3
    for event in events:
        for copied in copies:
            twin = copied(event)
            assert type(twin) is Event
            assert twin == event
            assert hash(twin) == hash(event)
            assert [getattr(twin, name) for name in FIELDS] == [getattr(event, name) for name in FIELDS]
        assert event != "event"
        for name in FIELDS:
            with pytest.raises(AttributeError):
                setattr(event, name, None)
        assert str(event) == event.detail
        assert repr(event).startswith(f"Event(kind='{event.kind}', session='{session.id}', agent='agent-7'")


def test_an_event_as_a_dict_turns_into_json(create: Create, enforcer: Enforcer) -> None:
    session = create(tenant="acme")
    session.decide("wire")
    (event,) = enforcer.events()
    plain = event.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain == {
        "kind": "denied",
        "at": 0.0,
        "session": session.id,
        "agent": "agent-7",
        "tenant": "acme",
        "tool": "wire",
        "reason": "tool_not_authorized",
        "message": event.message,
        "detail": event.detail,
        "warning": None,
        "amounts": {},
    }


def restored(kind: str, warning: Any = None, amounts: Any = ()) -> Event:
    """An event of a kind that nothing tells yet, made as a pickle makes it."""
    who, texts = [None, "a", None, None], ("message", "detail")
    event: Event = Event._restore(kind, 0.0, who, texts, None, warning, list(amounts))  # type: ignore[attr-defined]
    return event


def test_warnings_and_amounts_are_in_the_units_of_their_resource(create: Create) -> None:
    (warning,) = create(cost_usd="1").decide("search", cost_usd="0.9").warnings
    event = restored("warning", warning)
    assert event.warning == warning
    assert event.to_dict()["warning"] == {
        "resource": "cost",
        "account": "session",
        "remaining": "0.10",
        "limit": "1.00",
        "percent": 10,
    }
    event = restored("topped_up", amounts=[("calls", 5), ("cost", 1_500_000_000), ("time", 2_000_000_000)])
    assert event.amounts["calls"] == 5
    assert (str(event.amounts["cost"]), event.amounts["time"]) == ("1.50", 2.0)
    assert json.loads(json.dumps(event.to_dict()))["amounts"] == {"calls": 5, "cost": "1.50", "time": 2.0}
    assert pickle.loads(pickle.dumps(event)) == event
    with pytest.raises(InvalidPolicy):
        restored("nonsense")


# D23
def test_d23_an_end_is_told_once_however_many_end_it(clock: ManualClock) -> None:
    enforcer = Enforcer(clock=clock)
    for _ in range(30):
        session = enforcer.create_session(agent="a", tools=["search"], time_limit=1)

        def end(index: int, session: Any = session) -> None:
            if index == 0:
                clock.advance(1)
            elif index % 2:
                enforcer.sweep()
            else:
                session.decide("search")
                enforcer.close_agent("a")

        race(8, end)
        ends = [event.kind for event in enforcer.events() if event.kind != "denied"]
        assert ends == [session.status]

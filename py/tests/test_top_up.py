"""Topping up, approval and carving out: limits that move while a session lives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from allotment import (
    BudgetExceeded,
    Enforcer,
    InvalidPolicy,
    Policy,
    SessionClosed,
    SessionExpired,
    SessionPaused,
)
from drive import admitted

if TYPE_CHECKING:
    from allotment.testing import ManualClock
    from drive import Create


def test_a_live_limit_is_raised(create: Create, clock: ManualClock) -> None:
    session = create(calls=1, tokens=10, cost_usd="0.10", steps=1, discovered_steps=1, time_limit=10)
    assert admitted(session, 2) == 1
    session.top_up(calls=2, tokens=5, cost_usd="0.05", steps=3, discovered_steps=4, time=timedelta(seconds=5))
    shown = session.snapshot()
    limits = [shown[name]["limit"] for name in ("calls", "tokens", "cost", "steps", "discovered_steps")]
    assert limits == [3, 15, "0.15", 4, 5]
    assert admitted(session, 3) == 2
    clock.advance(14.5)
    assert session.decide_step().allowed
    clock.advance(0.5)
    assert session.decide_step().reason == "expired"


def test_what_cannot_be_raised_raises_nothing(create: Create, clock: ManualClock) -> None:
    session = create(calls=5, tokens=5)
    before = session.snapshot()
    nonsense: list[dict[str, Any]] = [
        {"steps": 5},
        {"cost_usd": 5},
        {"tokens": 2**48},
        {"calls": -1},
        {"calls": 1.5},
        {"calls": None},
        {"tokens": "5"},
        {"cost_usd": "x"},
        {"discovered_steps": True},
        {"time": -1},
        {"time": "5"},
        {"time": float("nan")},
    ]
    for wrong in nonsense:
        with pytest.raises(InvalidPolicy) as caught:
            session.top_up(**{"calls": 1, **wrong})
        assert caught.value.argument == next(iter(wrong)), wrong
        assert session.snapshot() == before
    with pytest.raises(TypeError):
        session.top_up(5)  # type: ignore[misc]
    session.close()
    with pytest.raises(SessionClosed):
        session.top_up(calls=5)
    late = create(time_limit=1)
    clock.advance(1)
    with pytest.raises(SessionExpired):
        late.top_up(time=5)


def test_a_child_is_never_topped_up_above_its_parent(create: Create) -> None:
    parent = create(calls=10)
    child = parent.delegate(agent="b", tools=["search"], calls=5)
    child.top_up(calls=5)
    with pytest.raises(InvalidPolicy, match="parent"):
        child.top_up(calls=1)
    assert child.snapshot()["calls"]["limit"] == 10


def test_who_runs_out_waits_for_an_approval_and_goes_on(clock: ManualClock) -> None:
    enforcer = Enforcer(Policy.from_dict({"approval": {"on_exhausted": "pause"}}), clock)
    session = enforcer.create_session(agent="a", tools=["search"], calls=1)
    session.authorize("search")
    with pytest.raises(SessionPaused) as caught:
        session.authorize("search")
    assert (caught.value.resource, caught.value.limit, session.status) == ("calls", 1, "paused")
    session.top_up(calls=2)
    assert session.status == "paused"
    session.resume()
    assert admitted(session, 3) == 2
    assert [
        event.kind for event in enforcer.events() if event.kind in ("paused", "topped_up", "resumed")
    ] == [
        "paused",
        "topped_up",
        "resumed",
        "paused",
    ]


def test_what_is_carved_out_is_gone_at_once_and_the_rest_comes_back(create: Create) -> None:
    parent = create(calls=10, tokens=100)
    child = parent.delegate(agent="b", tools=["search"], calls=6, tokens=60, carve_out=True)
    assert admitted(child, 2) == 2
    assert admitted(parent, 10) == 4
    child.close()
    shown = parent.snapshot()
    assert (shown["calls"]["remaining"], shown["tokens"]["remaining"]) == (4, 100)
    with pytest.raises(BudgetExceeded):
        parent.delegate(agent="b", tools=["search"], calls=5, carve_out=True)
    for wrong in (1, "yes", [], 0.0):
        with pytest.raises(TypeError, match="carve_out"):
            parent.delegate(agent="b", tools=["search"], calls=1, carve_out=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidPolicy, match="carve_out"):
        parent.delegate(agent="b", tools=["search"], carve_out=True)
    assert parent.snapshot()["calls"]["remaining"] == 4

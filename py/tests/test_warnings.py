"""Warnings before the end (G7, G8) and what every decision says is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from allotment import Enforcer, LimitWarning, Policy
from allotment.testing import ManualClock
from drive import admitted

if TYPE_CHECKING:
    from drive import Create


# G8
def test_g8_a_budget_of_a_hundred_warns_first_when_twenty_remain(create: Create) -> None:
    session = create(calls=100)
    firsts = [call for call in range(1, 101) if session.decide("search").warnings]
    assert firsts == list(range(80, 101))


# G7
def test_g7_a_warning_says_what_is_left(create: Create) -> None:
    session = create(calls=100)
    assert admitted(session, 79) == 79
    decision = session.decide("search")
    assert isinstance(decision.warnings, tuple)
    (warning,) = decision.warnings
    assert isinstance(warning, LimitWarning)
    assert (warning.resource, warning.remaining, warning.limit, warning.percent) == ("calls", 20, 100, 20)
    assert warning.message == "budget low: 20 of 100 calls remaining (20%)"
    assert decision.remaining == 20


# G7, G8
def test_g7_g8_time_runs_low_inclusively(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=1800)
    clock.advance_ns(1440 * 10**9 - 1)
    assert session.decide("search").warnings == ()
    clock.advance_ns(1)
    decision = session.decide("search")
    (warning,) = decision.warnings
    assert warning.message == "time low: 360s remaining (20%)"
    assert (warning.resource, warning.remaining, warning.limit) == ("time", 360.0, 1800.0)
    assert decision.seconds_remaining == 360.0


# G7
def test_g7_every_dimension_that_is_low_is_listed(create: Create, clock: ManualClock) -> None:
    session = create(calls=10, tokens=100, cost_usd="5.00", time_limit=100)
    clock.advance(85)
    decision = session.decide_batch(["search"] * 7)
    assert [warning.resource for warning in decision.warnings] == ["time"]
    decision = session.decide("search", tokens=90, cost_usd="4.50")
    assert [warning.resource for warning in decision.warnings] == ["calls", "time", "tokens", "cost"]
    assert decision.warnings[3].message == "budget low: $0.50 of $5.00 cost remaining (10%)"


# G7
def test_g7_a_budget_of_agent_or_tenant_warns_too(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"calls": 5}}, "tenants": {"*": {"calls": 5}}})
    session = Enforcer(policy=policy, clock=clock).create_session(agent="a", tenant="t", tools=["search"])
    assert admitted(session, 3) == 3
    messages = [warning.message for warning in session.decide("search").warnings]
    assert messages == [
        "agent budget low: 1 of 5 calls remaining (20%)",
        "tenant budget low: 1 of 5 calls remaining (20%)",
    ]


def test_a_tools_cap_warns_too(create: Create) -> None:
    session = create(tools={"search": 5})
    assert admitted(session, 3) == 3
    (warning,) = session.decide("search").warnings
    assert (warning.remaining, warning.limit) == (1, 5)


@pytest.mark.parametrize(("threshold", "first"), [(0.5, 50), (0.0, None), (1.0, 1), (0.01, 99), (1e-9, 100)])
# G7
def test_g7_the_threshold_is_policy(clock: ManualClock, threshold: float, first: int | None) -> None:
    policy = Policy.from_dict({"warnings": {"threshold": threshold}})
    session = Enforcer(policy=policy, clock=clock).create_session(agent="a", tools=["search"], calls=100)
    calls = [
        call
        for call in range(1, 101)
        if any(warning.resource == "calls" for warning in session.decide("search").warnings)
    ]
    assert (calls[0] if calls else None) == first


def test_every_decision_says_what_is_left(create: Create, clock: ManualClock) -> None:
    session = create(calls=2, time_limit=100)
    clock.advance(30)
    assert (session.decide("search").remaining, session.decide("search").remaining) == (1, 0)
    assert session.preview("unlisted").warnings == ()
    assert create(calls=None).decide("search").remaining is None


# G7
def test_g7_remaining_calls_and_seconds_are_on_every_decision_also_on_a_denial(
    create: Create, clock: ManualClock
) -> None:
    session = create(calls=10, rate="2/min", tools={"search": 2, "read": None}, time_limit=100)
    assert admitted(session, 2) == 2
    clock.advance(40)
    for denial in (
        session.decide("unlisted"),
        session.decide_batch(["read"] * 9),
        session.decide("search"),
    ):
        assert not denial.allowed
        assert (denial.remaining, denial.seconds_remaining) == (8, 60.0), denial
    session.pause()
    denial = session.decide("search")
    assert (denial.remaining, denial.seconds_remaining) == (8, 60.0)


def test_an_empty_warning_is_no_warning(create: Create) -> None:
    assert create(calls=0).decide_batch([]).allowed
    assert create(calls=None).decide("search").warnings == ()

"""The bounds that the command knows by heart are the engine's own."""

from __future__ import annotations

from typing import Any

import pytest

from allotment import Enforcer, InvalidPolicy, Policy, TooManySessions
from allotment.cli import bounds
from allotment.cli.figures.quantities import dollars
from allotment.testing import ManualClock

LONGEST = {"max_time_limit": bounds.LONGEST_SESSION_S}


@pytest.mark.parametrize(
    ("at", "beyond"),
    [
        ({"calls": bounds.MAX_COUNT}, {"calls": bounds.MAX_COUNT + 1}),
        ({"tokens": bounds.MAX_COUNT}, {"tokens": bounds.MAX_COUNT + 1}),
        (
            {"cost_usd": dollars(bounds.MAX_COST_NANO_USD)},
            {"cost_usd": dollars(bounds.MAX_COST_NANO_USD + 1)},
        ),
        ({"time_limit": bounds.MAX_TIME_LIMIT_S}, {"time_limit": bounds.MAX_TIME_LIMIT_S + 1}),
        (LONGEST, {"max_time_limit": bounds.LONGEST_SESSION_S + 1}),
        (
            {**LONGEST, "time_limit": bounds.LONGEST_SESSION_S},
            {**LONGEST, "time_limit": bounds.LONGEST_SESSION_S + 1},
        ),
    ],
    ids=["calls", "tokens", "cost_usd", "time_limit", "max_time_limit", "longest"],
)
def test_a_bound_is_the_largest_that_a_policy_takes(at: dict[str, Any], beyond: dict[str, Any]) -> None:
    Policy.from_dict({"defaults": at})
    with pytest.raises(InvalidPolicy):
        Policy.from_dict({"defaults": beyond})


def test_the_default_time_limit_ends_a_session() -> None:
    clock = ManualClock()
    session = Enforcer(clock=clock).create_session(agent="a", tools=["t"])
    clock.advance_ns(bounds.DEFAULT_TIME_LIMIT_S * 10**9 - 1)
    assert session.decide("t").allowed
    clock.advance_ns(1)
    assert session.decide("t").reason == "expired"


def test_an_agent_has_the_default_number_of_sessions() -> None:
    enforcer = Enforcer(clock=ManualClock())
    for _ in range(bounds.DEFAULT_MAX_SESSIONS):
        enforcer.create_session(agent="a", tools=["t"])
    with pytest.raises(TooManySessions):
        enforcer.create_session(agent="a", tools=["t"])


def test_the_clock_counts_to_its_end() -> None:
    """A rate of one a day, a day before the end of the clock, still refills."""
    clock = ManualClock()
    clock.advance_ns((bounds.LONGEST_CLOCK_S - 2 * 86_400) * 10**9)
    session = Enforcer(clock=clock).create_session(agent="a", tools=["t"], rate="1/day", time_limit=86_400)
    assert session.decide("t").allowed
    clock.advance_ns(86_400 * 10**9 - 1)
    assert session.decide("t").reason == "rate_limited"


def test_the_shortest_time_limit() -> None:
    Policy.from_dict({"defaults": {"time_limit": bounds.MIN_TIME_LIMIT_S}})
    with pytest.raises(InvalidPolicy):
        Policy.from_dict({"defaults": {"time_limit": bounds.MIN_TIME_LIMIT_S - 1e-9}})


def test_the_longest_name_of_an_agent() -> None:
    Enforcer().create_session(agent="a" * bounds.MAX_NAME_BYTES, tools=[])
    with pytest.raises(InvalidPolicy):
        Enforcer().create_session(agent="a" * (bounds.MAX_NAME_BYTES + 1), tools=[])

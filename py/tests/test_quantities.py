"""Money and time come in and go out exactly (D16, D21)."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allotment import Enforcer
from allotment.testing import ManualClock

if TYPE_CHECKING:
    from drive import Create

NANO = Decimal("0.000000001")


@pytest.mark.parametrize(
    "five", ["5", "5.00", "5.000000000", 5, 5.0, Decimal(5), Decimal("5.00"), Decimal("5E0"), "5e0"]
)
def test_money_may_be_said_in_many_ways(create: Create, five: Any) -> None:
    session = create(cost_usd=five)
    assert session.decide("search", cost_usd=five).allowed
    denial = session.decide("search", cost_usd=NANO)
    assert (denial.reason, denial.resource, denial.used) == ("budget_exceeded", "cost", Decimal(5))


# D21
def test_d21_tiny_amounts_add_up(create: Create) -> None:
    session = create(cost_usd="0.0099", calls=None)
    count = 0
    while session.decide("search", cost_usd="0.000033").allowed:
        count += 1
    assert count == 300
    assert not session.decide("search", cost_usd=NANO).allowed


# D21
def test_d21_money_comes_back_as_a_decimal(create: Create) -> None:
    session = create(cost_usd="1.25")
    denial = session.decide("search", cost_usd="1.250000001")
    assert [(value, type(value)) for value in (denial.limit, denial.used, denial.requested)] == [
        (Decimal("1.25"), Decimal),
        (Decimal(0), Decimal),
        (Decimal("1.250000001"), Decimal),
    ]
    (warning,) = session.decide("search", cost_usd="1.24").warnings
    assert (warning.remaining, warning.limit) == (Decimal("0.01"), Decimal("1.25"))
    assert isinstance(warning.remaining, Decimal)


@given(st.decimals(0, 18_000_000, allow_nan=False, allow_infinity=False, places=12))
# D21
def test_d21_a_price_is_rounded_up_to_the_nano_dollar_and_never_down(price: Decimal) -> None:
    nanos = math.ceil(Fraction(price) * 10**9)
    enforcer = Enforcer()
    for budget in {nanos, max(0, nanos - 1)}:
        session = enforcer.create_session(agent="a", tools=["search"], cost_usd=Decimal(budget).scaleb(-9))
        assert session.decide("search", cost_usd=price).allowed is (budget == nanos)


@given(st.floats(1e-12, 1_000_000))
# D21
def test_d21_a_float_is_its_shortest_decimal(price: float) -> None:
    enforcer = Enforcer()
    session = enforcer.create_session(agent="a", tools=["search"], cost_usd=Decimal(repr(price)))
    assert session.decide("search", cost_usd=price).allowed
    assert not session.decide("search", cost_usd=NANO).allowed


def test_money_in_any_decimal_context_is_the_same(create: Create) -> None:
    import decimal

    with decimal.localcontext() as context:
        context.prec = 2
        session = create(cost_usd="1.234567891")
        assert session.decide("search", cost_usd=Decimal("1.234567891")).allowed
        assert session.decide("search", cost_usd=NANO).used == Decimal("1.234567891")


@pytest.mark.parametrize("limit", [90, 90.0, timedelta(seconds=90), timedelta(minutes=1.5)])
def test_time_may_be_said_in_many_ways(create: Create, clock: ManualClock, limit: Any) -> None:
    session = create(time_limit=limit)
    assert session.snapshot()["seconds_remaining"] == 90
    clock.advance_ns(90 * 10**9 - 1)
    assert session.decide("search").allowed
    clock.advance_ns(1)
    assert session.decide("search").reason == "expired"


# D16
def test_d16_a_clock_advances_by_seconds_or_timedelta_or_nanoseconds(
    create: Create, clock: ManualClock
) -> None:
    session = create(time_limit=100)
    clock.advance(1)
    clock.advance(0.5)
    clock.advance(timedelta(milliseconds=250))
    clock.advance_ns(250_000_000)
    clock.advance(0)
    clock.advance_ns(0)
    assert session.snapshot()["seconds_remaining"] == 98


# B27
def test_b27_a_time_limit_is_one_second_to_a_day(create: Create) -> None:
    for limit in (1, 1.0, 86_400, timedelta(days=1)):
        create(time_limit=limit)
    for wrong in (
        0,
        0.999_999_999,
        86_400.000_001,
        timedelta(0),
        timedelta(days=-1),
        timedelta(days=1, microseconds=1),
    ):
        with pytest.raises(ValueError, match="time_limit"):
            create(time_limit=wrong)


# B27
def test_b27_the_policy_may_raise_the_maximum(clock: ManualClock) -> None:
    from allotment import Policy

    enforcer = Enforcer(policy=Policy.from_dict({"defaults": {"max_time_limit": "7d"}}), clock=clock)
    assert (
        enforcer.create_session(agent="a", tools=[], time_limit=7 * 86_400).snapshot()["time_limit"]
        == 604_800
    )
    with pytest.raises(ValueError, match="time_limit"):
        enforcer.create_session(agent="a", tools=[], time_limit=7 * 86_400 + 1)


# B27
def test_b27_no_session_outlives_the_policys_maximum(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=None)
    clock.advance(86_400)
    assert session.decide("search").reason == "expired"


# D16
def test_d16_without_a_clock_time_is_monotonic_and_wall_times_are_of_today() -> None:
    import time

    shown = Enforcer().create_session(agent="a", tools=[]).snapshot()
    assert abs(shown["created_at"] - time.time()) < 60
    assert 3590 < shown["seconds_remaining"] <= 3600


def test_two_enforcers_may_share_a_clock(clock: ManualClock) -> None:
    one, two = (
        Enforcer(clock=clock).create_session(agent="a", tools=["search"], time_limit=5) for _ in range(2)
    )
    clock.advance(5)
    assert (one.decide("search").reason, two.decide("search").reason) == ("expired", "expired")

"""Rates of sessions, agents and tenants (B12-B14, V2-V8, V11, D5, D7, D8, D10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer, InvalidPolicy, Policy, Rate, RateLimited
from allotment.testing import ManualClock
from drive import admitted, spent

if TYPE_CHECKING:
    from drive import Create


def with_agents(clock: ManualClock, **limits: Any) -> Enforcer:
    """An enforcer whose agents have these limits."""
    return Enforcer(policy=Policy.from_dict({"agents": {"*": limits}}), clock=clock)


# B12
def test_b12_the_call_above_the_rate_is_limited_and_consumes_nothing(create: Create) -> None:
    session = create(rate="3/min", calls=10)
    assert admitted(session, 3) == 3
    for _ in range(5):
        with pytest.raises(RateLimited) as caught:
            session.authorize("search")
    denied = caught.value
    assert (denied.reason, denied.http_status, denied.retryable) == ("rate_limited", 429, True)
    assert (denied.limit, denied.used, denied.resource, denied.account) == (3, 3, "calls", "session")
    assert (denied.retry_after, denied.retry_after_ns) == (20.0, 20 * 10**9)
    assert spent(session) == 3


# B13
def test_b13_without_a_rate_nothing_is_limited(create: Create) -> None:
    session = create(calls=None)
    assert admitted(session, 5_000) == 5_000


# B14
def test_b14_refill_is_continuous_not_a_fixed_window(create: Create, clock: ManualClock) -> None:
    session = create(rate="60/min")
    assert admitted(session, 100) == 60
    for _ in range(10):
        clock.advance(1)
        assert admitted(session, 5) == 1
    clock.advance(60)
    assert admitted(session, 100) == 60


# D8
def test_d8_a_window_that_turns_does_not_double_the_rate(create: Create, clock: ManualClock) -> None:
    session = create(rate="100/min")
    clock.advance(59.97)
    count = admitted(session, 100)
    clock.advance(0.06)
    assert count + admitted(session, 100) == 100


# V2
def test_v2_a_rate_is_per_minute_unless_said_otherwise() -> None:
    rate = Rate(30)
    assert (rate.limit, rate.per, rate.burst) == (30, 60, 1.0)
    assert rate == Rate(30, per=60, burst=1.0)


# V3
def test_v3_an_agents_rate_is_shared_by_its_sessions(clock: ManualClock) -> None:
    enforcer = with_agents(clock, rate="3/min")
    one, two = (enforcer.create_session(agent="a", tools=["search"]) for _ in range(2))
    assert admitted(one, 2) == 2
    assert admitted(two, 5) == 1
    denial = one.decide("search")
    assert (denial.reason, denial.account, denial.limit) == ("rate_limited", "agent", 3)
    clock.advance(20)
    assert two.decide("search").allowed


# V4
def test_v4_a_sessions_rate_denies_the_third_call(create: Create) -> None:
    assert admitted(create(rate="2/min"), 3) == 2


# V5
def test_v5_agents_and_sessions_have_buckets_of_their_own(clock: ManualClock, create: Create) -> None:
    enforcer = with_agents(clock, rate="3/min")
    for agent in ("a", "b"):
        assert admitted(enforcer.create_session(agent=agent, tools=["search"]), 5) == 3
    for _ in range(2):
        assert admitted(create(rate="2/min"), 5) == 2


# V6
def test_v6_one_a_second_passes_again_after_a_second(create: Create, clock: ManualClock) -> None:
    session = create(rate="1/s")
    assert admitted(session, 2) == 1
    clock.advance(1.1)
    assert admitted(session, 2) == 1


# D5, V7, V11
def test_v7_v11_d5_neither_bucket_is_charged_when_the_other_refuses(clock: ManualClock) -> None:
    enforcer = with_agents(clock, rate="10/min")
    slow, free = (enforcer.create_session(agent="a", tools=["search"], rate=rate) for rate in ("2/min", None))
    assert admitted(slow, 50) == 2
    assert admitted(free, 50) == 8
    clock.advance(6)
    assert slow.decide("search").account == "session"
    assert free.decide("search").allowed
    assert slow.decide("search").account == "session"
    clock.advance(24)
    assert admitted(free, 50) == 4
    assert slow.decide("search").account == "agent"
    clock.advance(6)
    assert slow.decide("search").allowed


@pytest.mark.parametrize(
    ("limit", "burst", "bucket"),
    [(3, 1.0, 3), (3, 1.5, 5), (1, 0.1, 1), (10, 0.25, 3), (7, 2, 14), (0, 9.0, 0)],
)
# V8
def test_v8_the_bucket_is_the_rounded_product_and_at_least_one(
    create: Create, clock: ManualClock, limit: int, burst: float, bucket: int
) -> None:
    session = create(rate=Rate(limit, per=60, burst=burst))
    assert admitted(session, 50) == bucket
    clock.advance(3000)
    assert admitted(session, 50) == bucket


def test_a_tenants_rate_is_shared_by_its_agents(clock: ManualClock) -> None:
    enforcer = Enforcer(policy=Policy.from_dict({"tenants": {"acme": {"rate": "4/min"}}}), clock=clock)
    sessions = [enforcer.create_session(agent=f"a{i}", tenant="acme", tools=["search"]) for i in range(3)]
    assert sum(admitted(session, 3) for session in sessions) == 4
    assert sessions[0].decide("search").account == "tenant"
    assert admitted(enforcer.create_session(agent="a0", tenant="other", tools=["search"]), 9) == 9


def test_tokens_and_money_have_rates_too(create: Create, clock: ManualClock) -> None:
    session = create(tokens_rate="1000/min", cost_rate="0.60/min")
    assert session.decide("search", tokens=1000, cost_usd="0.6").allowed
    denial = session.decide("search", tokens=50)
    assert (denial.reason, denial.resource, denial.retry_after) == ("rate_limited", "tokens", 3.0)
    assert session.decide("search", tokens=1001).retryable is False
    denial = session.decide("search", cost_usd="0.01")
    assert (denial.reason, denial.resource, denial.retry_after) == ("rate_limited", "cost", 1.0)
    assert session.decide("search").allowed
    clock.advance(3)
    assert session.decide("search", tokens=50, cost_usd="0.03").allowed


@pytest.mark.parametrize(
    "burst", [float("nan"), float("inf"), float("-inf"), -1.0, 0.0, -0.0, 0, True, "2", None, 1e300]
)
# D7
def test_d7_a_burst_that_makes_no_sense_is_an_error(burst: Any) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Rate(10, burst=burst)
    assert "burst" in caught.value.argument


@pytest.mark.parametrize(
    "per",
    [0, -1, 0.999, 86400.001, 1e30, float("nan"), float("inf"), float("-inf"), True, "60", None, 10**400],
)
# D10
def test_d10_a_window_that_makes_no_sense_is_an_error(per: Any) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Rate(10, per=per)
    assert "per" in caught.value.argument


# G20
def test_g20_the_longest_and_the_shortest_window_are_fine(create: Create, clock: ManualClock) -> None:
    for per in (1, 86_400):
        assert Rate(10, per=per).per == per
    session = create(rate=Rate(2, per=86_400), time_limit=86_400)
    assert admitted(session, 3) == 2
    assert session.decide("search").retry_after_ns == 43_200 * 10**9


@pytest.mark.parametrize(
    ("text", "limit", "per"),
    [
        ("30/min", 30, 60),
        ("5/s", 5, 1),
        ("100/15min", 100, 900),
        ("1000/h", 1000, 3600),
        ("1/day", 1, 86_400),
        (" 7 / 90 s ", 7, 90),
        ("0/s", 0, 1),
    ],
)
def test_a_rate_may_be_a_string(create: Create, text: str, limit: int, per: int) -> None:
    session = create(rate=text)
    assert (
        session.snapshot()["calls"]["rate"] == create(rate=Rate(limit, per=per)).snapshot()["calls"]["rate"]
    )
    assert admitted(session, 1200) == min(limit, 1000)

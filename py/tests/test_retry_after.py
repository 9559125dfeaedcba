"""``retry_after`` over several meters: asked again then, with nobody else asking, it passes (DESIGN 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from allotment import Enforcer, Policy
from allotment.testing import ManualClock

if TYPE_CHECKING:
    from drive import Create


# V11
def test_v11_the_wait_is_the_longest_of_all_that_refuse(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"rate": "1/h"}}})
    session = Enforcer(policy=policy, clock=clock).create_session(
        agent="a", tools=["search"], rate="1/min", time_limit=86400
    )
    session.authorize("search")
    denial = session.decide("search")
    assert denial.account == "session"
    clock.advance_ns(denial.retry_after_ns or 0)
    assert session.decide("search").allowed


def test_a_wait_that_cannot_help_is_not_promised(create: Create) -> None:
    session = create(rate="1/min", tokens=5)
    assert session.decide("search", tokens=5).allowed
    denial = session.decide("search", tokens=1)
    assert (denial.retry_after, denial.retryable) == (None, False)


def test_a_wait_past_the_sessions_end_is_not_promised(create: Create, clock: ManualClock) -> None:
    session = create(rate="1/h", time_limit=60)
    session.authorize("search")
    denial = session.decide("search")
    assert (denial.reason, denial.retry_after, denial.retryable) == ("rate_limited", None, False)
    clock.advance(60)
    assert session.decide("search").reason == "expired"


def test_a_meter_whose_budget_is_gone_does_not_send_the_caller_waiting_for_its_rate(create: Create) -> None:
    session = create(calls=1, rate="1/min")
    session.authorize("search")
    denial = session.decide("search")
    assert (denial.reason, denial.retry_after, denial.retryable) == ("budget_exceeded", None, False)


def test_the_float_is_never_before_the_exact_instant(create: Create, clock: ManualClock) -> None:
    for limit in (3, 7, 11, 13, 17):
        session = create(agent=f"a{limit}", rate=f"{limit}/min", time_limit=86_400)
        assert session.decide_batch(["search"] * limit).allowed
        denial = session.decide("search")
        assert isinstance(denial.retry_after_ns, int)
        assert isinstance(denial.retry_after, float)
        clock.advance(denial.retry_after)
        assert session.decide("search").allowed


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 600)), min_size=3, max_size=3),
    st.lists(st.integers(0, 10**11), max_size=6),
)
# V11
def test_v11_the_wait_is_exact_over_session_agent_and_tenant(
    rates: list[tuple[int, int]], gaps: list[int]
) -> None:
    own, agent, tenant = ({"limit": limit, "per": per} for limit, per in rates)
    policy: dict[str, Any] = {"agents": {"*": {"rate": agent}}, "tenants": {"*": {"rate": tenant}}}
    clock = ManualClock()
    enforcer = Enforcer(policy=Policy.from_dict(policy), clock=clock)
    session = enforcer.create_session(
        agent="a",
        tenant="t",
        tools=["search"],
        calls=None,
        time_limit=86400,
        rate=f"{own['limit']}/{own['per']}s",
    )
    for gap in gaps:
        while session.decide("search").allowed:
            pass
        clock.advance_ns(gap)
    while (denial := session.decide("search")).allowed:
        pass
    assert denial.retry_after_ns is not None
    clock.advance_ns(denial.retry_after_ns - 1)
    assert not session.decide("search").allowed
    clock.advance_ns(1)
    assert session.decide("search").allowed

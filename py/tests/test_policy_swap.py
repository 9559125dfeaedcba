"""``set_policy`` changes what live sessions' agents and tenants may do; what is spent stays spent."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allotment import Enforcer, InvalidPolicy, Policy, TooManySessions
from allotment.testing import ManualClock
from drive import admitted


def agents(**limits: Any) -> Policy:
    """A policy that limits every agent so."""
    return Policy.from_dict({"agents": {"*": limits}})


def test_a_tightened_budget_denies_from_then_on_and_a_raised_one_goes_on(clock: ManualClock) -> None:
    enforcer = Enforcer(policy=agents(calls=10), clock=clock)
    session = enforcer.create_session(agent="a", tools=["search"])
    assert admitted(session, 6) == 6
    enforcer.set_policy(agents(calls=4))
    denial = session.decide("search")
    assert (denial.account, denial.limit, denial.used) == ("agent", 4, 6)
    enforcer.set_policy(agents(calls=8))
    assert admitted(session, 5) == 2
    enforcer.set_policy(Policy())
    assert admitted(session, 5) == 5


def test_the_agents_cap_changes_for_the_next_session(clock: ManualClock) -> None:
    enforcer = Enforcer(policy=agents(max_sessions=1), clock=clock)
    first = enforcer.create_session(agent="a", tools=["search"])
    enforcer.set_policy(agents(max_sessions=3))
    enforcer.create_session(agent="a", tools=[])
    enforcer.set_policy(agents(max_sessions=1))
    with pytest.raises(TooManySessions) as caught:
        enforcer.create_session(agent="a", tools=[])
    assert (caught.value.limit, caught.value.used) == (1, 2)
    first.authorize("search")


def test_defaults_concern_new_sessions_only(clock: ManualClock) -> None:
    enforcer = Enforcer(clock=clock)
    old = enforcer.create_session(agent="a", tools=["search"], calls=5)
    enforcer.set_policy(Policy.from_dict({"defaults": {"calls": 1, "time_limit": 10}}))
    new = enforcer.create_session(agent="a", tools=["search"])
    assert (admitted(old, 9), admitted(new, 9)) == (5, 1)
    clock.advance(10)
    assert (old.snapshot()["status"], new.snapshot()["status"]) == ("active", "expired")


def test_the_warning_threshold_concerns_live_sessions(clock: ManualClock) -> None:
    enforcer = Enforcer(clock=clock)
    session = enforcer.create_session(agent="a", tools=["search"], calls=10)
    assert session.decide("search").warnings == ()
    enforcer.set_policy(Policy.from_dict({"warnings": {"threshold": 0.9}}))
    assert len(session.decide("search").warnings) == 1
    assert len(session.snapshot()["warnings"]) == 1


def test_a_rate_that_is_swapped_forgets_no_debt(clock: ManualClock) -> None:
    enforcer = Enforcer(policy=agents(rate="10/min"), clock=clock)
    clock.advance(1_000)
    session = enforcer.create_session(agent="a", tools=["search"], calls=None)
    assert admitted(session, 20) == 10
    for turn in range(10):
        enforcer.set_policy((agents(rate="11/min"), agents(rate="10/min"), agents(rate="10/h"))[turn % 3])
        assert admitted(session, 20) == (1 if turn == 0 else 0)
    enforcer.set_policy(agents(rate="10/min"))
    clock.advance(5.999)
    assert admitted(session, 20) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 600), st.integers(0, 100)), min_size=1, max_size=12)
)
def test_swapping_rates_never_mints(swaps: list[tuple[int, int, int]]) -> None:
    """Never more than the largest bucket and, piece by piece, what each rate gives in its time."""
    clock = ManualClock()
    enforcer = Enforcer(clock=clock)
    session = enforcer.create_session(agent="a", tools=["search"], calls=None)
    bound, count = Fraction(max(limit for limit, _, _ in swaps)), 0
    for limit, per, seconds in swaps:
        enforcer.set_policy(agents(rate={"limit": limit, "per": per}))
        for _ in range(3):
            while session.decide("search").allowed:
                count += 1
            clock.advance_ns(seconds * 10**9 // 3)
            bound += Fraction(limit * (seconds * 10**9 // 3), per * 10**9)
        while session.decide("search").allowed:
            count += 1
        assert count <= bound + Fraction(len(swaps), 1000)


@pytest.mark.parametrize("wrong", [None, {}, "x", 5, True])
def test_a_policy_has_to_be_a_policy_and_the_old_one_stays(clock: ManualClock, wrong: Any) -> None:
    enforcer = Enforcer(policy=agents(calls=1), clock=clock)
    session = enforcer.create_session(agent="a", tools=["search"])
    with pytest.raises(TypeError):
        enforcer.set_policy(wrong)
    with pytest.raises(InvalidPolicy):
        enforcer.set_policy(Policy.from_dict({"agents": {"*": {"calls": -1}}}))
    assert admitted(session, 5) == 1

"""Decision, LimitWarning, Rate: values that compare, pickle, copy and print as they are made (V2, V8)."""

from __future__ import annotations

import copy
import pickle
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import allotment
from allotment import Decision, Enforcer, LimitWarning, Policy, Rate
from drive import admitted

if TYPE_CHECKING:
    from allotment.testing import ManualClock
    from drive import Create

DECISION = (
    "allowed",
    "reason",
    "tool",
    "remaining",
    "seconds_remaining",
    "retry_after",
    "retry_after_ns",
    "warnings",
    "drift",
    "limit",
    "used",
    "requested",
    "resource",
    "account",
    "retryable",
    "http_status",
    "message",
    "detail",
)

rates = st.builds(Rate, st.integers(0, 10**6), per=st.integers(1, 86_400), burst=st.floats(0.01, 100))
COPIES: list[Any] = [
    *(
        lambda value, protocol=protocol: pickle.loads(pickle.dumps(value, protocol))
        for protocol in range(2, 6)
    ),
    copy.copy,
    copy.deepcopy,
]


def decisions(create: Create, clock: ManualClock) -> list[Decision]:
    """A plain one, one with warnings, a batch's, a denial, a denial with a wait."""
    session = create(calls=10, rate="9/min", tokens=50)
    made = [session.decide("search"), session.decide_batch(["search"] * 2), session.decide("unlisted")]
    clock.advance(3500)
    made += [
        session.decide("search", tokens=45),
        session.decide("read", tokens=6),
        create(calls=0).decide("read"),
    ]
    made += [session.decide_batch(["search"] * 6), create(rate="1/min").decide_batch(["search"] * 2)]
    limited = create(rate="7/min")
    assert admitted(limited, 7) == 7
    return [*made, limited.decide("search")]


def values(decision: Decision) -> list[Any]:
    return [(getattr(decision, name), type(getattr(decision, name))) for name in DECISION]


@pytest.mark.parametrize("copied", COPIES)
# V10
def test_v10_a_decision_is_pickled_and_copied_whole(create: Create, clock: ManualClock, copied: Any) -> None:
    for decision in decisions(create, clock):
        twin = copied(decision)
        assert type(twin) is Decision
        assert values(twin) == values(decision)
        assert repr(twin) == repr(decision)
        assert twin == decision


def test_a_decision_says_in_its_repr_what_it_decided(create: Create) -> None:
    assert "budget_exceeded" in repr(create(calls=0).decide("search"))
    assert "search" in repr(create().decide("search"))


def test_a_decision_is_frozen(create: Create) -> None:
    decision = create().decide("search")
    for name in DECISION:
        with pytest.raises((AttributeError, TypeError)):
            setattr(decision, name, True)


def test_an_allowed_decision_has_nothing_of_a_denial(create: Create) -> None:
    decision = create().decide("search")
    for name in (
        "reason",
        "limit",
        "used",
        "requested",
        "resource",
        "account",
        "retry_after",
        "retry_after_ns",
    ):
        assert getattr(decision, name) is None, name
    assert (decision.allowed, decision.retryable) == (True, False)


@pytest.mark.parametrize("copied", COPIES)
def test_a_warning_is_pickled_and_copied_whole(create: Create, copied: Any) -> None:
    session = create(calls=5, cost_usd="1")
    assert admitted(session, 4) == 4
    for warning in session.decide("search", cost_usd="0.9").warnings:
        twin = copied(warning)
        assert type(twin) is LimitWarning
        assert twin == warning
        assert (twin.resource, twin.remaining, twin.limit, twin.percent, twin.message) == (
            warning.resource,
            warning.remaining,
            warning.limit,
            warning.percent,
            warning.message,
        )
        assert type(twin.remaining) is type(warning.remaining)


@given(rates)
def test_a_rate_survives_pickle_copy_and_repr(rate: Rate) -> None:
    for copied in COPIES:
        twin = copied(rate)
        assert type(twin) is Rate
        assert twin == rate
        assert hash(twin) == hash(rate)
    assert eval(repr(rate), vars(allotment)) == rate
    assert (rate.limit, rate.per, rate.burst) == (copied(rate).limit, copied(rate).per, copied(rate).burst)


@given(st.integers(1, 10**6), st.integers(1_000_000, 86_400_000_000))
def test_a_rate_with_a_window_in_microseconds_is_exact(limit: int, micros: int) -> None:
    rate = Rate(limit, per=timedelta(microseconds=micros))
    assert eval(repr(rate), vars(allotment)) == rate
    assert pickle.loads(pickle.dumps(rate)) == rate
    assert rate != Rate(limit, per=timedelta(microseconds=1_000_000 + (micros == 1_000_000)))


def test_rates_compare_and_hash_as_values() -> None:
    assert Rate(30) == Rate(30, per=60, burst=1.0) == Rate(30, 60.0, 1)
    assert len({Rate(30), Rate(30, 60), Rate(31), Rate(30, 61), Rate(30, burst=2)}) == 4
    assert Rate(30) != "30/min"
    assert (Rate(30) == 30) is False


def test_a_rate_is_frozen() -> None:
    rate = Rate(30)
    for name in ("limit", "per", "burst", "new"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(rate, name, 5)


@pytest.mark.parametrize(
    "limit", [-1, 2**48 + 1, 2**64, 10**400, 10**400, 1.0, float("nan"), True, None, "x", b"5", [], object()]
)
def test_a_rate_of_nonsense_is_an_error(limit: Any) -> None:
    with pytest.raises(allotment.InvalidPolicy) as caught:
        Rate(limit)
    assert "limit" in caught.value.argument
    assert caught.value.value in str(caught.value)


@pytest.mark.parametrize("copied", COPIES)
def test_a_policy_is_pickled_and_copied_whole(copied: Any) -> None:
    policy = Policy.from_dict(
        {
            "defaults": {"calls": 7, "cost_usd": "1.5", "rate": {"limit": 3, "per": 7, "burst": 1.5}},
            "warnings": {"threshold": 0.1},
            "agents": {"a-*": {"calls": 5}, "b": {"max_sessions": 3}},
            "tenants": {"*": {"tokens": 9}},
        }
    )
    twin = copied(policy)
    assert type(twin) is Policy
    assert twin == policy
    assert twin.to_dict() == policy.to_dict()
    assert twin != Policy()


def test_a_policys_repr_makes_the_policy() -> None:
    for policy in (
        Policy(),
        Policy.from_dict({"defaults": {"calls": 7}, "agents": {"a-*": {"rate": "5/s"}}}),
    ):
        assert eval(repr(policy), vars(allotment)) == policy


def test_what_is_alive_cannot_be_pickled(create: Create, clock: ManualClock) -> None:
    for alive in (create(), Enforcer(), clock):
        with pytest.raises(TypeError):
            pickle.dumps(alive)


def test_sessions_and_enforcers_say_who_they_are(create: Create, enforcer: Enforcer) -> None:
    session = create()
    assert session.id in repr(session)
    assert "agent-7" in repr(session)
    assert repr(enforcer).startswith(("Enforcer(", "<Enforcer", "<allotment.Enforcer"))


def test_handles_of_one_session_are_equal(create: Create, enforcer: Enforcer) -> None:
    one, two = create(), create()
    again = enforcer.get(one.id)
    assert (one == again, one == two, one == one.id) == (True, False, False)
    assert len({one, again, two, copy.copy(one), copy.deepcopy(one)}) == 2


def test_a_session_is_found_by_its_id_as_text_or_as_uuid(create: Create, enforcer: Enforcer) -> None:
    session = create()
    for name in (session.id, session.id.upper(), uuid.UUID(session.id)):
        assert enforcer.get(name) == session
        assert enforcer.decide(name, "search", agent="agent-7").allowed


def test_a_decision_is_true_where_it_is_allowed(create: Create) -> None:
    session = create(calls=1)
    assert [bool(session.decide("search")) for _ in range(2)] == [True, False]


def test_a_notebook_shows_what_anyone_wrote_escaped(create: Create) -> None:
    session = create(agent="<b>", tenant="<i>", intent="<script>alert('x')</script>", calls=5, cost_usd="1.5")
    session.decide("search", cost_usd="0.25")
    shown = session._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "&lt;script&gt;" in shown
    assert "1 of 5" in shown
    assert "0.25 of 1.5" in shown


def test_the_version_is_said() -> None:
    assert allotment.__version__.count(".") >= 2

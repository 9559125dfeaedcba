"""Intents, sensitivity, the network: what fits a session (G9 to G17)."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer, IntentDrift, NetworkDenied, Policy, SensitivityExceeded, Summary

if TYPE_CHECKING:
    from allotment.testing import ManualClock


def enforcer_with(clock: ManualClock, **sections: Any) -> Enforcer:
    return Enforcer(Policy.from_dict(sections), clock)


# G13
def test_g13_a_drift_that_only_warns_is_said_and_counted(clock: ManualClock) -> None:
    enforcer = enforcer_with(clock)
    session = enforcer.create_session(agent="a", tools=["search", "delete_all"], intent="read it")
    assert session.decide("search").drift is None
    decision = session.decide("delete_all")
    assert decision.allowed
    assert decision.drift == "intent drift: the intent is read, the tool admin"
    assert pickle.loads(pickle.dumps(decision)) == decision
    assert pickle.loads(pickle.dumps(decision)).drift == decision.drift
    assert session.snapshot()["drifts"] == 1
    assert [event.kind for event in enforcer.events()] == ["drift"]


# G13
def test_g13_a_drift_that_denies_names_intent_tier_tool_and_class(clock: ManualClock) -> None:
    enforcer = enforcer_with(clock, intent={"on_drift": "deny"})
    session = enforcer.create_session(agent="a", tools=["delete_all"], intent="read it")
    with pytest.raises(IntentDrift) as caught:
        session.authorize("delete_all")
    for part in ("read it", "read", "delete_all", "admin"):
        assert part in caught.value.detail
    assert caught.value.decision is not None
    assert caught.value.decision.drift is None


def test_sensitivity_and_the_network(clock: ManualClock) -> None:
    enforcer = enforcer_with(
        clock, tools={"vault": {"sensitivity": "restricted", "network": False}, "disk": {"network": False}}
    )
    settings: dict[str, Any] = {"agent": "a", "tools": ["vault", "disk", "web"]}
    session = enforcer.create_session(**settings, air_gap=True)
    session.authorize("disk")
    with pytest.raises(SensitivityExceeded):
        session.authorize("vault")
    with pytest.raises(NetworkDenied):
        session.authorize("web")
    cleared = enforcer.create_session(**settings, sensitivity="restricted", air_gap=False)
    cleared.authorize_batch(["vault", "disk", "web"])
    child = session.delegate(agent="b", tools=["web"])
    assert child.decide("web").reason == "network_denied"
    with pytest.raises(ValueError, match="air_gap"):
        session.delegate(agent="b", tools=["web"], air_gap=False)


@pytest.mark.parametrize("wrong", [0, 1, "yes", "", [], 1.0, object()])
def test_an_air_gap_is_there_or_not(clock: ManualClock, wrong: Any) -> None:
    enforcer = enforcer_with(clock)
    with pytest.raises(TypeError, match="air_gap"):
        enforcer.create_session(agent="a", tools=[], air_gap=wrong)
    assert len(enforcer) == 0


# G17
def test_g17_closing_says_what_it_did(clock: ManualClock) -> None:
    enforcer = enforcer_with(clock, intent={"on_drift": "deny"})
    session = enforcer.create_session(
        agent="a", tools=["search", "delete_all"], intent="read", calls=10, time_limit=60
    )
    session.authorize("search")
    session.decide("delete_all")
    session.decide("unlisted")
    clock.advance(1.5)
    summary = session.close()
    assert repr(summary) == (
        "Summary(calls=1, budget=10, utilisation=10.0, time_used=1.5, time_limit=60.0, denied=2, drifts=1)"
    )
    assert (summary.denied, summary.drifts) == (2, 1)
    assert pickle.loads(pickle.dumps(summary)) == summary
    assert isinstance(summary, Summary)

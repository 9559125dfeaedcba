"""Nonsense where a session, an agent, an enforcer or a clock is named: an error, and nothing happens."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import nonsense
from allotment import Enforcer, InvalidPolicy
from allotment.testing import ManualClock


@pytest.mark.parametrize("session_id", ["", "x", "\x00", "\ud800", "0" * 32, "x" * 100_000, "urn:uuid:x"])
# B4
def test_b4_an_id_that_is_none_is_not_found_or_an_error(enforcer: Enforcer, session_id: str) -> None:
    from allotment import SessionNotFound

    for ask in (
        lambda: enforcer.get(session_id),
        lambda: enforcer.authorize(session_id, "search", agent="a"),
        lambda: enforcer.authorize_batch(session_id, ["search"], agent="a"),
    ):
        with pytest.raises(SessionNotFound):
            ask()
    assert enforcer.decide(session_id, "search", agent="a").reason == "not_found"


@pytest.mark.parametrize("wrong", [5, None, True, b"x", [], nonsense.Unshowable()])
def test_an_id_an_agent_of_the_wrong_type_is_a_type_error(enforcer: Enforcer, wrong: Any) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    for ask in (
        lambda: enforcer.get(wrong),
        lambda: enforcer.authorize(wrong, "search", agent="a"),
        lambda: enforcer.decide(session.id, "search", agent=wrong),
        lambda: enforcer.active_sessions(wrong),
        lambda: enforcer.close_agent(wrong),
    ):
        with pytest.raises(TypeError):
            ask()
    assert session.snapshot()["status"] == "active"


@pytest.mark.parametrize("name", ["", "\x00", "a\nb", "x" * 100_000, "\ud800"])
def test_an_agent_that_cannot_be_has_no_sessions(enforcer: Enforcer, name: str) -> None:
    assert enforcer.active_sessions(name) == 0
    assert enforcer.close_agent(name) == 0
    session = enforcer.create_session(agent="a", tools=["search"])
    assert enforcer.decide(session.id, "search", agent=name).reason == "agent_mismatch"


def test_create_session_takes_keywords_only_and_knows_them(enforcer: Enforcer) -> None:
    for ask in (
        lambda: enforcer.create_session("a", ["search"]),  # type: ignore[misc]
        lambda: enforcer.create_session(agent="a", tools=[], call=5),  # type: ignore[call-arg]
        lambda: enforcer.create_session(agent="a"),  # type: ignore[call-arg]
        lambda: enforcer.create_session(tools=[]),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            ask()
    assert enforcer.stats()["sessions"] == 0


@pytest.mark.parametrize(
    ("argument", "wrong"),
    list(itertools.product(["policy", "clock"], [5, "x", True, {}, object(), nonsense.Unshowable()])),
)
def test_an_enforcer_is_made_of_a_policy_and_a_clock(argument: str, wrong: Any) -> None:
    with pytest.raises(TypeError):
        Enforcer(**{argument: wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        -1,
        -0.001,
        nonsense.NAN,
        nonsense.INFINITY,
        -nonsense.INFINITY,
        True,
        "5",
        None,
        [],
        nonsense.Unshowable(),
    ],
)
# D16
def test_d16_a_clock_is_never_moved_back_or_by_nonsense(wrong: Any) -> None:
    clock = ManualClock()
    for advance in (clock.advance, clock.advance_ns):
        with pytest.raises((InvalidPolicy, TypeError)):
            advance(wrong)
    session = Enforcer(clock=clock).create_session(agent="a", tools=[])
    assert session.snapshot()["created_at"] == 0


# D16
def test_d16_a_clock_stops_at_the_end_of_time() -> None:
    clock = ManualClock()
    session = Enforcer(clock=clock).create_session(agent="a", tools=["search"], rate="1/s")
    for huge in (10**18, 2**63, 10**30):
        try:
            clock.advance_ns(huge)
        except InvalidPolicy:
            continue
    assert session.decide("search").reason == "expired"

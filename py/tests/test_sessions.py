"""A session's life: created, found, closed, expired (B1, B2, B4-B6, B20-B23, B33, G2, G16-G18, G21)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from allotment import Denied, SessionClosed, SessionExpired, SessionNotFound, SessionPaused
from drive import admitted, spent, state

if TYPE_CHECKING:
    from allotment import Enforcer
    from allotment.testing import ManualClock
    from drive import Create

UNKNOWN = str(uuid.UUID(int=7, version=4))


# B1
def test_b1_a_new_session_is_active_has_made_no_calls_and_has_a_fresh_random_id(create: Create) -> None:
    sessions = [create() for _ in range(10)]
    for session in sessions:
        assert uuid.UUID(session.id).version == 4
        assert isinstance(session.id, str)
        assert session.snapshot()["status"] == "active"
        assert spent(session) == 0
    assert len({session.id for session in sessions}) == 10


# B2, G2
def test_b2_g2_what_was_declared_is_shown(create: Create) -> None:
    session = create(
        agent="agent-8",
        intent="read the ledger",
        tools=["search"],
        tenant="acme",
        calls=7,
        rate="30/min",
        time_limit=1800,
        sensitivity="restricted",
    )
    shown = session.snapshot()
    wanted = {
        "agent": "agent-8",
        "intent": "read the ledger",
        "tenant": "acme",
        "status": "active",
        "parent": None,
    }
    assert {key: shown[key] for key in wanted} == wanted
    assert list(shown["tools"]) == ["search"]
    assert list(shown["delegation_chain"]) == []
    assert shown["calls"]["limit"] == 7
    assert "30" in str(shown["calls"]["rate"])
    assert shown["expires_at"] - shown["created_at"] == 1800
    assert shown["seconds_remaining"] == 1800
    assert shown["sensitivity"] == "restricted"
    assert (session.agent, session.tenant) == ("agent-8", "acme")


# G21
def test_g21_what_is_not_said_is_the_default(create: Create, enforcer: Enforcer) -> None:
    shown = create().snapshot()
    assert shown["seconds_remaining"] == 3600
    assert shown["calls"] == {"spent": 0, "reserved": 0, "limit": 1000, "remaining": 1000, "rate": None}
    assert shown["sensitivity"] == "internal"
    for resource in ("tokens", "cost", "steps"):
        assert shown[resource]["limit"] is None
        assert shown[resource]["rate"] is None
    assert enforcer.stats()["max_sessions"] == 1_000_000


def test_none_lifts_the_default_limit(create: Create) -> None:
    session = create(calls=None)
    assert session.snapshot()["calls"]["limit"] is None
    assert admitted(session, 1500) == 1500
    assert session.decide("search").remaining is None


# B4
def test_b4_an_unknown_id_is_not_found(enforcer: Enforcer) -> None:
    for ask in (
        lambda: enforcer.get(UNKNOWN),
        lambda: enforcer.authorize(UNKNOWN, "search", agent="agent-7"),
        lambda: enforcer.authorize_batch(UNKNOWN, ["search"], agent="agent-7"),
    ):
        with pytest.raises(SessionNotFound) as caught:
            ask()
        assert (caught.value.http_status, caught.value.reason) == (404, "not_found")
    for decision in (
        enforcer.decide(UNKNOWN, "search", agent="agent-7"),
        enforcer.decide_batch(UNKNOWN, ["search"], agent="agent-7"),
        enforcer.preview(UNKNOWN, "search", agent="agent-7"),
    ):
        assert (decision.allowed, decision.reason, decision.http_status) == (False, "not_found", 404)


# D19
def test_d19_an_id_of_another_enforcer_is_unknown_here(create: Create) -> None:
    from allotment import Enforcer

    session = create()
    with pytest.raises(SessionNotFound):
        Enforcer().authorize(session.id, "search", agent="agent-7")


# B5
def test_b5_closed_comes_before_expired(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=10)
    session.close()
    clock.advance(11)
    with pytest.raises(SessionClosed) as caught:
        session.authorize("search")
    assert (caught.value.http_status, caught.value.reason) == (410, "closed")
    assert session.snapshot()["status"] == "closed"


# B6
def test_b6_past_its_time_limit_a_session_is_expired(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=10)
    clock.advance_ns(10**10 - 1)
    session.authorize("search")
    clock.advance_ns(1)
    with pytest.raises(SessionExpired) as caught:
        session.authorize("search")
    assert (caught.value.http_status, caught.value.reason) == (408, "expired")
    assert session.snapshot()["status"] == "expired"
    assert session.snapshot()["seconds_remaining"] == 0
    assert spent(session) == 1


# B20, G16
def test_b20_g16_closed_is_for_good(create: Create) -> None:
    session = create()
    session.close()
    for attempt in (session.close, session.pause, session.resume):
        with pytest.raises(SessionClosed):
            attempt()
    assert session.snapshot()["status"] == "closed"


# G16
def test_g16_expired_is_for_good(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=10)
    clock.advance(10)
    for attempt in (session.close, session.pause, session.resume, lambda: session.authorize("search")):
        with pytest.raises(SessionExpired):
            attempt()
    assert session.snapshot()["status"] == "expired"


# G17
def test_g17_closing_says_what_the_session_did(create: Create, clock: ManualClock) -> None:
    session = create(calls=4, time_limit=100)
    assert admitted(session, 3) == 3
    assert not session.decide("unlisted").allowed
    clock.advance(25)
    summary = session.close()
    assert (summary.calls, summary.budget, summary.utilisation, summary.denied) == (3, 4, 75.0, 1)
    assert (summary.time_used, summary.time_limit) == (25.0, 100.0)


def test_pausing_holds_a_session_and_resuming_goes_on_where_it_stopped(
    create: Create, clock: ManualClock
) -> None:
    session = create(calls=3)
    session.authorize("search")
    session.pause()
    with pytest.raises(SessionPaused) as caught:
        session.authorize("search")
    assert (caught.value.http_status, caught.value.reason, spent(session)) == (409, "paused", 1)
    clock.advance(100)
    assert session.snapshot()["seconds_remaining"] == 3500
    session.resume()
    assert session.decide("search").remaining == 1


def test_a_paused_session_past_its_deadline_has_expired(create: Create, clock: ManualClock) -> None:
    session = create(time_limit=10)
    session.pause()
    clock.advance(11)
    assert session.decide("search").reason == "expired"
    with pytest.raises(SessionExpired):
        session.resume()
    assert session.decide("search").reason == "expired"


# B21
def test_b21_looking_changes_nothing_and_shows_ended_ones(
    create: Create, enforcer: Enforcer, clock: ManualClock
) -> None:
    active, expired, closed = create(), create(time_limit=1), create()
    clock.advance(1)
    closed.close()
    before = state(enforcer)
    statuses = {session.id: session.snapshot()["status"] for session in enforcer.sessions()}
    assert statuses == {active.id: "active", expired.id: "expired", closed.id: "closed"}
    for session in (active, expired, closed):
        assert enforcer.get(session.id).id == session.id
        assert enforcer.get(session.id).snapshot() == session.snapshot()
    active.preview("search")
    active.preview("unlisted")
    enforcer.preview(active.id, "search", agent="agent-7")
    repr(active)
    assert state(enforcer) == before


def test_a_handle_from_get_is_the_same_session(create: Create, enforcer: Enforcer) -> None:
    session = create(calls=2)
    enforcer.get(session.id).authorize("search")
    enforcer.authorize(session.id, "search", agent="agent-7")
    assert not session.decide("search").allowed


# B22
def test_b22_an_agents_sessions_are_counted_and_closed_and_others_stay(
    create: Create, enforcer: Enforcer
) -> None:
    mine = [create() for _ in range(3)]
    other = create(agent="agent-8")
    mine[0].close()
    assert (enforcer.active_sessions("agent-7"), enforcer.active_sessions("agent-8")) == (2, 1)
    assert enforcer.active_sessions("nobody") == 0
    assert enforcer.close_agent("agent-7") == 2
    assert enforcer.close_agent("agent-7") == 0
    assert enforcer.close_agent("nobody") == 0
    assert [session.snapshot()["status"] for session in (*mine, other)] == ["closed"] * 3 + ["active"]
    assert (enforcer.active_sessions("agent-7"), enforcer.active_sessions("agent-8")) == (0, 1)


# B23
def test_b23_a_sweep_removes_what_has_ended_and_says_how_many(
    create: Create, enforcer: Enforcer, clock: ManualClock
) -> None:
    active, expired, closed = create(), create(time_limit=1), create()
    clock.advance(1)
    closed.close()
    assert enforcer.stats()["sessions"] == 3
    assert enforcer.sweep() == 2
    assert enforcer.sweep() == 0
    assert enforcer.stats()["sessions"] == 1
    for gone in (expired, closed):
        with pytest.raises(SessionNotFound):
            enforcer.get(gone.id)
        with pytest.raises(Denied):
            gone.authorize("search")
    assert [session.id for session in enforcer.sessions()] == [active.id]
    active.authorize("search")


# B33
def test_b33_active_means_not_expired_and_budget_left(create: Create, clock: ManualClock) -> None:
    used_up, expired, paused, fine = create(calls=1), create(time_limit=1), create(), create()
    used_up.authorize("search")
    clock.advance(1)
    paused.pause()
    assert [session.snapshot()["active"] for session in (used_up, expired, paused, fine)] == [
        False,
        False,
        False,
        True,
    ]
    assert used_up.snapshot()["status"] == "active"


# G18
def test_g18_a_snapshot_shows_what_is_left(create: Create, clock: ManualClock) -> None:
    session = create(calls=10, time_limit=100)
    assert admitted(session, 8) == 8
    clock.advance(90)
    shown = session.snapshot()
    assert (shown["calls"]["spent"], shown["calls"]["remaining"], shown["seconds_remaining"]) == (8, 2, 10)
    assert (shown["created_at"], shown["expires_at"], shown["status"]) == (0, 100, "active")
    assert len(shown["warnings"]) == 2

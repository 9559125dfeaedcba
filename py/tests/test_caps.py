"""How many sessions at once (B26, D11, G19, D6's bound of the store, D23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from allotment import Enforcer, InvalidPolicy, Policy, StoreFull, TooManySessions
from allotment.testing import ManualClock
from drive import race, state

if TYPE_CHECKING:
    from drive import Create


# B26, G19
def test_b26_g19_the_eleventh_is_refused_and_the_ten_go_on(create: Create, enforcer: Enforcer) -> None:
    sessions = [create() for _ in range(10)]
    before = state(enforcer)
    with pytest.raises(TooManySessions) as caught:
        create()
    denied = caught.value
    assert (denied.http_status, denied.limit, denied.used, denied.account) == (429, 10, 10, "agent")
    assert "agent-7" in denied.detail
    assert state(enforcer) == before
    for session in sessions:
        session.authorize("search")
    create(agent="agent-8")
    sessions[0].close()
    create()


# D11
def test_d11_expired_sessions_do_not_hold_the_cap(create: Create, clock: ManualClock) -> None:
    for _ in range(10):
        create(time_limit=5)
    clock.advance(5)
    for _ in range(10):
        create(time_limit=5)
    with pytest.raises(TooManySessions):
        create()


def test_paused_sessions_hold_the_cap_until_their_deadline(create: Create, clock: ManualClock) -> None:
    for _ in range(10):
        create(time_limit=5).pause()
    with pytest.raises(TooManySessions):
        create()
    clock.advance(5)
    create()


# D23
def test_d23_a_place_is_given_back_once(create: Create, enforcer: Enforcer, clock: ManualClock) -> None:
    sessions = [create(time_limit=5) for _ in range(10)]
    for session in sessions[:5]:
        session.close()
    clock.advance(5)
    for session in sessions:
        assert not session.decide("search").allowed
    assert enforcer.close_agent("agent-7") == 0
    enforcer.sweep()
    assert enforcer.active_sessions("agent-7") == 0
    for _ in range(10):
        create()
    with pytest.raises(TooManySessions):
        create()


# B26, D11
def test_d11_b26_creating_from_many_threads_never_passes_the_cap(enforcer: Enforcer) -> None:
    def attempt(_: int) -> int:
        made = 0
        for _ in range(20):
            try:
                enforcer.create_session(agent="a", tools=["search"])
            except TooManySessions:
                continue
            made += 1
        return made

    assert sum(race(8, attempt)) == 10
    assert enforcer.active_sessions("a") == 10
    assert enforcer.stats()["sessions"] == 10


def test_a_tenants_cap_holds_for_all_its_agents_and_a_refusal_leaves_nothing(clock: ManualClock) -> None:
    enforcer = Enforcer(policy=Policy.from_dict({"tenants": {"acme": {"max_sessions": 2}}}), clock=clock)
    for agent in ("a", "b"):
        enforcer.create_session(agent=agent, tenant="acme", tools=["search"], time_limit=5)
    before = state(enforcer)
    with pytest.raises(TooManySessions) as caught:
        enforcer.create_session(agent="c", tenant="acme", tools=["search"])
    assert (caught.value.account, caught.value.limit, caught.value.used) == ("tenant", 2, 2)
    assert state(enforcer) == before
    assert enforcer.active_sessions("c") == 0
    clock.advance(5)
    enforcer.create_session(agent="c", tenant="acme", tools=["search"])


def test_a_full_store_refuses_and_never_evicts_a_live_session(clock: ManualClock) -> None:
    enforcer = Enforcer(clock=clock, max_sessions=3)
    sessions = [enforcer.create_session(agent=f"a{i}", tools=["search"], time_limit=100) for i in range(3)]
    before = state(enforcer)
    with pytest.raises(StoreFull) as caught:
        enforcer.create_session(agent="b", tools=["search"])
    assert (caught.value.http_status, caught.value.reason, caught.value.limit) == (503, "store_full", 3)
    assert state(enforcer) == before
    sessions[0].close()
    enforcer.create_session(agent="b", tools=["search"])
    assert enforcer.stats()["sessions"] == 3
    clock.advance(100)
    enforcer.create_session(agent="c", tools=["search"])


def test_stats_count_what_is_held(create: Create, enforcer: Enforcer) -> None:
    keys = ("sessions", "max_sessions", "agents", "tenants", "events_waiting", "events_dropped")

    def held(*figures: int) -> bool:
        return enforcer.stats() == dict(zip(keys, figures, strict=True))

    assert held(0, 1_000_000, 0, 0, 0, 0)
    sessions = [create(agent=f"a{i % 3}", tenant=f"t{i % 2}") for i in range(6)]
    assert held(6, 1_000_000, 3, 2, 0, 0)
    for session in sessions:
        session.close()
    enforcer.sweep()
    assert held(0, 1_000_000, 0, 0, 6, 0)
    enforcer.events()
    assert held(0, 1_000_000, 0, 0, 0, 0)


@pytest.mark.parametrize("size", [0, -1, 2**48 + 1, 2**64, 10**400, 1.0, float("nan"), True, "10", None, []])
def test_a_store_of_a_size_that_makes_no_sense_is_an_error(size: object) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Enforcer(max_sessions=size)  # type: ignore[arg-type]
    assert caught.value.argument == "max_sessions"


# G19
def test_g19_an_agents_cap_follows_the_most_specific_pattern(clock: ManualClock) -> None:
    policy = Policy.from_dict(
        {"agents": {"*": {"max_sessions": 1}, "big-*": {"max_sessions": 3}, "big-0": {}}}
    )
    enforcer = Enforcer(policy=policy, clock=clock)
    for agent, cap in (("x", 1), ("big-1", 3), ("big-0", 10)):
        for _ in range(cap):
            enforcer.create_session(agent=agent, tools=[])
        with pytest.raises(TooManySessions):
            enforcer.create_session(agent=agent, tools=[])

"""Never over and never under, from eight threads at once (B24, D15's exactness, D20, D25, D22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allotment import BudgetExceeded, Contended, Denied, Enforcer, Policy, SessionClosed
from allotment.testing import ManualClock
from drive import race, spent

if TYPE_CHECKING:
    from drive import Create

THREADS = 8


def until_denied(session: Any, tool: str = "search", size: int = 1) -> int:
    """How many calls are admitted, in batches of this size, until a denial that is final."""
    count = 0
    while True:
        decision = session.decide_batch([tool] * size)
        if decision.allowed:
            count += size
        elif decision.reason != "contended":
            return count


# B24, D20, D25
def test_b24_d20_d25_a_budget_is_exact(create: Create) -> None:
    session = create(calls=5_000)
    assert sum(race(THREADS, lambda _: until_denied(session))) == 5_000
    assert spent(session) == 5_000


# D20
def test_d20_batches_and_single_calls_share_a_budget_exactly(create: Create) -> None:
    session = create(calls=5_003)
    assert sum(race(THREADS, lambda i: until_denied(session, size=1 + i % 4))) <= 5_003
    rest = until_denied(session)
    assert spent(session) == 5_003
    assert rest <= 3


def test_a_tools_cap_is_exact(create: Create) -> None:
    session = create(calls=5_000, tools={"search": 700, "read": 1_300})
    counts = race(THREADS, lambda i: until_denied(session, ("search", "read")[i % 2]))
    assert (sum(counts[0::2]), sum(counts[1::2]), spent(session)) == (700, 1_300, 2_000)
    assert session.snapshot()["tools"]["search"]["spent"] == 700


def test_agent_and_tenant_are_exact_over_many_sessions(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"calls": 1_500}}, "tenants": {"*": {"calls": 2_500}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    sessions = [
        enforcer.create_session(agent=f"a{i % 2}", tenant="t", tools=["search"], calls=900)
        for i in range(THREADS)
    ]
    counts = race(THREADS, lambda i: until_denied(sessions[i]))
    assert sum(counts) == 2_500
    assert max(sum(counts[0::2]), sum(counts[1::2])) <= 1_500
    assert max(counts) <= 900
    assert [spent(session) for session in sessions] == counts


def test_a_rate_is_exact_while_time_goes_on(create: Create, clock: ManualClock) -> None:
    session = create(calls=None, rate="1000/s")

    def poll(index: int) -> int:
        count = 0
        for _ in range(1_000):
            count += session.decide("search").allowed
            if index == 0:
                clock.advance_ns(1_234_567)
        return count

    total = sum(race(THREADS, poll))
    total += until_denied(session)
    assert total <= 1_000 + 1_234_567 * 1_000 * 1_000 // 10**9
    assert total == spent(session)


def test_a_rate_that_stands_still_is_exact(create: Create) -> None:
    session = create(calls=None, rate="3000/min")
    assert sum(race(THREADS, lambda _: until_denied(session))) == 3_000


def test_tokens_and_money_are_exact(create: Create) -> None:
    session = create(calls=None, tokens=10_000, cost_usd="1.00")

    def spend(_: int) -> tuple[int, int]:
        tokens = cost = 0
        while (decision := session.decide("search", tokens=7, cost_usd="0.001")).allowed:
            tokens, cost = tokens + 7, cost + 1
        assert decision.reason in ("budget_exceeded", "contended")
        return tokens, cost

    spends = race(THREADS, spend)
    assert sum(cost for _, cost in spends) == 1_000
    assert sum(tokens for tokens, _ in spends) == 7_000
    assert spent(session, "tokens") == 7_000


def test_authorize_by_id_is_as_exact(create: Create, enforcer: Enforcer) -> None:
    session = create(calls=2_000)

    def ask(_: int) -> int:
        count = 0
        for _ in range(500):
            try:
                enforcer.authorize(session.id, "search", agent="agent-7")
            except Contended:
                continue
            except Denied:
                break
            count += 1
        return count

    assert sum(race(THREADS, ask)) == 2_000


def test_nothing_lands_after_close(create: Create) -> None:
    for _ in range(20):
        session = create(calls=None)
        closed: list[int] = []

        def work(index: int, session: Any = session, closed: list[int] = closed) -> int:
            if index:
                return until_denied(session)
            while spent(session) < 100:
                pass
            closed.append(session.close().calls)
            return 0

        assert sum(race(4, work)) == closed[0] == spent(session)


def test_a_session_is_closed_by_exactly_one_of_many(create: Create, enforcer: Enforcer) -> None:
    for _ in range(20):
        session = create()

        def close(_: int, session: Any = session) -> bool:
            try:
                session.close()
            except SessionClosed:
                return False
            return True

        assert sum(race(THREADS, close)) == 1
        assert enforcer.active_sessions("agent-7") == 0


def test_a_policy_swapped_meanwhile_never_admits_more_than_the_wider_one(clock: ManualClock) -> None:
    narrow, wide = (Policy.from_dict({"agents": {"*": {"calls": calls}}}) for calls in (500, 2_000))
    enforcer = Enforcer(policy=narrow, clock=clock)
    sessions = [enforcer.create_session(agent="a", tools=["search"], calls=None) for _ in range(4)]

    def work(index: int) -> int:
        if index < 4:
            return sum(sessions[index].decide("search").allowed for _ in range(2_000))
        for turn in range(200):
            enforcer.set_policy((wide, narrow)[turn % 2])
        enforcer.set_policy(wide)
        return 0

    total = sum(race(5, work)) + until_denied(sessions[0])
    assert total == 2_000


def test_sessions_come_and_go_from_many_threads_and_nothing_stays(enforcer: Enforcer) -> None:
    def live(index: int) -> None:
        for _ in range(300):
            session = enforcer.create_session(agent=f"a{index}", tenant="t", tools=["search"], calls=1)
            session.authorize("search")
            assert not session.decide("search").allowed
            session.close()
            enforcer.sweep()

    race(THREADS, live)
    enforcer.sweep()
    stats = enforcer.stats()
    assert (stats["sessions"], stats["agents"], stats["tenants"]) == (0, 0, 0)


@pytest.mark.parametrize("limit", [0, 1])
# D22
def test_d22_no_count_wraps_below_zero(create: Create, limit: int) -> None:
    session = create(calls=limit, tokens=limit)
    race(THREADS, lambda _: [session.decide("search", tokens=1) for _ in range(50)])
    shown = session.snapshot()
    assert (shown["calls"]["spent"], shown["tokens"]["spent"]) == (limit, limit)
    assert (shown["calls"]["remaining"], shown["tokens"]["remaining"]) == (0, 0)
    assert shown["denied"] == THREADS * 50 - limit


def test_what_many_reserve_and_settle_adds_up(create: Create) -> None:
    session = create(tokens=3_000)

    def use(index: int) -> int:
        used = 0
        for turn in range(200):
            try:
                with session.reserve(tokens=20) as hold:
                    hold.progress(tokens=turn % 5)
                    if turn % 3 == 0:
                        hold.settle(tokens=index)
                        used += index
                    elif turn % 3 == 1:
                        hold.release()
                    else:
                        used += turn % 5
            except (BudgetExceeded, Contended):
                continue
        return used

    used = sum(race(THREADS, use))
    shown = session.snapshot()["tokens"]
    assert (shown["spent"], shown["reserved"]) == (used, 0)
    assert used <= 3_000


def test_each_event_is_drained_by_one_of_many_who_drain(create: Create, enforcer: Enforcer) -> None:
    session = create()

    def work(index: int) -> list[str | None]:
        drained = []
        for turn in range(200):
            session.decide(f"unlisted-{index}-{turn}")
            if turn % 7 == index % 7:
                drained += [event.tool for event in enforcer.events()]
        return drained

    drained = [tool for part in race(THREADS, work) for tool in part]
    drained += [event.tool for event in enforcer.events()]
    assert sorted(map(str, drained)) == sorted(
        f"unlisted-{i}-{n}" for i in range(THREADS) for n in range(200)
    )
    assert enforcer.stats()["events_dropped"] == 0

"""Several calls at once: all or none (B15-B19, D9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from allotment import (
    BudgetExceeded,
    Enforcer,
    Policy,
    RateLimited,
    SessionClosed,
    ToolNotAuthorized,
)
from allotment.testing import ManualClock
from drive import admitted, spent

if TYPE_CHECKING:
    from drive import Create


# B15
def test_b15_a_batch_is_all_or_nothing(create: Create) -> None:
    session = create()
    with pytest.raises(ToolNotAuthorized):
        session.authorize_batch(["search", "read", "unlisted", "search"])
    assert spent(session) == 0
    assert session.authorize_batch(["search", "read", "search"]) is None
    assert spent(session) == 3


# B16
def test_b16_a_batch_above_the_budget_is_denied_whole(create: Create) -> None:
    session = create(calls=3)
    with pytest.raises(BudgetExceeded) as caught:
        session.authorize_batch(["search"] * 4)
    assert (caught.value.limit, caught.value.used, caught.value.requested) == (3, 0, 4)
    assert spent(session) == 0
    session.authorize_batch(["search"] * 3)
    assert not session.decide("search").allowed


# B17
def test_b17_a_batch_above_the_rate_is_denied_whole(create: Create) -> None:
    session = create(rate="3/min")
    with pytest.raises(RateLimited):
        session.authorize_batch(["search"] * 4)
    assert spent(session) == 0
    assert admitted(session, 5) == 3


@pytest.mark.parametrize("calls", [0, 1])
# B18
def test_b18_an_empty_batch_succeeds_and_consumes_nothing(create: Create, calls: int) -> None:
    session = create(calls=calls, rate="0/s", tools=[])
    assert session.authorize_batch([]) is None
    decision = session.decide_batch([])
    assert (decision.allowed, decision.remaining, decision.tool) == (True, calls, None)
    assert spent(session) == 0


# B18
def test_b18_an_empty_batch_still_needs_an_active_session(create: Create) -> None:
    session = create()
    session.pause()
    assert session.decide_batch([]).reason == "paused"
    session.close()
    with pytest.raises(SessionClosed):
        session.authorize_batch([])


# B19
def test_b19_the_denial_names_the_first_tool_that_is_not_authorised(create: Create) -> None:
    decision = create().decide_batch(["search", "zeta", "alpha"])
    assert (decision.reason, decision.tool) == ("tool_not_authorized", "zeta")


# B19
def test_b19_the_denial_names_the_first_tool_whose_cap_refuses(create: Create) -> None:
    session = create(tools={"zeta": 1, "alpha": 2, "search": None})
    decision = session.decide_batch(["search", "alpha", "zeta", "alpha", "zeta", "search"])
    assert (decision.reason, decision.account, decision.tool) == ("budget_exceeded", "tool", "zeta")
    assert spent(session) == 0
    assert session.decide_batch(["search", "alpha", "zeta", "alpha"]).allowed


def test_a_batch_counts_each_tools_cap_as_often_as_it_names_it(create: Create) -> None:
    session = create(tools={"search": 3, "read": 1})
    assert not session.decide_batch(["search"] * 4).allowed
    assert session.decide_batch(["search", "read", "search"]).allowed
    assert not session.decide("read").allowed
    assert admitted(session, 5) == 1


# D9
def test_d9_a_batch_that_can_never_fit_is_not_retryable(create: Create, clock: ManualClock) -> None:
    session = create(rate="3/s", calls=10_000)
    for _ in range(2):
        decision = session.decide_batch(["search"] * 5_000)
        assert (decision.allowed, decision.reason, decision.retryable) == (False, "rate_limited", False)
        assert (decision.retry_after, decision.retry_after_ns) == (None, None)
        clock.advance(1.001)
    assert session.decide_batch(["search"] * 3).allowed


def test_a_batch_spends_of_agent_and_tenant_or_of_nobody(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"calls": 10}}, "tenants": {"*": {"calls": 4}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    session = enforcer.create_session(agent="a", tenant="t", tools=["search"])
    assert session.decide_batch(["search"] * 5).account == "tenant"
    assert session.decide_batch(["search"] * 4).allowed
    free = enforcer.create_session(agent="a", tools=["search"])
    assert admitted(free, 20) == 6


@pytest.mark.parametrize("kind", [tuple, list, lambda names: dict.fromkeys(names).keys(), iter])
def test_a_batch_may_be_any_iterable_of_names(create: Create, kind: object) -> None:
    session = create()
    assert session.decide_batch(kind(["search", "read"])).allowed  # type: ignore[operator]
    assert spent(session) == 2


def test_a_batch_of_a_hundred_thousand_calls_is_one_admission(create: Create) -> None:
    session = create(calls=100_000)
    assert session.decide_batch(["search"] * 100_001).reason == "budget_exceeded"
    assert session.decide_batch(["search"] * 100_000).remaining == 0


def test_by_id_a_batch_is_the_same(create: Create, enforcer: Enforcer) -> None:
    session = create(calls=3)
    assert enforcer.authorize_batch(session.id, ["search"] * 2, agent="agent-7") is None
    assert enforcer.decide_batch(session.id, ["search"] * 2, agent="agent-7").reason == "budget_exceeded"
    assert enforcer.decide_batch(session.id, ["search"], agent="agent-8").reason == "agent_mismatch"
    assert spent(session) == 2

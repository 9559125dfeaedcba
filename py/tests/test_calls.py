"""One call: admitted or denied, and what it costs (B3, B7-B10, B34, G6, D4, D12-D14)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from allotment import BudgetExceeded, Enforcer, Policy, RateLimited, ToolNotAuthorized
from allotment.testing import ManualClock
from drive import admitted, spent

if TYPE_CHECKING:
    from drive import Create

METERS = ("calls", "tokens", "cost", "steps")


# B3
def test_b3_a_call_is_counted_and_the_decision_shows_the_new_state(create: Create) -> None:
    session = create(calls=3)
    assert session.authorize("search") is None
    decision = session.decide("read")
    assert (decision.allowed, decision.reason, decision.tool, decision.remaining) == (True, None, "read", 1)
    assert decision.seconds_remaining == 3600
    assert (decision.retry_after, decision.retry_after_ns) == (None, None)
    assert spent(session) == 2


# B7
def test_b7_a_budget_of_two_allows_two_and_the_denial_says_what_was_used(create: Create) -> None:
    session = create(calls=2)
    session.authorize("search")
    session.authorize("search")
    with pytest.raises(BudgetExceeded) as caught:
        session.authorize("search")
    denied = caught.value
    assert (denied.reason, denied.http_status, denied.retryable) == ("budget_exceeded", 429, False)
    assert (denied.limit, denied.used, denied.requested) == (2, 2, 1)
    assert (denied.resource, denied.account, denied.retry_after) == ("calls", "session", None)
    assert denied.session == session.id
    assert session.id in denied.detail
    assert "3 / 2" in denied.detail


# B8
def test_b8_a_budget_of_zero_denies_the_first_call(create: Create) -> None:
    session = create(calls=0)
    decision = session.decide("search")
    assert (decision.allowed, decision.reason, decision.limit, decision.used) == (
        False,
        "budget_exceeded",
        0,
        0,
    )


# B9
def test_b9_one_below_the_budget_one_more_is_allowed(create: Create) -> None:
    session = create(calls=50)
    assert admitted(session, 49) == 49
    assert session.decide("search").allowed
    assert not session.decide("search").allowed


@pytest.mark.parametrize(
    "tool",
    [
        "Search",
        "SEARCH",
        "search ",
        " search",
        "search\n",
        "search\0",
        "sear",
        "searchx",
        "",
        "*",
        "se\u0430rch",
        "\uff53earch",
        "a" * 1_000_000,
        "search\u200b",
        "../search",
        "\ud800",
    ],
)
@pytest.mark.parametrize("tools", [["search"], {"search": 5}])
# B10
def test_b10_only_the_exact_name_is_authorised(create: Create, tool: str, tools: object) -> None:
    session = create(tools=tools)
    decision = session.decide(tool)
    assert (decision.allowed, decision.reason, decision.http_status) == (False, "tool_not_authorized", 403)
    with pytest.raises(ToolNotAuthorized):
        session.authorize(tool)
    assert spent(session) == 0
    session.authorize("search")


# B10
def test_b10_the_denial_names_the_tool_for_the_operator(create: Create) -> None:
    with pytest.raises(ToolNotAuthorized) as caught:
        create().authorize("wire_money")
    assert caught.value.tool == "wire_money"
    assert "wire_money" in caught.value.detail


@pytest.mark.parametrize("tools", [[], {}, ()])
# B34, D13
def test_b34_d13_an_empty_list_authorises_nothing(create: Create, tools: object) -> None:
    session = create(tools=tools)
    for tool in ("search", "", "*"):
        assert session.decide(tool).reason == "tool_not_authorized"


@pytest.mark.parametrize("tools", ["*", ["*"], {"*": None}])
# B34
def test_b34_a_star_that_was_said_authorises_all_that_is_a_name(create: Create, tools: object) -> None:
    session = create(tools=tools)
    for tool in ("search", "a.b/c:d-e_1", "x" * 128):
        session.authorize(tool)
    for forged in ("", "*", "a b", "naïve", "x" * 129, "a\n", "\ud800"):
        assert session.decide(forged).reason == "tool_not_authorized", forged
    assert spent(session) == 3


def test_a_tool_may_have_a_cap_of_its_own(create: Create) -> None:
    session = create(tools={"search": 2, "send": 0, "read": None})
    assert admitted(session, 5, "search") == 2
    assert admitted(session, 5, "read") == 5
    denial = session.decide("search")
    assert (denial.reason, denial.account, denial.limit, denial.used) == ("budget_exceeded", "tool", 2, 2)
    assert not session.decide("send").allowed
    assert spent(session) == 7


# D14, G6
def test_g6_d14_a_denied_call_of_any_kind_costs_nothing(create: Create) -> None:
    session = create(tools={"search": 1, "read": None}, calls=10, tokens=5, cost_usd="1", rate="100/min")
    session.authorize("search")
    before = session.snapshot()
    for ask in (
        lambda: session.decide("unlisted"),
        lambda: session.decide("search"),
        lambda: session.decide("read", tokens=6),
        lambda: session.decide("read", cost_usd="1.000000001"),
        lambda: session.decide("read", tokens=5, cost_usd=2),
        lambda: session.decide("unlisted", tokens=1),
    ):
        assert not ask().allowed
    after = session.snapshot()
    assert {meter: after[meter] for meter in METERS} == {meter: before[meter] for meter in METERS}
    assert after["tools"] == before["tools"]
    assert after["denied"] == before["denied"] + 6


# G6
def test_g6_a_call_with_its_tokens_and_cost_is_all_or_nothing(create: Create) -> None:
    session = create(calls=10, tokens=100, cost_usd="0.5")
    assert session.decide("search", tokens=60, cost_usd="0.2").allowed
    assert session.decide("search", tokens=60).reason == "budget_exceeded"
    assert session.decide("search", tokens=40, cost_usd=Decimal("0.300000001")).resource == "cost"
    assert session.decide("search", tokens=40, cost_usd=Decimal("0.3")).allowed
    assert (spent(session), spent(session, "tokens")) == (2, 100)
    assert session.decide("search").allowed
    assert session.decide("search", tokens=1).resource == "tokens"


# D12
def test_d12_an_exhausted_session_answers_not_authorised_for_an_unlisted_tool(create: Create) -> None:
    session = create(calls=0, rate="0/s")
    assert session.decide("unlisted").reason == "tool_not_authorized"


def test_what_stands_first_in_the_order_names_the_denial(clock: ManualClock) -> None:
    policy = Policy.from_dict(
        {"agents": {"*": {"calls": 0, "max_sessions": 99}}, "tenants": {"*": {"calls": 0}}}
    )
    enforcer = Enforcer(policy=policy, clock=clock)
    settings = {"agent": "agent-7", "tenant": "acme"}

    def account(**limits: object) -> str | None:
        return enforcer.create_session(**settings, **limits).decide("search", tokens=1).account  # type: ignore[arg-type]

    assert account(tools={"search": 0}, calls=0) == "tool"
    assert account(tools=["search"], calls=0, tokens=0) == "session"
    assert account(tools=["search"], tokens=0) == "session"
    assert account(tools=["search"]) == "agent"
    assert (
        enforcer.create_session(agent="a", tenant="t", tools=["search"], calls=0, tokens=0)
        .decide("search", tokens=1)
        .resource
        == "calls"
    )


# D4
def test_d4_a_rate_of_zero_admits_nothing_ever(create: Create, clock: ManualClock) -> None:
    session = create(rate="0/s", time_limit=86400)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            session.authorize("search")
        assert caught.value.retry_after is None
        assert caught.value.retryable is False
        clock.advance(20_000)
    assert spent(session) == 0

"""Several model calls inside one: each attempt is reserved and charged for itself, at its own price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    wrap_model_call,
)
from langchain_core.messages import AIMessage
from scripted import Scripted, agent, asks, broken, gates, run, thousand, tokens, usage

from allotment import BudgetExceeded, InvalidPolicy
from allotment.langchain import AllotmentMiddleware, Price

if TYPE_CHECKING:
    from drive import Create

BOTH = pytest.mark.parametrize("how", ["sync", "async"])
PRICES = {"scripted": Price("3.00", "15.00", cached="0.30", cache_write="3.75")}


@BOTH
def test_a_reply_that_needed_no_model_costs_nothing(create: Create, how: str) -> None:
    session = create(tokens=5000)

    @wrap_model_call
    def cached(request: Any, handler: Any) -> Any:
        return AIMessage("from memory", usage_metadata=usage(100, 20))

    @wrap_model_call
    async def acached(request: Any, handler: Any) -> Any:
        return AIMessage("from memory", usage_metadata=usage(100, 20))

    inside = cached if how == "sync" else acached
    state = run(how, agent(asks(), [], AllotmentMiddleware(session), inside))
    assert state["messages"][-1].content == "from memory"
    assert tokens(session) == (0, 0)


@BOTH
@pytest.mark.parametrize("place", ["before", "after"])
def test_each_attempt_of_a_model_retry_is_charged(create: Create, how: str, place: str) -> None:
    session = create(tokens=3300)
    attempts: list[None] = []

    def fails() -> None:
        attempts.append(None)
        broken()

    limit = AllotmentMiddleware(session, count_tokens=thousand)
    retry = ModelRetryMiddleware(max_retries=9, initial_delay=0, backoff_factor=0, jitter=False)
    order = [limit, retry] if place == "before" else [retry, limit]
    state = run(how, agent(asks(), [], *order, **gates(fails)))
    assert len(attempts) == 3
    assert tokens(session) == (3300, 0)
    assert state["messages"][-1].content == "The budget for tokens is used up."


@BOTH
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_fallback_is_charged_at_its_own_price(create: Create, how: str, place: str) -> None:
    session = create(tokens=50_000, cost_usd="5")
    prices = {"dear": Price("1000", "1000"), "cheap": Price("1", "1")}
    limit = AllotmentMiddleware(session, prices=prices, count_tokens=thousand)
    fallback = ModelFallbackMiddleware(Scripted(script=asks(said=usage(600, 400)), model="cheap"))
    order = [limit, fallback] if place == "before" else [fallback, limit]
    run(how, agent(asks(), [], *order, model="dear", **gates(broken)))
    assert tokens(session) == (1100 + 1000, 0)
    assert Decimal(session.snapshot()["cost"]["spent"]) == Decimal("1.1") + Decimal("0.001")


@BOTH
def test_an_unpriced_fallback_is_an_error_too(create: Create, how: str) -> None:
    session = create(tokens=50_000, cost_usd="100")

    backup = Scripted(script=asks(), model="unknown")
    one = agent(
        asks(),
        [],
        AllotmentMiddleware(session, prices=PRICES, count_tokens=thousand),
        ModelFallbackMiddleware(backup),
        **gates(broken),
    )
    with pytest.raises(InvalidPolicy, match="'unknown' has no price"):
        run(how, one)
    assert backup.heard == []
    assert tokens(session) == (1100, 0)  # of the first, which was sent


@BOTH
def test_a_model_that_is_put_in_the_place_of_another_is_charged_instead_of_it(
    create: Create, how: str
) -> None:
    session = create(tokens=50_000, cost_usd="5")
    prices = {"dear": Price("1000", "1000"), "cheap": Price("1", "1")}
    cheap = Scripted(script=asks(said=usage(600, 400)), model="cheap")
    state = run(
        how,
        agent(
            asks(),
            [],
            AllotmentMiddleware(session, prices=prices, count_tokens=thousand),
            Replaces(cheap),
            model="dear",
        ),
    )
    assert state["messages"][-1].content == "done"
    assert tokens(session) == (1000, 0)
    assert Decimal(session.snapshot()["cost"]["spent"]) == Decimal("0.001")


class Replaces(AgentMiddleware[Any, Any]):
    """Calls another model."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return handler(request.override(model=self.model))

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request.override(model=self.model))


@BOTH
@pytest.mark.parametrize("on_denied", ["message", "raise"])
def test_a_fallback_that_is_not_covered_is_a_denial(create: Create, how: str, on_denied: Any) -> None:
    session = create(tokens=1100)
    backup = Scripted(script=asks())
    one = agent(
        asks(),
        [],
        AllotmentMiddleware(session, on_denied, count_tokens=thousand),
        ModelFallbackMiddleware(backup),
        **gates(broken),
    )
    if on_denied == "raise":
        with pytest.raises(BudgetExceeded):
            run(how, one)
    else:
        assert run(how, one)["messages"][-1].content == "The budget for tokens is used up."
    assert (backup.heard, tokens(session)) == ([], (1100, 0))


@BOTH
def test_what_one_of_two_sessions_refuses_the_other_is_not_charged(create: Create, how: str) -> None:
    user, team = create(tokens=10_000), create(tokens=1100)
    limits = [
        AllotmentMiddleware(user, count_tokens=thousand),
        AllotmentMiddleware(team, count_tokens=thousand, name="Team"),
    ]
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, backoff_factor=0, jitter=False)
    run(how, agent(asks(), [], *limits, retry, **gates(broken)))
    assert (tokens(user), tokens(team)) == ((1100, 0), (1100, 0))

"""Sessions that were delegated: never wider than their parent, spending what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from allotment import BudgetExceeded, InvalidPolicy, SessionClosed, SessionPaused
from drive import race

if TYPE_CHECKING:
    from allotment import Enforcer
    from drive import Create


# D18
@pytest.mark.parametrize(
    ("wider", "argument"),
    [
        ({"tools": ["search", "wire_money"]}, "tools"),
        ({"tools": "*"}, "tools"),
        ({"calls": 11}, "calls"),
        ({"cost_usd": "1.01"}, "cost_usd"),
        ({"rate": "31/min"}, "rate"),
        ({"time_limit": 101}, "time_limit"),
        ({"sensitivity": "restricted"}, "sensitivity"),
        ({"tenant": "globex"}, "tenant"),
    ],
)
# D18
def test_d18_asking_for_more_than_the_parent_has_is_an_error(
    create: Create, enforcer: Enforcer, wider: dict[str, object], argument: str
) -> None:
    parent = create(tools=["search"], calls=10, cost_usd=1, rate="30/min", time_limit=100, tenant="acme")
    before = enforcer.stats()
    with pytest.raises(InvalidPolicy) as caught:
        parent.delegate(**({"agent": "agent-8", "tools": ["search"]} | wider))
    assert caught.value.argument == argument
    assert enforcer.stats() == before


# D24
def test_d24_children_share_their_parents_budget(create: Create) -> None:
    parent = create(tools=["search"], calls=10)
    capped = parent.delegate(agent="agent-8", tools=["search"], calls=4)
    pooled = parent.delegate(agent="agent-9", tools=["search"])
    assert sum(capped.decide("search").allowed for _ in range(9)) == 4
    assert sum(pooled.decide("search").allowed for _ in range(9)) == 6
    denied = pooled.decide("search")
    assert (denied.reason, denied.account, denied.limit) == ("budget_exceeded", "ancestor", 10)
    assert parent.id in denied.detail
    assert parent.id not in denied.message
    assert parent.snapshot()["calls"]["spent"] == 10
    assert pooled.snapshot()["parent"] == parent.id
    assert pooled.snapshot()["delegation_chain"] == [parent.id]


def test_a_child_ends_with_its_parent_and_waits_with_it(create: Create) -> None:
    parent = create(tools=["search"])
    child = parent.delegate(agent="agent-8", tools=["search"])
    parent.pause()
    with pytest.raises(SessionPaused):
        child.authorize("search")
    parent.resume()
    child.authorize("search")
    parent.close()
    with pytest.raises(SessionClosed):
        child.authorize("search")
    with pytest.raises(SessionClosed):
        parent.delegate(agent="agent-8", tools=["search"])


def test_a_pool_shared_by_a_tree_under_threads_admits_exactly_what_it_holds(create: Create) -> None:
    parent = create(tools=["search"], calls=100)
    tree = [parent] + [parent.delegate(agent=f"agent-{n}", tools=["search"]) for n in range(5)]

    def spend(n: int) -> int:
        admitted = 0
        while True:
            try:
                tree[n % len(tree)].authorize("search")
            except BudgetExceeded:
                return admitted
            admitted += 1

    assert sum(race(8, spend)) == 100

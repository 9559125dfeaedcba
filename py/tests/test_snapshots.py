"""``snapshot()`` is a plain dict of exactly the promised shape (G18, B2, D21)."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

from drive import admitted

if TYPE_CHECKING:
    from allotment.testing import ManualClock
    from drive import Create

KEYS = {
    "id",
    "agent",
    "tenant",
    "status",
    "active",
    "intent",
    "intent_tier",
    "sensitivity",
    "tools",
    "created_at",
    "expires_at",
    "time_limit",
    "seconds_remaining",
    "parent",
    "delegation_chain",
    "warnings",
    "denied",
    "drifts",
    "last_activity",
    "wall_time_ms",
    "depth",
    "memory",
    "tokens_by_kind",
    "calls",
    "tokens",
    "cost",
    "steps",
    "discovered_steps",
}
RESOURCES = ("calls", "tokens", "cost", "steps", "discovered_steps")


def plain(value: Any) -> bool:
    """Whether it is made of nothing but the types of JSON."""
    if isinstance(value, dict):
        return all(type(key) is str and plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(plain(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


def snapshots(create: Create, clock: ManualClock) -> list[dict[str, Any]]:
    """Of a bare session, one with everything, one that ended."""
    full = create(
        intent="réad\nall",
        tenant="acme",
        tools={"search": 5, "*": None},
        calls=10,
        tokens=100,
        cost_usd="1.25",
        steps=3,
        rate="30/min",
        tokens_rate="1000/h",
        cost_rate="0.50/min",
        discovered_steps=7,
        execution="standard",
        time_limit=100,
    )
    assert full.decide("search", tokens=7, cost_usd="0.000000001").allowed
    assert admitted(full, 4) == 4
    closed = create(tools=[], calls=None)
    closed.close()
    clock.advance(50.5)
    return [session.snapshot() for session in (create(), full, closed)]


# G18
def test_g18_the_keys_are_exactly_those_promised(create: Create, clock: ManualClock) -> None:
    for shown in snapshots(create, clock):
        assert set(shown) == KEYS
        for resource in RESOURCES:
            assert set(shown[resource]) == {"spent", "reserved", "limit", "remaining", "rate"}
        assert set(shown["depth"]) == {"current", "deepest", "limit"}
        assert set(shown["memory"]) == {"observed", "limit"}
        assert set(shown["tokens_by_kind"]) == {"input", "output", "cached"}


def test_a_snapshot_is_plain_and_goes_through_json_and_pickle(create: Create, clock: ManualClock) -> None:
    for shown in snapshots(create, clock):
        assert type(shown) is dict
        assert plain(shown), shown
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown
        assert pickle.loads(pickle.dumps(shown)) == shown


def test_the_figures(create: Create, clock: ManualClock) -> None:
    _, full, closed = snapshots(create, clock)
    assert full["calls"] == {"spent": 5, "reserved": 0, "limit": 10, "remaining": 5, "rate": "30/min"}
    assert full["tokens"] == {"spent": 7, "reserved": 0, "limit": 100, "remaining": 93, "rate": "1000/h"}
    assert full["steps"] == {"spent": 0, "reserved": 0, "limit": 3, "remaining": 3, "rate": None}
    assert full["tools"] == {"search": {"spent": 5, "limit": 5}, "*": None}
    assert (full["intent"], full["tenant"], full["denied"]) == ("réad\nall", "acme", 0)
    assert (full["seconds_remaining"], full["time_limit"]) == (49.5, 100.0)
    assert (closed["status"], closed["seconds_remaining"], closed["tools"]) == ("closed", 0, {})
    assert closed["calls"] == {"spent": 0, "reserved": 0, "limit": None, "remaining": None, "rate": None}


# D21
def test_d21_money_is_exact_in_a_snapshot(create: Create) -> None:
    from decimal import Decimal

    session = create(cost_usd="18014398.509481984", calls=None)
    assert session.decide("search", cost_usd="0.000000001").allowed
    cost = session.snapshot()["cost"]
    assert Decimal(str(cost["spent"])) == Decimal("0.000000001")
    assert Decimal(str(cost["remaining"])) == Decimal("18014398.509481983")


# G18
def test_g18_warnings_are_sentences(create: Create, clock: ManualClock) -> None:
    session = create(calls=5, time_limit=100)
    assert admitted(session, 4) == 4
    clock.advance(90)
    assert session.snapshot()["warnings"] == [
        "budget low: 1 of 5 calls remaining (20%)",
        "time low: 10s remaining (10%)",
    ]


def test_denied_counts_what_was_denied_and_no_previews(create: Create) -> None:
    session = create(calls=0)
    for _ in range(3):
        session.decide("search")
        session.preview("search")
        session.decide_batch(["search"] * 9)
    assert session.snapshot()["denied"] == 6


# G9
def test_g9_the_intents_tier_is_its_highest_word_whatever_the_case(create: Create) -> None:
    for intent, tier in [
        ("Read and analyze the history", "read"),
        ("read, then UPDATE it", "write"),
        ("list users and delete one", "admin"),
        ("reader of updates", "unknown"),
        ("", "unknown"),
    ]:
        assert create(intent=intent).snapshot()["intent_tier"] == tier, intent

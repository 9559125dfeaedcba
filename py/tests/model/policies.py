"""The policies, rates and times that the machine draws from: as Python writes them, as the model counts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts import SECOND

from allotment import Policy, Rate

RATES: dict[str, list[tuple[Any, tuple[int, int, int]]]] = {
    "calls": [
        ("3/s", (3, SECOND, 3)),
        (Rate(2, per=10, burst=2.0), (2, 10 * SECOND, 4)),
        (Rate(7, per=timedelta(seconds=3)), (7, 3 * SECOND, 7)),
        ("0/min", (0, 60 * SECOND, 0)),
    ],
    "tokens": [("40/min", (40, 60 * SECOND, 40)), (Rate(9, per=1.5), (9, 3 * SECOND // 2, 9))],
    "cost": [
        ("0.00000005/min", (50, 60 * SECOND, 50)),
        ("0.000000007/3s", (7, 3 * SECOND, 7)),
        (Rate(1, per=3600), (SECOND, 3600 * SECOND, SECOND)),
    ],
}
"""By resource: how it is written, and units, nanoseconds and bucket."""

# Two limited agents never stand on one path: which of them is charged first is nobody's business.
AGENTS = ("a1", "a2", "free")
SIX = {"calls": (6, 60 * SECOND, 6)}
TWELVE = {"calls": (12, 60 * SECOND, 6)}
SIXTY = {"tokens": (60, 60 * SECOND, 60)}
NO_LIMITS: dict[str, Any] = {}

POLICIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "agents": {
                "a1": {"calls": 12, "tokens": 200, "rate": "6/min"},
                "a2": {"tokens_rate": "60/min"},
                "*": {"max_sessions": 3},
            },
            "tenants": {"acme": {"calls": 20, "cost_usd": "0.0000002", "max_sessions": 4}},
        },
        {
            "agent": {
                "a1": {"budgets": {"calls": 12, "tokens": 200}, "rates": SIX},
                "a2": {"rates": SIXTY},
                "*": {"max_sessions": 3},
            },
            "tenant": {"acme": {"budgets": {"calls": 20, "cost": 200}, "max_sessions": 4}, "*": NO_LIMITS},
        },
    ),
    (
        {
            "agents": {
                "a1": {"calls": 9, "rate": Rate(12, per=60, burst=0.5), "max_sessions": 2},
                "a2": {"tokens_rate": "60/min"},
                "*": {"max_sessions": 4},
            },
            "tenants": {"acme": {"calls": 12, "tokens": 90}},
            "intent": {"on_drift": "deny"},
            "tools": {
                "vault": {"sensitivity": "restricted", "network": False},
                "bulk": {"weight": 3},
                "search": {"network": False},
            },
            "tokens": {"output": 2.5, "cached": 0.1},
            "warnings": {"threshold": 0.5},
            "reservations": {"on_vanish": "release"},
        },
        {
            "agent": {
                "a1": {"budgets": {"calls": 9}, "rates": TWELVE, "max_sessions": 2},
                "a2": {"rates": SIXTY},
                "*": {"max_sessions": 4},
            },
            "tenant": {"acme": {"budgets": {"calls": 12, "tokens": 90}}, "*": NO_LIMITS},
            "deny_drift": True,
            "tools": {
                "vault": {"sensitivity": "restricted", "network": False},
                "bulk": {"weight": 3},
                "search": {"network": False},
            },
            "weights": {"input": 1000, "output": 2500, "cached": 100},
            "warn_ppm": 500_000,
            "release": True,
        },
    ),
    (
        {
            "agents": {"a1": {"calls": 40, "rate": "6/min"}, "a2": {"tokens_rate": "60/min"}},
            "tenants": {"acme": {"cost_usd": Decimal("0.0000003")}},
            "events": {"grants": True},
            "approval": {"on_exhausted": "pause"},
            "warnings": {"threshold": 0},
        },
        {
            "agent": {
                "a1": {"budgets": {"calls": 40}, "rates": SIX},
                "a2": {"rates": SIXTY},
                "*": NO_LIMITS,
            },
            "tenant": {"acme": {"budgets": {"cost": 300}}, "*": NO_LIMITS},
            "grants": True,
            "approval": True,
            "warn_ppm": 0,
        },
    ),
]

DEFAULTS = {
    "grants": False,
    "deny_drift": False,
    "approval": False,
    "release": False,
    "tools": {},
    "warn_ppm": 200_000,
    "weights": {"input": 1000, "output": 1000, "cached": 1000},
}


def both(place: int) -> tuple[Policy, dict[str, Any]]:
    """A policy as the product reads it and as the model does."""
    written, counted = POLICIES[place]
    return Policy.from_dict(written), DEFAULTS | counted


def dollars(nanos: int) -> Any:
    """Nano-dollars in one of the forms that Python may give money in."""
    exact = Decimal(nanos).scaleb(-9)
    return (exact, str(exact), float(exact))[nanos % 3]


def seconds(nanos: int) -> Any:
    """A time in one of the forms that Python may give it in."""
    if nanos % 1000 == 0 and nanos % 7 == 0:
        return timedelta(microseconds=nanos // 1000)
    return nanos // SECOND if nanos % SECOND == 0 else nanos / SECOND

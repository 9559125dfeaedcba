"""The accounts of the naive model: what each has spent and may spend.

What a session has spent is defined, not counted: what it spent itself, and the share of each session
delegated from it. So whatever the product adds up step by step is compared with a sum from scratch.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from bucket import Bucket

RESOURCES = ("calls", "steps", "discovered_steps", "tokens", "cost")
SCOPES = ("tool", "session", "ancestor", "agent", "tenant")
SECOND = 10**9


def buckets(rates: dict[str, Any]) -> dict[str, Bucket]:
    """One of each rate; money counts in whole nano-dollars, everything else in thousandths."""
    return {name: Bucket(*rate, parts=1 if name == "cost" else 1000) for name, rate in rates.items()}


@dataclass(eq=False)
class Party:
    """An agent or a tenant. A policy says what it is held to; what was spent stays."""

    name: str
    scope: str
    budgets: dict[str, int] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    ever_budgeted: set[str] = field(default_factory=set)
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESOURCES, 0))
    live: int = 0
    forgotten: bool = False
    told: set[str] = field(default_factory=set)

    def spent(self, resource: str) -> int:
        return self.totals[resource]

    def limits(self, resource: str) -> bool:
        return resource in self.budgets or resource in self.buckets

    def follow(self, limits: dict[str, Any], now: int) -> None:
        """Come under another policy."""
        budgets = limits.get("budgets", {})
        raised = {r for r in self.budgets if r not in budgets or budgets[r] > self.budgets[r]}
        self.told -= raised
        self.budgets = dict(budgets)
        self.ever_budgeted |= set(budgets)
        fresh = buckets(limits.get("rates", {}))
        for resource, bucket in fresh.items():
            if resource not in self.buckets:
                self.buckets[resource] = bucket
            elif bucket.speed != self.buckets[resource].speed:
                self.buckets[resource].change(*limits["rates"][resource], now)

    def blank_at(self, now: int) -> int | None:
        """When nothing would be lost if it were forgotten; ``None`` for never."""
        if any(self.totals[resource] for resource in self.ever_budgeted):
            return None
        return max([now, *(now + bucket.until_full(now) for bucket in self.buckets.values())])


@dataclass(eq=False)
class Session:
    """A session as the model sees it. ``gate`` is its status as far as anybody noticed."""

    agent: str
    tenant: str | None
    tools: dict[str, int | None]
    budgets: dict[str, int]
    buckets: dict[str, Bucket]
    born: int
    time_limit: int
    tier: str = "unknown"
    sensitivity: str = "internal"
    air_gap: bool = False
    parent: Session | None = None
    carved: frozenset[str] = frozenset()
    parties: list[Party] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    gate: str = "active"
    children: list[Session] = field(default_factory=list)
    own: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESOURCES, 0))
    reserved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESOURCES, 0))
    capped: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("input", "output", "cached"), 0))
    denied: int = 0
    drifts: int = 0
    told: set[str] = field(default_factory=set)
    overran: set[str] = field(default_factory=set)

    @property
    def ended(self) -> bool:
        return self.gate in ("closed", "expired")

    @property
    def deadline(self) -> int:
        return self.born + self.time_limit

    def status(self, now: int) -> str:
        return "expired" if not self.ended and now >= self.deadline else self.gate

    def path(self) -> list[Session]:
        """It, then those it was delegated from, nearest first."""
        return [self, *(self.parent.path() if self.parent else [])]

    def spent(self, resource: str) -> int:
        return self.own[resource] + sum(child.share(resource) for child in self.children)

    def share(self, resource: str) -> int:
        """What its parent has spent on it: of a budget that was carved out, all of it until it ends."""
        spent = self.spent(resource)
        return max(spent, self.budgets[resource]) if resource in self.carved and not self.ended else spent

    def left(self, resource: str) -> int | None:
        limit = self.budgets.get(resource)
        return None if limit is None else max(0, limit - self.spent(resource))

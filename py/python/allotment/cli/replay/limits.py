"""What the replay is asked to impose, as given on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one replay; None where an option was not given: the policy's default, else no limit.

    `tools` are the authorised tools, None for all. `time_limit` is in seconds, `cost_usd` in US dollars,
    `rate` and `agent_rate` as the engine reads them (``"30/min"``). `per_tool` maps a tool to the calls it
    may have in one session. `intent` and `sensitivity` stand for what the trace says of them. `approve`: used
    up budgets pause, and each pause is approved.
    """

    tools: tuple[str, ...] | None = None
    calls: int | None = None
    rate: str | None = None
    tokens: int | None = None
    cost_usd: Decimal | None = None
    time_limit: Decimal | None = None
    intent: str | None = None
    agent_rate: str | None = None
    per_tool: Mapping[str, int] = field(default_factory=dict)
    policy: str | None = None
    on_drift: str | None = None
    sensitivity: str | None = None
    air_gap: bool = False
    execution: str | None = None
    approve: bool = False

    def given(self) -> dict[str, Any]:
        """The limits that were given, by name, as JSON can hold them: money and times as exact text."""
        values: dict[str, Any] = {
            "policy": self.policy,
            "tools": None if self.tools is None else list(self.tools),
            "calls": self.calls,
            "rate": self.rate,
            "tokens": self.tokens,
            "cost_usd": None if self.cost_usd is None else f"{self.cost_usd:f}",
            "time_limit": None if self.time_limit is None else f"{self.time_limit:f}",
            "intent": self.intent,
            "agent_rate": self.agent_rate,
            "per_tool": dict(self.per_tool) or None,
            "on_drift": self.on_drift,
            "sensitivity": self.sensitivity,
            "air_gap": self.air_gap or None,
            "execution": self.execution,
            "approve": self.approve or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    def options(self) -> list[str]:
        """The limits that were given, as options of the command line."""
        shown = []
        for name, value in self.given().items():
            option = "--" + name.replace("_", "-")
            if isinstance(value, dict):
                shown += [f"{option} {tool}={cap}" for tool, cap in value.items()]
            elif value is True:
                shown.append(option)
            else:
                shown.append(f"{option} {','.join(value) if isinstance(value, list) else value}")
        return shown

"""One denial for each reason that a single thread can provoke."""

from __future__ import annotations

import functools
import uuid
from typing import Any

import pytest

from allotment import Denied, Enforcer, Policy
from allotment.testing import ManualClock

PROVOKED = (
    "not_found",
    "closed",
    "paused",
    "expired",
    "agent_mismatch",
    "tool_not_authorized",
    "too_many_sessions",
    "store_full",
    "budget_exceeded",
    "rate_limited",
)


@functools.cache
def denials() -> dict[str, Denied]:
    """Every denial that one thread can provoke, by its reason. Names and figures are easy to recognise."""
    clock = ManualClock()
    policy = Policy.from_dict(
        {"agents": {"secret-*": {"max_sessions": 4711}, "secret-few": {"max_sessions": 1}}}
    )
    enforcer = Enforcer(policy=policy, clock=clock, max_sessions=8)
    settings: dict[str, Any] = {"agent": "secret-agent", "tenant": "secret-tenant", "tools": ["secret_tool"]}

    def session(**changed: Any) -> Any:
        return enforcer.create_session(**{**settings, **changed})

    closed, paused, expired = session(), session(), session(time_limit=1)
    closed.close()
    paused.pause()
    clock.advance(2)
    limited, broke, fine = session(rate="4242/h", calls=None), session(calls=0), session()
    session(agent="secret-few")
    assert limited.decide_batch(["secret_tool"] * 1000).allowed is True
    asks = {
        "not_found": lambda: enforcer.get(str(uuid.uuid4())),
        "closed": lambda: closed.authorize("secret_tool"),
        "paused": lambda: paused.authorize("secret_tool"),
        "expired": lambda: expired.authorize("secret_tool"),
        "agent_mismatch": lambda: enforcer.authorize(fine.id, "secret_tool", agent="secret-caller"),
        "tool_not_authorized": lambda: fine.authorize("secret_other"),
        "too_many_sessions": lambda: session(agent="secret-few"),
        "budget_exceeded": lambda: broke.authorize("secret_tool"),
        "rate_limited": lambda: limited.authorize_batch(["secret_tool"] * 5000),
        "store_full": lambda: [session() for _ in range(9)],
    }
    raised = {}
    for reason, ask in asks.items():
        with pytest.raises(Denied) as caught:
            ask()
        raised[reason] = caught.value
    return raised

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
    "idle_timeout",
    "intent_drift",
    "sensitivity_exceeded",
    "network_denied",
    "same_step_loop",
    "depth_exceeded",
)


@functools.cache
def denials() -> dict[str, Denied]:
    """Every denial that one thread can provoke, by its reason. Names and figures are easy to recognise."""
    clock = ManualClock()
    policy = Policy.from_dict(
        {
            "agents": {"secret-*": {"max_sessions": 4711}, "secret-few": {"max_sessions": 1}},
            "intent": {"on_drift": "deny"},
            "tools": {"secret_vault": {"sensitivity": "restricted"}, "secret_delete": {"network": False}},
        }
    )
    enforcer = Enforcer(policy=policy, clock=clock, max_sessions=14)
    settings: dict[str, Any] = {"agent": "secret-agent", "tenant": "secret-tenant", "tools": ["secret_tool"]}

    def session(**changed: Any) -> Any:
        return enforcer.create_session(**{**settings, **changed})

    closed, paused, expired = session(), session(), session(time_limit=1)
    execution: Any = {"idle_timeout": 1, "repetitions": 1, "depth": 0}
    idle = session(execution=execution)
    closed.close()
    paused.pause()
    clock.advance(2)
    limited, broke, fine = session(rate="4242/h", calls=None), session(calls=0), session()
    session(agent="secret-few")
    wide: Any = {"tools": ["secret_delete", "secret_vault", "secret_tool"]}
    reader, open_, apart = session(**wide, intent="read"), session(**wide), session(**wide, air_gap=True)
    looping = session(execution=execution)
    looping.authorize("secret_tool", arguments={"secret": 1})
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
        "idle_timeout": lambda: idle.authorize("secret_tool"),
        "intent_drift": lambda: reader.authorize("secret_delete"),
        "sensitivity_exceeded": lambda: open_.authorize("secret_vault"),
        "network_denied": lambda: apart.authorize("secret_tool"),
        "same_step_loop": lambda: looping.authorize("secret_tool", arguments={"secret": 1}),
        "depth_exceeded": looping.descend,
        "store_full": lambda: [session() for _ in range(15)],
    }
    raised = {}
    for reason, ask in asks.items():
        with pytest.raises(Denied) as caught:
            ask()
        raised[reason] = caught.value
    return raised

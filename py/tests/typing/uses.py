"""Correct uses of the package, and misuses that mypy must notice: an ignore too many is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from allotment import (
    BudgetExceeded,
    Decision,
    Denied,
    Descent,
    Enforcer,
    Event,
    IdleTimeout,
    InvalidPolicy,
    LimitWarning,
    Policy,
    Rate,
    RateLimited,
    Reservation,
    Session,
    SessionExpired,
    StepTimedOut,
    StepTimer,
    Summary,
    current_session,
)
from allotment.logging import EventLog
from allotment.testing import ManualClock

clock = ManualClock()
clock.advance(1.5)
clock.advance(timedelta(seconds=1))
clock.advance_ns(1)

policy: Policy = Policy.from_dict({"defaults": {"calls": 5, "rate": Rate(5)}})
policy = Policy.from_toml("policy.toml")
policy = Policy.from_toml(Path("policy.toml"))
assert_type(policy.to_toml(), str)
assert_type(policy.to_dict(), dict[str, Any])

enforcer = Enforcer(policy=policy, clock=clock, max_sessions=10)
Enforcer()
enforcer.set_policy(policy)
assert_type(enforcer.sessions(), list[Session])
assert_type(enforcer.active_sessions("agent-7"), int)
assert_type(enforcer.close_agent("agent-7"), int)
assert_type(enforcer.sweep(), int)

session = enforcer.create_session(agent="agent-7", tools=["search"])
session = enforcer.create_session(
    agent="agent-7", tools={"search": 5, "read": None}, calls=None, rate="30/min"
)
session = enforcer.create_session(
    agent="agent-7", tools="*", rate=Rate(30, per=timedelta(minutes=1), burst=2)
)
session = enforcer.create_session(
    agent="agent-7",
    tools=(tool for tool in ("search", "read")),
    intent="read",
    tenant="acme",
    calls=5,
    tokens=5,
    steps=5,
    cost_usd=Decimal("5.00"),
    tokens_rate="5/s",
    cost_rate="5/min",
    time_limit=timedelta(minutes=30),
    sensitivity="internal",
)
for cost in (5, 5.0, "5"):
    enforcer.create_session(agent="agent-7", tools=[], cost_usd=cost, time_limit=1800.5)
assert_type(session, Session)
assert_type(session.id, str)
assert_type(session.agent, str)
assert_type(session.tenant, str | None)
assert_type(enforcer.get(session.id), Session)

decision = session.decide("search", tokens=5, cost_usd="0.01")
assert_type(decision, Decision)
assert_type(decision.allowed, bool)
assert_type(decision.tool, str | None)
assert_type(decision.remaining, int | None)
assert_type(decision.retry_after, float | None)
assert_type(decision.retry_after_ns, int | None)
assert_type(decision.warnings, tuple[LimitWarning, ...])
assert_type(decision.retryable, bool)
assert_type(session.decide_batch(["search", "read"]), Decision)
assert_type(session.preview("search"), Decision)
assert_type(enforcer.decide(session.id, "search", agent="agent-7"), Decision)
enforcer.authorize(session.id, "search", agent="agent-7")
enforcer.authorize_batch(session.id, ["search"], agent="agent-7")
assert_type(session.snapshot(), dict[str, Any])
assert_type(decision.drift, str | None)
session.authorize("search", arguments={"q": 1}, tokens=5, cost_usd="0.01", steps=1, discovered_steps=2)
enforcer.authorize(session.id, "search", agent="agent-7", arguments=object(), tokens=5)
assert_type(session.preview("search", arguments=[1], tokens=5), Decision)
session.step()
session.step(2, discovered_steps=1, tokens=5, cost_usd=Decimal(1))
assert_type(session.decide_step(2), Decision)
session.top_up(calls=5, tokens=5, cost_usd="1.00", steps=5, discovered_steps=5, time=timedelta(minutes=5))
assert_type(session.observe_memory(1 << 30), bool)
with session.descend() as descent:
    assert_type(descent, Descent)
    assert_type(descent.level, int)
    descent.leave()
timer = session.step_timer(5.5)
assert_type(timer, StepTimer)
assert_type(enforcer.step_timer(timedelta(seconds=5)), StepTimer)
assert_type(timer.elapsed, float)
assert_type(timer.timed_out, bool)
try:
    timer.check()
except StepTimedOut as late:
    assert_type(late.limit, float)
except IdleTimeout as idle:
    expired: SessionExpired = idle
with session.reserve(tokens=5, input_tokens=5, output_tokens=5, cached_tokens=5, at_least=5) as hold:
    assert_type(hold, Reservation)
    assert_type(hold.discovered_steps, int)
    hold.progress(output_tokens=2)
    assert_type(hold.settle(input_tokens=5, output_tokens=3), bool)
session.reserve(cost_usd=5, at_least={"cost_usd": "0.50"})
assert_type(session.record(cached_tokens=5), bool)
enforcer.create_session(agent="agent-7", tools=[], discovered_steps=5, execution="standard", air_gap=True)
enforcer.create_session(agent="agent-7", tools=[], execution={"preset": "standard", "depth": 2})
session.delegate(agent="agent-8", tools=[], calls=5, carve_out=True, execution="standard")
assert_type(session.close(), Summary)
assert_type(session.close().drifts, int)
session.step("5")  # type: ignore[arg-type]
enforcer.create_session(agent="agent-7", tools=[], execution="huge")  # type: ignore[arg-type]
session.delegate(agent="agent-8", tools=[], carve_out=1)  # type: ignore[arg-type]
session.authorize("search", argument=5)  # type: ignore[call-arg]


@session.guard
def search(query: str, *, limit: int = 3) -> list[str]:
    """Search."""
    return [query] * limit


@session.guard
async def read(path: Path) -> bytes:
    """Read."""
    return path.read_bytes()


@session.guard
def walk(depth: int) -> Iterator[int]:
    """Walk."""
    yield from range(depth)


@session.guard
async def stream(depth: int) -> AsyncIterator[int]:
    """Stream."""
    yield depth


assert_type(search("x", limit=2), list[str])
search(5)  # type: ignore[arg-type]
search("x", limits=2)  # type: ignore[call-arg]
assert_type(walk(5), Iterator[int])


async def main() -> None:
    """Use the guarded coroutine functions."""
    assert_type(await read(Path("x")), bytes)
    async for item in stream(5):
        assert_type(item, int)


with session as entered:
    assert_type(entered, Session)

with session.activate():
    current = current_session()
    assert_type(current, Session | None)

try:
    session.authorize("search")
except RateLimited as limited:
    assert_type(limited.retry_after, float | None)
    assert_type(limited.retry_after_ns, int | None)
except BudgetExceeded as exceeded:
    assert_type(exceeded.retryable, bool)
except Denied as denied:
    assert_type(denied.reason, str)
    assert_type(denied.message, str)
    assert_type(denied.detail, str)
    assert_type(denied.http_status, int)
except InvalidPolicy as invalid:
    assert_type(invalid.argument, str)
    assert_type(invalid.value, str)
    assert_type(invalid.problem, str)

enforcer.create_session("agent-7", ["search"])  # type: ignore[call-arg]
enforcer.create_session(agent="agent-7")  # type: ignore[call-arg]
enforcer.create_session(agent="agent-7", tools=[], calls=1.5)  # type: ignore[arg-type]
enforcer.create_session(agent="agent-7", tools=[], call=5)  # type: ignore[call-arg]
enforcer.authorize(session.id, "search")  # type: ignore[call-arg]
session.authorize(5)  # type: ignore[arg-type]
session.id = "x"  # type: ignore[misc]
Rate("30/min")  # type: ignore[arg-type]

for event in enforcer.events(10):
    assert_type(event, Event)
    assert_type(event.decision, Decision | None)
    assert_type(event.warning, LimitWarning | None)
    assert_type(event.at, float)
    assert_type(event.to_dict(), dict[str, Any])
    event.kind = "closed"  # type: ignore[misc]
with EventLog(enforcer, logger="agents", every=5) as log:
    assert_type(log, EventLog)
    assert_type(log.flush(), int)

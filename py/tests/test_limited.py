"""``session.is_limited(resource)``: whether anything does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer, InvalidPolicy, InvalidType, Policy

if TYPE_CHECKING:
    from drive import Create

RESOURCES = [
    "calls",
    "steps",
    "discovered_steps",
    "tokens",
    "cost",
    "time",
    "sessions",
    "idle",
    "depth",
    "repetitions",
    "memory",
]


def limits(session: Any) -> set[str]:
    return {resource for resource in RESOURCES if session.is_limited(resource)}


@pytest.mark.parametrize(
    ("settings", "resource"),
    [
        ({"tokens": 1}, "tokens"),
        ({"tokens_rate": "1/s"}, "tokens"),
        ({"cost_usd": 0}, "cost"),
        ({"cost_rate": "1/h"}, "cost"),
        ({"rate": "1/s"}, "calls"),
        ({"steps": 1}, "steps"),
        ({"execution": {"cost_usd": 1}}, "cost"),
        ({"execution": {"repetitions": 3}}, "repetitions"),
        ({"execution": {"memory": 1}}, "memory"),
    ],
)
def test_what_a_session_is_given_limits_it_and_what_is_delegated_from_it(
    create: Create, settings: Any, resource: str
) -> None:
    assert limits(create(calls=None)) == {"time", "sessions"}
    session = create(calls=None, **settings)
    child = session.delegate(agent="agent-8", tools=["search"])
    assert limits(session) == limits(child) == {"time", "sessions", resource}


def test_the_agent_and_the_tenant_limit_it_under_the_policy_in_force() -> None:
    enforcer = Enforcer(Policy.from_dict({"tenants": {"acme": {"cost_usd": 1}}}))
    session = enforcer.create_session(agent="a", tools="*", tenant="acme")
    assert session.is_limited("cost")
    enforcer.set_policy(Policy.from_dict({"agents": {"a": {"tokens": 1}}}))
    assert (session.is_limited("cost"), session.is_limited("tokens")) == (False, True)


@pytest.mark.parametrize("name", ["cost_usd", "Cost", "", "time_limit", "\ud800"])
def test_another_name_is_an_error_that_lists_the_names(create: Create, name: Any) -> None:
    with pytest.raises(InvalidPolicy, match=r"^resource: .* is no resource: known are calls, ") as caught:
        create().is_limited(name)
    assert all(resource in str(caught.value) for resource in RESOURCES)


@pytest.mark.parametrize("name", [None, 1, b"cost", ["cost"]])
def test_what_is_no_text_is_a_wrong_type(create: Create, name: Any) -> None:
    with pytest.raises(InvalidType, match=r"^resource: "):
        create().is_limited(name)

"""What the machine draws: sessions, usages and who asks; and how Python is told of them."""

from __future__ import annotations

from typing import Any

from accounts import SECOND
from hypothesis import strategies as st
from policies import AGENTS, RATES, dollars, seconds


def one_in(count: int) -> st.SearchStrategy[bool]:
    return st.integers(1, count).map(lambda drawn: drawn == count)


small = st.integers(0, 9)
budgets = st.fixed_dictionaries(
    {},
    optional={
        "calls": st.one_of(st.none(), st.just(0), small, st.integers(5, 40)),
        "steps": small,
        "discovered_steps": small,
        "tokens": st.integers(0, 99),
        "cost": st.integers(0, 99),
    },
)
rates = st.fixed_dictionaries({}, optional={name: st.sampled_from(listed) for name, listed in RATES.items()})
names = st.sampled_from(["search", "search", "write_file", "delete_row", "vault", "bulk"])
most_tools = st.sampled_from(
    [
        "*",
        {"search": 3, "write_file": None, "vault": 2, "bulk": None, "delete_row": None},
        {"search": None, "bulk": 4, "*": None},
    ]
)
tools = st.one_of(
    most_tools,
    most_tools,
    most_tools,
    st.lists(names, max_size=4),
    st.dictionaries(names, st.one_of(st.none(), st.integers(0, 4)), min_size=1, max_size=4),
)
usages = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.integers(0, 40),
        "cost": st.one_of(st.integers(0, 40), st.integers(0, 40), st.just(1_234_567_892)),
        "steps": st.integers(0, 3),
        "discovered_steps": st.integers(0, 3),
    },
)
kinds = st.fixed_dictionaries(
    {}, optional={"input": st.integers(0, 20), "output": st.integers(0, 20), "cached": st.integers(0, 20)}
)
times = st.one_of(st.integers(2, 60).map(lambda s: s * SECOND // 2), st.just(86_400 * SECOND))
intents = st.sampled_from(
    [
        ("", "unknown"),
        ("ponder it", "unknown"),
        ("read it", "read"),
        ("write it", "write"),
        ("manage", "admin"),
    ]
)
sensitivities = st.sampled_from([None, None, "public", "internal", "restricted"])
agents = st.sampled_from(AGENTS)
callers = st.sampled_from(["handle", "handle", "handle", "id", "id", "stranger"])


def keywords(usage: dict[str, int]) -> dict[str, Any]:
    """A usage, or budgets, as keywords."""
    named = {
        "cost": "cost_usd",
        "input": "input_tokens",
        "output": "output_tokens",
        "cached": "cached_tokens",
    }
    return {
        named.get(key, key): dollars(amount) if key == "cost" and amount is not None else amount
        for key, amount in usage.items()
    }


asked = st.fixed_dictionaries(
    {
        "agent": agents,
        "tools": tools,
        "budgets": budgets,
        "rates": rates,
        "intent": intents,
        "sensitivity": sensitivities,
        "air_gap": st.sampled_from([None, None, None, None, None, False, True]),
        "time_limit": st.one_of(st.none(), times),
    }
)


def spec(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is asked for, as keywords and as the model counts it."""
    intent, tier = given["intent"]
    listed = given["tools"]
    counted = {
        "agent": given["agent"],
        "tools": dict(listed)
        if isinstance(listed, dict)
        else dict.fromkeys([listed] if listed == "*" else listed),
        "budgets": {key: amount for key, amount in given["budgets"].items() if amount is not None},
        "rates": {name: rate[1] for name, rate in given["rates"].items()},
        **{key: given[key] for key in ("time_limit", "sensitivity", "air_gap")},
        "tier": tier,
    }
    rate_names = {"calls": "rate", "tokens": "tokens_rate", "cost": "cost_rate"}
    written = {
        "agent": given["agent"],
        "tools": listed,
        "intent": intent,
        **keywords(given["budgets"]),
        **{rate_names[name]: rate[0] for name, rate in given["rates"].items()},
        **{key: given[key] for key in ("sensitivity", "air_gap")},
    }
    if given["time_limit"] is not None:
        written["time_limit"] = seconds(given["time_limit"])
    return written, counted

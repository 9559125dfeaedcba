"""Every section and key of a policy: read back as written, each error at its section and key."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from allotment import Enforcer, InvalidPolicy, Policy, Rate

EVERY_KEY = Path(__file__).parents[2] / "core" / "tests" / "data" / "every-key.toml"

LIMITS: dict[str, Any] = {
    "calls": 7,
    "steps": 8,
    "discovered_steps": 6,
    "tokens": 9,
    "cost_usd": "1.50",
    "rate": "30/min",
    "tokens_rate": "1000/h",
    "cost_rate": "1.50/min",
}
WHOLE: dict[str, dict[str, Any]] = {
    "defaults": {
        **LIMITS,
        "time_limit": 1800,
        "max_time_limit": 172_800,
        "sensitivity": "confidential",
        "any_tool_name": True,
        "air_gap": True,
    },
    "warnings": {"threshold": 0.1},
    "agents": {"research-*": {**LIMITS, "max_sessions": 20}},
    "tenants": {"acme": {**LIMITS, "max_sessions": 30}},
    "intent": {
        "on_drift": "deny",
        "on_unknown": "deny",
        "pause_after": 5,
        "keywords": {"read": ["look"], "write": ["put"], "admin": ["drop"]},
    },
    "tools": {
        "Grüße senden": {"network": False},
        "send_email": {"class": "admin", "sensitivity": "restricted", "network": True, "weight": 5},
    },
    "tokens": {"input": 0.5, "output": 5.0, "cached": 0.125},
    "execution": {
        "discovered_steps": 1,
        "depth": 2,
        "cost_usd": "3.00",
        "idle_timeout": 4,
        "repetitions": 5,
        "grace": "0.25s",
        "memory": 1024,
    },
    "events": {"capacity": 100, "grants": True, "warnings": False, "denials": False},
    "approval": {"on_exhausted": "pause"},
    "reservations": {"on_vanish": "release"},
}
NAMED = ("agents", "tenants", "tools")


def keys() -> list[tuple[str, str]]:
    """Each section with each of its keys."""
    inner = {name: part if name not in NAMED else list(part.values())[-1] for name, part in WHOLE.items()}
    return [(section, key) for section, part in inner.items() for key in part]


def within(section: str, key: str, value: Any) -> tuple[dict[str, Any], str]:
    """The policy that says only this, and its dotted key."""
    if section in NAMED:
        return {section: {"a": {key: value}}}, f"{section}.a.{key}"
    return {section: {key: value}}, f"{section}.{key}"


def test_a_policy_with_every_key_reads_back_as_it_was_written(tmp_path: Path) -> None:
    policy = Policy.from_dict(WHOLE)
    assert policy.to_dict() == WHOLE
    path = tmp_path / "policy.toml"
    path.write_text(policy.to_toml(), encoding="utf-8")
    for again in (
        Policy.from_toml(path),
        Policy.from_dict(policy.to_dict()),
        pickle.loads(pickle.dumps(policy)),
    ):
        assert again == policy
        assert (again.to_toml(), hash(again)) == (policy.to_toml(), hash(policy))
    assert eval(repr(policy), {"Policy": Policy}) == policy


@pytest.mark.parametrize(("section", "key"), keys())
def test_every_key_says_something_of_its_own(section: str, key: str) -> None:
    part = WHOLE[section] if section not in NAMED else list(WHOLE[section].values())[-1]
    data, _ = within(section, key, part[key])
    policy = Policy.from_dict(data)
    assert policy != Policy.from_dict({section: {"a": {}} if section in NAMED else {}})
    assert policy.to_dict() == data


def test_the_file_that_shows_every_key_has_the_keys_of_this_test() -> None:
    policy = Policy.from_toml(EVERY_KEY)
    shown = policy.to_dict()
    assert shown.keys() == WHOLE.keys()
    assert Policy.from_dict(shown) == policy


@pytest.mark.parametrize("section", WHOLE)
def test_an_empty_section_is_the_default(section: str) -> None:
    assert Policy.from_dict({section: {}}) == Policy()


@pytest.mark.parametrize("section", WHOLE)
@pytest.mark.parametrize("wrong", [5, "x", True, [], [{}], 1.5])
def test_a_section_that_is_no_mapping_is_named(section: str, wrong: Any) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_dict({section: wrong})
    assert (caught.value.argument, caught.value.problem) == (section, "is not a table")


@pytest.mark.parametrize("section", WHOLE)
def test_an_unknown_key_is_named_with_its_section_and_those_that_are_known(section: str) -> None:
    data, path = within(section, "unheard_of", 5)
    with pytest.raises(InvalidPolicy, match="unknown key") as caught:
        Policy.from_dict(data)
    assert caught.value.argument == path
    known = caught.value.problem.split("nearest first: ")[1].split(", ")
    written = {key for name, key in keys() if name == section} | (
        {"preset"} if section == "execution" else set()
    )
    assert set(known) == written


@pytest.mark.parametrize(("section", "key"), keys())
@pytest.mark.parametrize("wrong", [b"5", None, object(), {1, 2}, 1j, math.nan, -1, "\ud800", [[]], print])
def test_nonsense_names_its_section_and_key(section: str, key: str, wrong: Any) -> None:
    data, path = within(section, key, wrong)
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_dict(data)
    assert caught.value.argument.startswith(path)
    assert "\n" not in str(caught.value)


BAD: list[tuple[str, str, Any, str]] = [
    ("defaults", "air_gap", "yes", '"yes" is not true or false'),
    ("defaults", "any_tool_name", 1, "1 is not true or false"),
    ("intent", "on_drift", "allow", '"allow" is not warn or deny'),
    ("intent", "on_unknown", "warn", '"warn" is not allow or deny'),
    ("intent", "pause_after", 0, "0 is outside 1 to 1048576"),
    ("intent", "pause_after", True, "true is not a whole number"),
    ("intent", "keywords", ["read"], "an array is not a table"),
    ("tools", "class", "unknown", '"unknown" is not read, write or admin'),
    ("tools", "sensitivity", "secret", '"secret" is not public, internal, confidential or restricted'),
    ("tools", "network", 0, "0 is not true or false"),
    ("tools", "weight", 0, "0 is outside 1 to 1048576"),
    ("tools", "weight", 1.0, "1.0 is not a whole number"),
    ("tokens", "input", 1000.5, "1000.5 is above the maximum 1000"),
    ("tokens", "output", 0.0001, "0.0001 has more than 3 decimals"),
    ("tokens", "cached", -0.5, "-0.5 is negative"),
    ("execution", "preset", "Standard", '"Standard" is not standard, extended, unlimited or disabled'),
    ("execution", "discovered_steps", 2**48 + 1, "is above the maximum 281474976710656"),
    ("execution", "depth", "deep", '"deep" is not a whole number'),
    ("execution", "cost_usd", 20_000_000, "is above the maximum"),
    ("execution", "idle_timeout", 0, "0 is not a time above 0"),
    ("execution", "repetitions", 0, "0 is outside 1 to 65535"),
    ("execution", "grace", 86_401, "86401s is above the maximum 24 h"),
    ("execution", "memory", "1GiB", '"1GiB" is not a whole number'),
    ("events", "capacity", 0, "0 is outside 1 to 1048576"),
    ("events", "grants", "on", '"on" is not true or false'),
    ("approval", "on_exhausted", "paused", '"paused" is not deny or pause'),
    ("reservations", "on_vanish", "forfeit", '"forfeit" is not charge or release'),
]


@pytest.mark.parametrize(("section", "key", "value", "says"), BAD)
def test_a_bad_value_is_named_with_its_section_and_key(section: str, key: str, value: Any, says: str) -> None:
    data, path = within(section, key, value)
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_dict(data)
    assert caught.value.argument == path
    assert says in str(caught.value)


def test_keywords_and_tool_names_that_make_no_sense_are_named() -> None:
    for lists, argument in (
        ({"read": "look"}, "intent.keywords.read"),
        ({"write": [5]}, "intent.keywords.write"),
        ({"admin": ["two words"]}, "intent.keywords.admin"),
        ({"admin": ["write"]}, "intent.keywords.admin"),
        ({"unknown": []}, "intent.keywords.unknown"),
    ):
        with pytest.raises(InvalidPolicy) as caught:
            Policy.from_dict({"intent": {"keywords": lists}})
        assert caught.value.argument == argument
    for name in ("", "*", "a b", "naïve", "a\n", "x" * 129):
        with pytest.raises(InvalidPolicy, match="tool") as caught:
            Policy.from_dict({"tools": {name: {}}})
        assert caught.value.argument == "tools"


def test_sections_hold_the_values_that_arguments_may() -> None:
    rich = {
        "defaults": {"rate": Rate(7)},
        "intent": {"keywords": {"read": ("look", "find")}},
        "tokens": {"cached": Decimal("0.125")},
        "execution": {
            "cost_usd": Decimal("0.5"),
            "idle_timeout": timedelta(minutes=5),
            "grace": timedelta(seconds=2),
        },
    }
    plain = {
        "defaults": {"rate": "7/min"},
        "intent": {"keywords": {"read": ["find", "look"]}},
        "tokens": {"cached": 0.125},
        "execution": {"cost_usd": "0.50", "idle_timeout": 300, "grace": 2},
    }
    assert Policy.from_dict(rich) == Policy.from_dict(plain)
    assert Policy.from_dict({"execution": {"grace": timedelta(0)}}) == Policy.from_dict(
        {"execution": {"grace": 0}}
    )


# E13
@pytest.mark.parametrize(
    ("preset", "numbers"),
    [
        ("standard", (50, 5, "5.00", 1800, 3)),
        ("extended", (300, 10, "50.00", 14_400, 5)),
        ("unlimited", ("unlimited", "unlimited", "100.00", 86_400, "unlimited")),
        ("disabled", ("unlimited",) * 5),
    ],
)
def test_e13_a_preset_is_its_five_numbers(preset: str, numbers: tuple[Any, ...]) -> None:
    names = ("discovered_steps", "depth", "cost_usd", "idle_timeout", "repetitions")
    written = Policy.from_dict({"execution": dict(zip(names, numbers, strict=True))})
    assert written == Policy.from_dict({"execution": {"preset": preset}})
    assert written.to_dict() == ({} if preset == "disabled" else {"execution": {"preset": preset}})


# E6
def test_e6_a_grace_of_a_second_is_the_default() -> None:
    assert Policy.from_dict({"execution": {"grace": "1000ms"}}) == Policy()


# E18
def test_e18_executions_get_a_hundred_steps_a_hundred_thousand_tokens_and_five_minutes() -> None:
    policy = Policy.for_executions()
    assert policy.to_dict() == {"defaults": {"steps": 100, "tokens": 100_000, "time_limit": 300}}
    shown = Enforcer(policy=policy).create_session(agent="a", tools=["search"]).snapshot()
    limits = [shown[key]["limit"] for key in ("calls", "steps", "tokens", "cost")]
    assert (limits, shown["time_limit"]) == ([1000, 100, 100_000, None], 300)

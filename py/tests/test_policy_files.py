"""Policies from TOML and dicts: what they say, and errors that name the file, the key and the value (G21)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nonsense
from allotment import Enforcer, InvalidPolicy, Policy, Rate
from drive import admitted

if TYPE_CHECKING:
    from allotment.testing import ManualClock

WHOLE = """
[defaults]
calls = 200
tokens = "unlimited"
steps = 7
cost_usd = "5.00"
rate = "30/min"
tokens_rate = { limit = 1000, per = "90s", burst = 1.5 }
cost_rate = "1.50/min"
time_limit = "30min"
max_time_limit = "7d"
sensitivity = "confidential"

[warnings]
threshold = 0.1

[agents."research-*"]
max_sessions = 2
calls = 250

[tenants.acme]
calls = 260
"""


def write(folder: Path, text: str | bytes) -> Path:
    """A policy file with this content."""
    path = folder / "policy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_says_what_sessions_get(tmp_path: Path, clock: ManualClock) -> None:
    for path in (write(tmp_path, WHOLE), str(write(tmp_path, WHOLE))):
        policy = Policy.from_toml(path)
        enforcer = Enforcer(policy=policy, clock=clock)
        shown = enforcer.create_session(agent="research-1", tenant="acme", tools=["search"]).snapshot()
        assert [shown[key]["limit"] for key in ("calls", "tokens", "steps")] == [200, None, 7]
        assert [shown[key]["rate"] is not None for key in ("calls", "tokens", "cost", "steps")] == [
            True,
            True,
            True,
            False,
        ]
        assert (shown["time_limit"], shown["sensitivity"]) == (1800, "confidential")
        enforcer.create_session(agent="research-1", tools=[])
        with pytest.raises(Exception, match="too many sessions"):
            enforcer.create_session(agent="research-1", tools=[])
        enforcer.create_session(agent="x", tools=[], time_limit=7 * 86_400)


def test_a_session_overrides_the_defaults_and_none_lifts_them(clock: ManualClock) -> None:
    policy = Policy.from_dict({"defaults": {"calls": 2, "rate": "1/min", "tokens": 5, "cost_usd": 1}})
    enforcer = Enforcer(policy=policy, clock=clock)

    def limits(**settings: Any) -> list[Any]:
        shown = enforcer.create_session(agent="a", tools=[], **settings).snapshot()
        return [
            shown["calls"]["limit"],
            shown["calls"]["rate"],
            shown["tokens"]["limit"],
            shown["cost"]["limit"] is None,
        ]

    assert limits() == [2, "1/min", 5, False]
    assert limits(calls=None, rate=None, tokens=None, cost_usd=None) == [None, None, None, True]
    assert limits(calls=9, rate="2/s", tokens=6, cost_usd=2) == [9, "2/s", 6, False]


def test_a_dict_may_hold_the_values_that_arguments_may(clock: ManualClock) -> None:
    rich = Policy.from_dict(
        {
            "defaults": {
                "cost_usd": Decimal("5.00"),
                "rate": Rate(30),
                "time_limit": timedelta(minutes=30),
                "calls": "unlimited",
            }
        }
    )
    plain = Policy.from_dict(
        {
            "defaults": {
                "cost_usd": "5",
                "rate": {"limit": 30, "per": 60},
                "time_limit": 1800,
                "calls": "unlimited",
            }
        }
    )
    assert rich == plain
    assert (
        Enforcer(policy=rich, clock=clock).create_session(agent="a", tools=[]).snapshot()["calls"]["limit"]
        is None
    )


def test_an_empty_policy_is_the_default(tmp_path: Path) -> None:
    assert Policy.from_dict({}) == Policy() == Policy.from_toml(write(tmp_path, ""))
    assert Policy.from_dict({"defaults": {}, "agents": {}, "tenants": {}, "warnings": {}}) == Policy()
    assert Policy.from_dict({"defaults": {"calls": 1000, "time_limit": 3600}}) == Policy()
    assert Policy().to_dict() == {}
    assert Policy().to_toml() == ""


BAD_KEYS = [
    ({"default": {}}, "default", "defaults"),
    ({"defaults": {"cals": 5}}, "defaults.cals", "calls"),
    ({"warnings": {"treshold": 0.1}}, "warnings.treshold", "threshold"),
    ({"agents": {"a-*": {"max_session": 5}}}, 'agents."a-*".max_session', "max_sessions"),
    ({"tenants": {"acme": {"threshold": 5}}}, "tenants.acme.threshold", "rate"),
    ({"defaults": {"rate": {"limit": 5, "window": 60}}}, "defaults.rate.window", "per"),
    ({"defaults": {"": 5}}, 'defaults.""', "calls"),
    ({"defaults": {"a\nb": 5}}, "defaults", "calls"),
]

BAD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"defaults": 5}, "defaults", "5"),
    ({"defaults": []}, "defaults", "array"),
    ({"agents": {"a": 5}}, "agents.a", "5"),
    ({"agents": {"": {}}}, "agents", '""'),
    ({"agents": {"x" * 129: {}}}, "agents", "xxx"),
    ({"agents": {"a\nb": {}}}, "agents", "a\\"),
    ({"defaults": {"calls": -1}}, "defaults.calls", "-1"),
    ({"defaults": {"calls": 1.5}}, "defaults.calls", "1.5"),
    ({"defaults": {"calls": 5.0}}, "defaults.calls", "5.0"),
    ({"defaults": {"calls": True}}, "defaults.calls", "true"),
    ({"defaults": {"calls": "five"}}, "defaults.calls", "five"),
    ({"defaults": {"calls": 2**48 + 1}}, "defaults.calls", "281474976710657"),
    ({"defaults": {"tokens": [5]}}, "defaults.tokens", "array"),
    ({"defaults": {"cost_usd": "-5"}}, "defaults.cost_usd", "-5"),
    ({"defaults": {"cost_usd": 20_000_000}}, "defaults.cost_usd", "20000000"),
    ({"defaults": {"cost_usd": True}}, "defaults.cost_usd", "true"),
    ({"defaults": {"rate": "30/fortnight"}}, "defaults.rate", "fortnight"),
    ({"defaults": {"rate": 30}}, "defaults.rate", "30"),
    ({"defaults": {"rate": {"per": 60}}}, "defaults.rate", "limit"),
    ({"defaults": {"rate": {"limit": 5, "burst": -1.0}}}, "defaults.rate.burst", "-1"),
    ({"defaults": {"rate": {"limit": 5, "per": 0}}}, "defaults.rate.per", "0"),
    ({"defaults": {"rate": {"limit": 5, "per": 0.5}}}, "defaults.rate.per", "500ms"),
    ({"defaults": {"rate": f"{2**48}/s"}}, "defaults.rate", "281474976710656"),
    ({"agents": {"*": {"rate": f"{2**48}/s"}}}, 'agents."*".rate', "281474976710656"),
    ({"tenants": {"t": {"tokens_rate": f"{2**48}/s"}}}, "tenants.t.tokens_rate", "281474976710656"),
    ({"defaults": {"cost_rate": "99999/s"}}, "defaults.cost_rate", "99999"),
    ({"defaults": {"time_limit": 0}}, "defaults.time_limit", "0"),
    ({"defaults": {"time_limit": "soon"}}, "defaults.time_limit", "soon"),
    ({"defaults": {"time_limit": 90_000}}, "defaults.time_limit", "90000"),
    ({"defaults": {"max_time_limit": "366d"}}, "defaults.max_time_limit", "31622400"),
    ({"defaults": {"sensitivity": "secret"}}, "defaults.sensitivity", "secret"),
    ({"warnings": {"threshold": 1.1}}, "warnings.threshold", "1.1"),
    ({"warnings": {"threshold": -0.1}}, "warnings.threshold", "-0.1"),
    ({"warnings": {"threshold": "20%"}}, "warnings.threshold", "20%"),
    ({"agents": {"a": {"max_sessions": -1}}}, "agents.a.max_sessions", "-1"),
]


def toml(value: Any) -> str:
    """A value of a policy as inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


@pytest.mark.parametrize(("data", "key", "known"), BAD_KEYS, ids=str)
def test_an_unknown_key_is_named_with_those_that_are_known(
    tmp_path: Path, data: dict[str, Any], key: str, known: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_dict(data)
    assert caught.value.argument.startswith(key)
    assert known in caught.value.problem
    path = write(tmp_path, "\n".join(f"{section} = {toml(value)}" for section, value in data.items()))
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_toml(path)
    assert str(path) in str(caught.value)
    assert key in caught.value.argument


@pytest.mark.parametrize(("data", "key", "value"), BAD_VALUES, ids=str)
def test_a_bad_value_is_named_with_its_key_and_its_file(
    tmp_path: Path, data: dict[str, Any], key: str, value: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_dict(data)
    assert caught.value.argument == key
    assert value in str(caught.value)
    path = write(tmp_path, "\n".join(f"{section} = {toml(value)}" for section, value in data.items()))
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_toml(path)
    assert caught.value.argument == f"{path}: {key}"
    assert value in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        nonsense.Hostile(),
        nonsense.HostileRepr(),
        nonsense.NAN,
        nonsense.INFINITY,
        b"5",
        object(),
        1j,
        10**400,
        2**64,
        -(2**70),
        {1, 2},
        datetime.now(timezone.utc),
        Ellipsis,
        "\ud800",
        nonsense.HostileMapping(),
        print,
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("key", ["calls", "cost_usd", "rate", "time_limit", "sensitivity"])
def test_nonsense_in_a_dict_is_an_error_that_names_the_key(key: str, wrong: Any) -> None:
    with pytest.raises((InvalidPolicy, nonsense.Boom)) as caught:
        Policy.from_dict({"defaults": {key: wrong}})
    if isinstance(caught.value, InvalidPolicy):
        assert f"defaults.{key}" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        5,
        "x",
        [],
        [("defaults", {})],
        {5: {}},
        {"agents": {5: {}}},
        {"defaults": {None: 5}},
        object(),
        nonsense.Hostile(),
        nonsense.HostileMapping(),
    ],
)
def test_a_policy_is_made_of_a_dict_with_names(wrong: Any) -> None:
    with pytest.raises((InvalidPolicy, TypeError, nonsense.Boom)):
        Policy.from_dict(wrong)


def test_a_dict_that_holds_itself_is_an_error_not_an_overflow() -> None:
    loop: dict[str, Any] = {}
    loop["defaults"] = loop
    with pytest.raises(InvalidPolicy):
        Policy.from_dict(loop)
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"defaults": deep}
    with pytest.raises(InvalidPolicy):
        Policy.from_dict(deep)
    while deep:
        deep = deep["defaults"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[defaults]\ncalls = ", ":2:9"),
        ("[defaults\n", ":1:"),
        ("a = 1\na = 2", ":2:"),
        ("[defaults]\ncalls = 99999999999999999999", ":2:"),
    ],
)
def test_text_that_is_not_toml_says_where(tmp_path: Path, text: str, where: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_toml(path)
    assert f"{path}{where}" in caught.value.argument
    assert "TOML" in caught.value.problem
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"calls = \xe9"])
def test_bytes_that_are_no_text_are_an_error(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InvalidPolicy, match=r"policy\.toml"):
        Policy.from_toml(path)


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises((InvalidPolicy, OSError)) as caught:
            Policy.from_toml(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("wrong", [5, None, True, [], object(), "\x00", nonsense.Hostile()])
def test_a_path_that_is_none_is_an_error(wrong: Any) -> None:
    with pytest.raises((InvalidPolicy, TypeError, nonsense.Boom, ValueError)):
        Policy.from_toml(wrong)


def test_tenants_and_agents_share_their_limits_over_sessions(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"calls": 5}}, "tenants": {"acme": {"calls": 8}}})
    enforcer = Enforcer(policy=policy, clock=clock)
    one, two, three = (
        enforcer.create_session(agent=agent, tenant=tenant, tools=["search"])
        for agent, tenant in (("a", "acme"), ("a", "other"), ("b", "acme"))
    )
    assert [admitted(session, 9) for session in (one, two, three)] == [5, 0, 3]
    one.close()
    assert admitted(enforcer.create_session(agent="a", tools=["search"]), 9) == 0

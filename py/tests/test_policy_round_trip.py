"""Any policy reads back exactly as it was written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allotment import Policy

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

counts = st.one_of(st.integers(0, 2**48), st.just("unlimited"))
money: SearchStrategy[Any] = st.one_of(
    st.decimals(0, 18_000_000, places=9, allow_nan=False, allow_infinity=False).map(
        lambda dollars: f"{dollars:f}"
    ),
    st.integers(0, 18_000_000),
    st.just("unlimited"),
    st.floats(0, 1e6),
)
windows = st.one_of(
    st.integers(1, 86_400), st.sampled_from(["90s", "15min", "2h", "1d", "1.5s"]), st.floats(1, 86_400)
)
rates: SearchStrategy[Any] = st.one_of(
    st.just("unlimited"),
    st.builds(
        lambda limit, unit: f"{limit}/{unit}",
        st.integers(0, 10**6),
        st.sampled_from(["s", "min", "h", "7min"]),
    ),
    st.fixed_dictionaries(
        {"limit": st.integers(0, 10**6)}, optional={"per": windows, "burst": st.floats(0.01, 100)}
    ),
)
cost_rates = st.one_of(
    st.just("unlimited"),
    st.builds(
        lambda cents, unit: f"{Decimal(cents) / 100}/{unit}",
        st.integers(0, 10_000),
        st.sampled_from(["min", "h"]),
    ),
    st.fixed_dictionaries(
        {"usd": st.integers(0, 50)}, optional={"per": st.integers(60, 86_400), "burst": st.floats(0.1, 3)}
    ),
)
limits = {
    "calls": counts,
    "steps": counts,
    "tokens": counts,
    "cost_usd": money,
    "rate": rates,
    "tokens_rate": rates,
    "cost_rate": cost_rates,
}
defaults = st.fixed_dictionaries(
    {},
    optional={
        **limits,
        "time_limit": st.one_of(
            st.integers(1, 86_400), st.sampled_from(["1.5s", "24h", "90"]), st.floats(1, 86_400)
        ),
        "max_time_limit": st.integers(86_400, 365 * 86_400),
        "sensitivity": st.sampled_from(["public", "internal", "confidential", "restricted"]),
    },
)
party = st.fixed_dictionaries({}, optional={**limits, "max_sessions": counts})
patterns = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: len(text.encode()) <= 128
)
parties = st.dictionaries(
    st.one_of(patterns, st.sampled_from(["*", "a-*", "a.b", 'quo"te', "back\\slash"])), party, max_size=4
)
policies = st.fixed_dictionaries(
    {},
    optional={
        "defaults": defaults,
        "warnings": st.fixed_dictionaries({}, optional={"threshold": st.floats(0, 1)}),
        "agents": parties,
        "tenants": parties,
    },
)


@pytest.mark.thread_unsafe(reason="it writes one file")
@settings(max_examples=300, deadline=None)
@given(policies)
def test_any_policy_reads_back_exactly(tmp_path_factory: Any, data: dict[str, Any]) -> None:
    policy = Policy.from_dict(data)
    assert Policy.from_dict(policy.to_dict()) == policy
    path: Path = tmp_path_factory.getbasetemp() / "round-trip.toml"
    path.write_text(policy.to_toml(), encoding="utf-8")
    assert Policy.from_toml(path) == policy
    assert Policy.from_toml(path).to_toml() == policy.to_toml()
    assert Policy.from_toml(path).to_dict() == policy.to_dict()


@settings(max_examples=100, deadline=None)
@given(policies, policies)
def test_policies_are_equal_when_they_say_the_same(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert (Policy.from_dict(one) == Policy.from_dict(two)) == (
        Policy.from_dict(one).to_dict() == Policy.from_dict(two).to_dict()
    )


def test_writing_changes_nothing_that_matters() -> None:
    policy = Policy.from_dict(
        {"defaults": {"calls": "unlimited", "rate": {"limit": 7, "per": 1.5, "burst": 0.3}}}
    )
    assert policy.to_dict() == Policy.from_dict(policy.to_dict()).to_dict()
    assert policy != Policy.from_dict(
        {"defaults": {"calls": "unlimited", "rate": {"limit": 7, "per": 1.5, "burst": 0.4}}}
    )
    text = policy.to_toml()
    assert "unlimited" in text
    assert "0.3" in text


def test_to_dict_gives_a_dict_of_ones_own() -> None:
    policy = Policy.from_dict({"defaults": {"calls": 7}})
    policy.to_dict()["defaults"]["calls"] = 8
    assert policy.to_dict() == {"defaults": {"calls": 7}}

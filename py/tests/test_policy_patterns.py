"""Which pattern wins: the most specific one, against a naive search."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allotment import Enforcer, Policy
from allotment.testing import ManualClock

TABLE = [
    ("a", {"a": 1, "a*": 2, "*": 3}, 1),
    ("ab", {"a": 1, "a*": 2, "*": 3}, 2),
    ("b", {"a": 1, "a*": 2, "*": 3}, 3),
    ("a-b-c", {"a-*": 1, "a-*-c": 2, "*-c": 3}, 2),
    ("a-b-c", {"*b*": 1, "*": 2}, 1),
    ("A", {"a": 1, "*": 2}, 2),
    ("a", {"a*a": 1, "*": 2}, 2),
    ("ab", {"a*": 2, "*b": 1}, 1),
    ("*", {"*": 1}, 1),
    ("a.c", {"a?c": 1, "a[.]c": 2, "a.*": 3, "*": 4}, 3),
    ("é", {"é": 1, "*": 2}, 1),
]


def calls_of(section: str, patterns: dict[str, int], name: str) -> Any:
    """The shared budget that a party of this name gets."""
    policy = Policy.from_dict({section: {pattern: {"calls": calls} for pattern, calls in patterns.items()}})
    party = {"agent": name} if section == "agents" else {"agent": "other", "tenant": name}
    session = Enforcer(policy=policy, clock=ManualClock()).create_session(
        **party, tools=["search"], calls=None
    )
    denial = session.decide_batch(["search"] * 999)
    return denial.limit if not denial.allowed else None


@pytest.mark.parametrize("section", ["agents", "tenants"])
@pytest.mark.parametrize(("name", "patterns", "calls"), TABLE, ids=str)
def test_the_most_specific_pattern_wins(
    section: str, name: str, patterns: dict[str, int], calls: int
) -> None:
    assert calls_of(section, patterns, name) == calls
    assert calls_of(section, dict(reversed(patterns.items())), name) == calls


def test_a_name_that_no_pattern_matches_is_not_limited() -> None:
    assert calls_of("agents", {"a*": 1, "b": 2}, "c") is None


def naive(patterns: dict[str, int], name: str) -> int | None:
    """The exact name; else the glob with most characters besides ``*``, then the first; ``*`` last."""
    if name in patterns and "*" not in name:
        return patterns[name]
    globs = [
        pattern
        for pattern in patterns
        if "*" in pattern and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL)
    ]
    best = min(globs, key=lambda glob: (-len(glob.replace("*", "")), glob == "*", glob), default=None)
    return None if best is None else patterns[best]


words = st.text("ab-*", min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(words, st.integers(1, 900), max_size=8), st.text("ab-", min_size=1, max_size=6))
def test_the_winner_is_the_one_a_naive_search_finds(patterns: dict[str, int], name: str) -> None:
    assert calls_of("agents", patterns, name) == naive(patterns, name)


def test_the_winner_wins_whole(clock: ManualClock) -> None:
    policy = Policy.from_dict({"agents": {"*": {"calls": 1, "tokens": 5}, "a": {"tokens": 9}}})
    session = Enforcer(policy=policy, clock=clock).create_session(agent="a", tools=["search"])
    assert session.decide("search", tokens=9).allowed
    assert session.decide("search").allowed

"""The suggestion lets 99 % through all limits at once, and says no more than the trace recorded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from replay_traces import SECOND, traces

from allotment.cli.figures.measures import Measure, measure
from allotment.cli.replay.timeline import schedule
from allotment.cli.suggest.policy_file import policy_file
from allotment.cli.suggest.suggestion import Suggestion, suggest
from allotment.cli.trace.calls import Call, Session, SourceFile, Trace

SUGGESTION = Suggestion(
    kept=99,
    sessions=100,
    calls=7,
    tokens=500,
    cost_nano_usd=1_250_000,
    rate_per_minute=9,
    time_limit_s=61,
    timed=True,
    max_sessions=None,
    tools={"search": 5},
)


def within(found: Suggestion, used: Measure) -> bool:
    """Whether a session used no more than each of the limits."""
    return (
        used.calls <= found.calls
        and used.tokens <= (found.tokens or 0)
        and used.cost_nano_usd <= (found.cost_nano_usd or 0)
        and used.duration_ns < found.time_limit_s * SECOND
        and (found.rate_per_minute is None or used.tightest_per_minute <= found.rate_per_minute)
        and all(count <= found.tools[tool] for tool, count in used.tools.items())
    )


def suggestion_of(trace: Trace) -> tuple[Suggestion, tuple[Measure, ...]]:
    timeline = schedule(trace, SECOND)
    measures = measure(trace, timeline)
    return suggest(trace, timeline, measures), measures


@given(traces())
def test_at_least_99_percent_meet_all_limits_at_once(trace: Trace) -> None:
    assume(trace.calls)
    found, measures = suggestion_of(trace)
    passed = sum(within(found, used) for used in measures)
    assert passed >= found.kept
    assert 100 * found.kept >= 99 * found.sessions == 99 * len(measures)


def trace_of(counts: list[int], tokens: list[int]) -> Trace:
    """Sessions with so many calls each, whose first call used so many tokens."""
    names = tuple(Session(f"s{number}", "a", "t", 1, True) for number in range(len(counts)))
    calls = [
        Call(session, "search", session * SECOND + number, 0 if number else tokens[session], 0)
        for session, count in enumerate(counts)
        for number in range(count)
    ]
    return Trace((), names, tuple(calls))


def test_the_sessions_far_outside_are_left_out() -> None:
    counts = [5] * 199 + [5000]
    found, _ = suggestion_of(trace_of(counts, [10] * 199 + [99_999]))
    assert (found.kept, found.sessions, found.calls, found.tokens, found.rate_per_minute) == (
        199,
        200,
        5,
        10,
        5,
    )


def test_outliers_of_different_kinds_share_one_per_cent() -> None:
    """Each quantity's own 99th percentile would stop both of these sessions, 2 of 100."""
    counts, tokens = [5] * 100, [10] * 100
    counts[3], tokens[8] = 500, 20
    found, measures = suggestion_of(trace_of(counts, tokens))
    assert (found.kept, found.calls, found.tokens) == (99, 5, 20)
    own_percentiles = replace(found, tokens=10)
    assert sum(within(own_percentiles, used) for used in measures) == 98, "the checker sees it"


@given(st.integers(1, 99))
def test_below_a_hundred_sessions_every_session_is_kept(count: int) -> None:
    found, _ = suggestion_of(trace_of([1] * (count - 1) + [70], [0] * count))
    assert (found.kept, found.sessions, found.calls) == (count, count, 70)


def test_what_was_not_recorded_is_not_limited() -> None:
    untimed = Trace((), (Session("s", "a", "t", 1, False),), (Call(0, "t", None, 0, 0),) * 3)
    found, _ = suggestion_of(untimed)
    assert (found.tokens, found.cost_nano_usd, found.rate_per_minute) == (None, None, None)
    assert found.policy() == {"defaults": {"calls": 3, "time_limit": 3600}}


@pytest.mark.parametrize(("seconds", "limit"), [(0, 1), (59, 60), (86_399, 86_400), (86_400, 86_401)])
def test_the_time_limit_is_longer_than_the_longest_session(seconds: int, limit: int) -> None:
    calls = (Call(0, "t", 0, 0, 0), Call(0, "t", seconds * SECOND, 0, 0))
    defaults = suggestion_of(Trace((), (Session("s", "a", "t", 1, True),), calls))[0].policy()["defaults"]
    assert defaults["time_limit"] == limit
    assert defaults.get("max_time_limit") == (limit if limit > 86_400 else None)


def test_no_limit_is_larger_than_a_policy_takes() -> None:
    """More was used than any budget can be, and a session lasted longer than any may."""
    calls = (Call(0, "t", 0, 2**48, 2**53), Call(0, "t", 400 * 86_400 * SECOND, 2**48, 2**54))
    found, _ = suggestion_of(Trace((), (Session("s", "a", "t", 1, True),), calls))
    assert (found.tokens, found.cost_nano_usd, found.time_limit_s) == (2**48, 2**54, 365 * 86_400)


def test_more_sessions_at_once_than_the_default_are_allowed_for() -> None:
    calls = tuple(Call(number % 12, "t", number * SECOND, 0, 0) for number in range(24))
    sessions = tuple(Session(f"s{number}", "a", "t", 1, True) for number in range(12))
    assert suggestion_of(Trace((), sessions, calls))[0].policy()["agents"] == {"*": {"max_sessions": 12}}
    assert (
        "agents"
        not in suggestion_of(Trace((), sessions[:10], tuple(c for c in calls if c.session < 10)))[0].policy()
    )


def test_the_file_shows_every_limit_and_every_gap() -> None:
    files = (SourceFile("a.jsonl", "records", 100, 500),)
    full = policy_file(SUGGESTION, files, 99)
    for line in (
        "[defaults]",
        'rate = "9/min"',
        "tokens = 500",
        'cost_usd = "0.00125"',
        "time_limit = 61  # seconds",
    ):
        assert line in full.splitlines()
    assert "--per-tool search=5" in full
    assert "99 of 100 sessions ran to their end" in full
    bare = policy_file(
        replace(SUGGESTION, tokens=None, cost_nano_usd=None, rate_per_minute=None, tools={}), files, 99
    )
    assert [line.split(":")[0] for line in bare.splitlines() if "none" in line] == [
        "# rate",
        "# tokens",
        "# cost_usd",
    ]


def test_names_from_a_trace_cannot_write_policy() -> None:
    """A tool or file whose name holds a line break must not get a line of its own in the policy."""
    forged = 'x\n[agents."*"]\nmax_sessions = 9'
    trace = Trace(
        (), (Session("s", "a", "t", 1, True),), (Call(0, forged, 0, 0, 0), Call(0, "fine", 0, 0, 0))
    )
    found, _ = suggestion_of(trace)
    assert found.tools == Counter({"fine": 1})
    text = policy_file(found, (SourceFile(forged, "records", 1, 2),), 1)
    assert not any(line.startswith(("[agents", "max_sessions")) for line in text.splitlines())

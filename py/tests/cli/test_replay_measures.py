"""Virtual time, and what is measured on it, against definitions too simple to be wrong."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_traces import SECOND, by_session, times, traces, within_rate

from allotment.cli.errors import OptionError
from allotment.cli.figures.distribution import distribution, nearest_rank
from allotment.cli.figures.measures import measure, peak_concurrency
from allotment.cli.figures.tightest_rate import tightest_per_minute
from allotment.cli.replay.timeline import schedule
from allotment.cli.trace.calls import Call, Session, Trace


def trace_of(*calls: tuple[int, int | None], timed: bool = True) -> Trace:
    """A trace of calls given as session number and time."""
    found = tuple(Call(session, "t", ts_ns, 0, 0) for session, ts_ns in calls)
    names = range(1 + max(session for session, _ in calls))
    return Trace((), tuple(Session(f"s{name}", "a", "t", 1, timed) for name in names), found)


@given(traces(timed=True))
def test_timed_calls_are_merged_by_time_and_ties_keep_their_order(trace: Trace) -> None:
    timeline = schedule(trace, 5)
    place = {id(call): number for number, call in enumerate(trace.calls)}
    keys = [(call.ts_ns, place[id(call)]) for call in timeline.calls]
    assert keys == sorted(keys)
    assert list(timeline.at_ns) == [call.ts_ns for call in timeline.calls]
    assert Counter(map(id, timeline.calls)) == Counter(map(id, trace.calls))


@given(traces(timed=False), st.integers(0, 10 * SECOND))
def test_calls_without_times_follow_one_another_session_by_session(trace: Trace, step_ns: int) -> None:
    timeline = schedule(trace, step_ns)
    assert timeline.calls == trace.calls
    assert timeline.at_ns == tuple(number * step_ns for number in range(len(trace.calls)))


def test_calls_without_times_come_after_those_with_times() -> None:
    timeline = schedule(trace_of((0, None), (1, 9 * SECOND), (0, None), (1, 4 * SECOND)), SECOND)
    assert [call.session for call in timeline.calls] == [1, 1, 0, 0]
    assert [at_ns // SECOND for at_ns in timeline.at_ns] == [4, 9, 10, 11]


def test_a_replay_may_not_outlast_the_clock() -> None:
    calls = [(0, None)] * 3
    century = 1_577_880_000 * SECOND
    assert schedule(trace_of(*calls, timed=False), century).at_ns[-1] == 2 * century
    with pytest.raises(OptionError, match=r"^--seconds-per-call: .* 100 years"):
        schedule(trace_of(*calls, timed=False), century + 1)


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[int], percent: int
) -> None:
    enough = [
        value for value in values if 100 * sum(other <= value for other in values) >= percent * len(values)
    ]
    assert nearest_rank(sorted(values), percent) == min(enough)


def test_a_distribution_of_one_to_a_thousand() -> None:
    found = distribution(range(1000, 0, -1))
    assert found is not None
    assert (found.count, found.p50, found.p95, found.p99, found.max) == (1000, 500, 950, 990, 1000)
    assert distribution([]) is None


@given(times())
def test_the_tightest_rate_admits_all_and_one_less_does_not(at_ns: list[int]) -> None:
    limit = tightest_per_minute(at_ns)
    assert within_rate(at_ns, limit) or not at_ns
    assert limit <= len(at_ns)
    assert limit == 0 or not within_rate(at_ns, limit - 1)


@pytest.mark.parametrize(("gap_s", "limit"), [(0, 11), (1, 10), (6, 6), (30, 2), (60, 1), (3600, 1)])
def test_the_tightest_rate_of_eleven_even_calls(gap_s: int, limit: int) -> None:
    assert tightest_per_minute([number * gap_s * SECOND for number in range(11)]) == limit


@given(traces(timed=True))
def test_measures_are_what_each_session_used(trace: Trace) -> None:
    timeline = schedule(trace, 0)
    for found, made in zip(
        measure(trace, timeline), by_session(trace, timeline.at_ns, timeline.calls), strict=True
    ):
        at_ns, calls = [at for at, _ in made], [call for _, call in made]
        assert (found.calls, found.tools) == (len(calls), Counter(call.tool for call in calls))
        assert found.tokens == sum(call.tokens for call in calls)
        assert found.cost_nano_usd == sum(call.cost_nano_usd for call in calls)
        assert found.duration_ns == (at_ns[-1] - at_ns[0] if at_ns else 0)
        assert found.peak_per_minute == max(
            (sum(0 <= other - at < 60 * SECOND for other in at_ns) for at in at_ns), default=0
        )
        assert found.tightest_per_minute == tightest_per_minute(at_ns)


def test_without_times_there_is_no_rate_to_measure() -> None:
    trace = trace_of((0, None), (0, None), timed=False)
    (found,) = measure(trace, schedule(trace, SECOND))
    assert (found.duration_ns, found.peak_per_minute, found.tightest_per_minute) == (SECOND, 0, 0)


def test_sessions_are_open_from_their_first_call_to_their_last() -> None:
    overlapping = [(0, 1), (1, 2), (0, 3), (2, 4), (1, 5), (2, 6)]
    trace = trace_of(*overlapping)
    assert peak_concurrency(trace, schedule(trace, 0)) == 2
    one_after_another = trace_of((0, 1), (0, 2), (1, 2), (1, 3))
    assert peak_concurrency(one_after_another, schedule(one_after_another, 0)) == 1

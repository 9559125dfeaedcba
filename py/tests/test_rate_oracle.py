"""The rate against an oracle that is too simple to be wrong (D1-D3, V8; DESIGN 3).

The bound: over any interval, ``1000 * admitted <= capacity + minted(end) - minted(start)``, in milli-tokens
counted from the clock's epoch. The oracle keeps every admission and admits where no interval breaks it.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allotment import Enforcer, Rate, Session
from allotment.testing import ManualClock

SECOND = 10**9
DAY = 86_400


class Oracle:
    """A rate as the contract words it."""

    def __init__(self, limit: int, per: int, burst: float) -> None:
        whole = int(Decimal(limit * burst).quantize(Decimal(1), ROUND_HALF_UP))
        self.capacity = 1000 * max(1, whole) if limit else 0
        self.milli_per_ns = Fraction(1000 * limit, per * SECOND)
        self.admitted: list[tuple[int, int]] = []

    def minted(self, at: int) -> int:
        """Milli-tokens minted by this nanosecond."""
        return floor(at * self.milli_per_ns)

    def fits(self, at: int, tokens: int) -> bool:
        """Whether this many more keep every interval that ends now within the bound."""
        total = tokens
        if 1000 * total > self.capacity:
            return False
        for start, count in reversed(self.admitted):
            total += count
            if 1000 * total > self.capacity + self.minted(at) - self.minted(start):
                return False
        return True

    def ask(self, at: int, tokens: int) -> bool:
        """The verdict, remembered if it is yes."""
        verdict = self.fits(at, tokens)
        if verdict:
            self.admitted.append((at, tokens))
        return verdict


limits = st.one_of(st.integers(1, 12), st.integers(1, 5_000))
windows = st.one_of(st.sampled_from([1, 7, 60, 3600, DAY]), st.integers(1, DAY))
bursts = st.one_of(st.just(1.0), st.floats(0.01, 4.0))
starts = st.one_of(st.just(0), st.integers(0, 10 * 365 * DAY * SECOND))
lengths = st.one_of(
    st.integers(-2, 2),
    st.integers(1, 999_000),
    st.integers(0, 2 * SECOND),
    st.integers(0, DAY * SECOND),
)
gaps = st.tuples(st.integers(0, 5), lengths)
"""How long to wait: for so many tokens to come, and so many nanoseconds more or less."""


def nanoseconds(gap: tuple[int, int], limit: int, per: int) -> int:
    """The length of a gap at this rate."""
    tokens, more = gap
    return max(0, tokens * per * SECOND // limit + more)


def session_with(rate: Rate, start: int) -> tuple[ManualClock, Session]:
    """A session with only this rate, created that many nanoseconds after the epoch."""
    clock = ManualClock()
    clock.advance_ns(start)
    session = Enforcer(clock=clock).create_session(
        agent="a", tools=["search"], calls=None, rate=rate, time_limit=DAY
    )
    return clock, session


@settings(max_examples=250, deadline=None)
@given(
    limits,
    windows,
    bursts,
    starts,
    st.booleans(),
    st.lists(st.tuples(gaps, st.integers(1, 6)), min_size=1, max_size=40),
)
# D1, D2, D3
def test_d1_d2_d3_every_verdict_is_the_oracles(
    limit: int, per: int, burst: float, start: int, drained: bool, asks: list[tuple[tuple[int, int], int]]
) -> None:
    oracle = Oracle(limit, per, burst)
    clock, session = session_with(Rate(limit, per=per, burst=burst), start)
    at, end = start, start + DAY * SECOND
    if drained:
        everything = oracle.capacity // 1000
        assert session.decide_batch(["search"] * everything).allowed
        assert oracle.ask(at, everything)
    for gap, tokens in asks:
        wait = nanoseconds(gap, limit, per)
        if at + wait >= end:
            break
        clock.advance_ns(wait)
        at += wait
        decision = session.decide_batch(["search"] * tokens)
        assert decision.allowed == oracle.ask(at, tokens), (at, tokens, decision)


@settings(max_examples=250, deadline=None)
@given(limits, windows, bursts, starts, st.lists(gaps, max_size=20), st.integers(1, 5))
def test_retry_after_is_the_exact_wait(
    limit: int, per: int, burst: float, start: int, waits: list[tuple[int, int]], tokens: int
) -> None:
    clock, session = session_with(Rate(limit, per=per, burst=burst), start)
    end = start + DAY * SECOND
    at = start
    for gap in waits:
        wait = nanoseconds(gap, limit, per)
        if at + wait >= end:
            break
        clock.advance_ns(wait)
        at += wait
        session.decide_batch(["search"] * tokens)
    capacity = Oracle(limit, per, burst).capacity // 1000
    while session.decide("search").allowed:
        pass
    denial = session.decide_batch(["search"] * tokens)
    if tokens > capacity:
        assert (denial.retry_after, denial.retry_after_ns, denial.retryable) == (None, None, False)
        return
    assume(not denial.allowed)
    wait = denial.retry_after_ns
    if wait is None:
        clock.advance_ns(end - 1 - at)
        assert not session.decide_batch(["search"] * tokens).allowed
        return
    assert wait > 0
    assert denial.retryable
    assert Fraction(denial.retry_after) * SECOND >= wait
    assume(at + wait < end)
    clock.advance_ns(wait - 1)
    assert not session.decide_batch(["search"] * tokens).allowed
    assert session.decide_batch(["search"] * tokens).retry_after_ns == 1
    clock.advance_ns(1)
    assert session.decide_batch(["search"] * tokens).allowed


def polled(rate: Rate, step: int, until: int) -> int:
    """How many calls are admitted, asking every ``step`` nanoseconds from 0 to ``until``, both included."""
    clock, session = session_with(rate, 0)
    count = 0
    for _ in range(until // step + 1):
        count += session.decide("search").allowed
        clock.advance_ns(step)
    return count


# D1
def test_d1_one_a_minute_admits_eleven_in_ten_minutes() -> None:
    for step in (SECOND // 10, SECOND, 15 * SECOND, 60 * SECOND):
        assert polled(Rate(1, per=60), step, 600 * SECOND) == 11


# D2
def test_d2_five_an_hour_admits_fifty_five_in_ten_hours() -> None:
    for step in (SECOND, 90 * SECOND, 360 * SECOND):
        assert polled(Rate(5, per=3600), step, 36_000 * SECOND) == 55


# D2
def test_d2_a_hundred_a_minute_stay_a_hundred_a_minute() -> None:
    assert polled(Rate(100, per=60), SECOND // 100, 600 * SECOND) == 1_100


# D3
def test_d3_no_part_of_a_millisecond_is_lost() -> None:
    clock, session = session_with(Rate(1000, per=1), 0)
    assert session.decide_batch(["search"] * 1000).allowed
    count = 0
    polls = 10 * SECOND // 999_000
    for _ in range(polls):
        clock.advance_ns(999_000)
        count += session.decide("search").allowed
    assert count == polls * 999 // 1000


# D3
def test_d3_the_oracle_would_notice_a_lost_part() -> None:
    """The checker's own check: refill cut to whole milliseconds, as in D3, disagrees with it."""
    oracle = Oracle(1000, 1, 1.0)
    assert oracle.ask(0, 1000)
    cut, tokens, last = 0, 0, 0
    for poll in range(1, 500):
        at = poll * 999_000
        tokens += (at - last) // 1_000_000
        last = at
        if tokens:
            tokens -= 1
            cut += 1
        oracle.ask(at, 1)
    assert cut < sum(count for _, count in oracle.admitted) - 1000


def test_rates_stay_exact_after_a_century_of_nearly_nothing() -> None:
    clock, session = session_with(Rate(7, per=61), 99 * 365 * DAY * SECOND)
    assert session.decide_batch(["search"] * 7).allowed
    wait = session.decide("search").retry_after_ns
    assert abs(wait - 61 * SECOND / 7) <= 61 * SECOND / 7000 + 1
    clock.advance_ns(wait - 1)
    assert not session.decide("search").allowed
    clock.advance_ns(1)
    assert session.decide("search").allowed

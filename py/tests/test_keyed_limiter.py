"""A rate for each of many keys: exact, bounded, forgetting only what is full (D1, D4, D6, D7, B14, B29)."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from typing import Any

import pytest

import nonsense
from allotment import Denied, InvalidPolicy, InvalidType, KeyedLimiter, Rate, RateLimited, StoreFull
from allotment.testing import ManualClock
from drive import race


def admitted(limiter: KeyedLimiter, key: str, times: int) -> int:
    """How many of this many units are admitted, one by one."""
    return sum(limiter.decide(key).allowed for _ in range(times))


# D1
def test_d1_one_per_minute_admits_eleven_in_ten_minutes(clock: ManualClock) -> None:
    limiter = KeyedLimiter("1/min", clock=clock)
    count = 0
    for _ in range(600):
        count += admitted(limiter, "a", 2)
        limiter.sweep()
        clock.advance(1)
    assert count + admitted(limiter, "a", 2) == 11


# D4
def test_d4_a_limit_of_zero_admits_nothing_ever(clock: ManualClock) -> None:
    limiter = KeyedLimiter(Rate(0), clock=clock)
    for _ in range(100):
        decision = limiter.decide("a")
        assert (decision.reason, decision.retry_after, decision.retryable) == ("rate_limited", None, False)
        clock.advance(3600)
    assert len(limiter) == 0


# D6
def test_d6_a_full_table_makes_room_of_full_buckets_only(clock: ManualClock) -> None:
    limiter = KeyedLimiter("2/min", max_keys=3, clock=clock)
    for key in ("a", "b", "c"):
        limiter.authorize(key)
    with pytest.raises(StoreFull) as caught:
        limiter.authorize("d")
    denial = caught.value
    assert (denial.account, denial.limit, denial.used, denial.http_status) == ("store", 3, 3, 503)
    assert limiter.preview("d").reason == "store_full"
    assert limiter.decide("a").allowed
    clock.advance_ns(30 * 10**9 - 1)
    assert not limiter.preview("d").allowed
    clock.advance_ns(1)
    assert limiter.preview("d").allowed
    limiter.authorize("d")
    assert len(limiter) <= 3
    clock.advance(60)
    assert (limiter.sweep() > 0, len(limiter), limiter.sweep()) == (True, 0, 0)


# D6
def test_d6_ever_new_keys_leave_few_behind(clock: ManualClock) -> None:
    limiter = KeyedLimiter("1/s", clock=clock)
    for key in range(20_000):
        limiter.authorize(str(key))
        clock.advance(0.01)
    assert len(limiter) <= 101


# B14, B29
def test_b14_b29_a_denial_has_its_figures_and_an_exact_wait_and_no_key(clock: ManualClock) -> None:
    limiter = KeyedLimiter("4/min", clock=clock)
    limiter.authorize("sk-secret", 4)
    with pytest.raises(RateLimited) as caught:
        limiter.authorize("sk-secret", n=2)
    denial = caught.value
    assert (denial.limit, denial.used, denial.requested, denial.retry_after) == (4, 4, 2, 30.0)
    assert (denial.account, denial.resource, denial.session) == ("key", "calls", None)
    assert denial.retryable
    for text in (str(denial), repr(denial), denial.detail, repr(denial.decision)):
        assert "secret" not in text
    clock.advance_ns((denial.retry_after_ns or 0) - 1)
    assert not limiter.preview("sk-secret", 2).allowed
    clock.advance_ns(1)
    assert limiter.preview("sk-secret", 2).allowed
    limiter.authorize("sk-secret", 2)
    assert pickle.loads(pickle.dumps(denial.decision)) == denial.decision


def test_a_decision_about_a_key_is_a_plain_value(clock: ManualClock) -> None:
    limiter = KeyedLimiter("1/min", clock=clock)
    granted, denied = limiter.decide("a"), limiter.decide("a")
    assert (granted.allowed, granted.reason, granted.http_status, granted.warnings) == (True, None, 200, ())
    assert (granted.remaining, granted.seconds_remaining, granted.tool) == (None, None, None)
    assert repr(granted) == "Decision(allowed=True, tool=None, remaining=None, seconds_remaining=None)"
    for decision in (granted, denied):
        assert copy.deepcopy(decision) == pickle.loads(pickle.dumps(decision)) == decision


# D9
def test_d9_more_than_the_bucket_is_never_admitted_and_takes_no_place(clock: ManualClock) -> None:
    limiter = KeyedLimiter(Rate(3, burst=2.0), max_keys=1, clock=clock)
    for n in (7, 2**63, 2**64 - 1):
        decision = limiter.decide("a", n)
        assert (decision.reason, decision.retry_after, decision.requested) == ("rate_limited", None, n)
    assert len(limiter) == 0
    assert limiter.decide("a", 6).allowed
    assert limiter.decide("b", 0).allowed


def test_it_shows_what_it_is(clock: ManualClock) -> None:
    limiter = KeyedLimiter("100/15min", max_keys=7, clock=clock)
    assert (limiter.rate, limiter.max_keys, len(limiter), bool(limiter)) == (Rate(100, 900), 7, 0, True)
    limiter.authorize("a")
    assert repr(limiter) == "<KeyedLimiter rate=100/15min keys=1 max_keys=7>"
    assert KeyedLimiter("1/s").max_keys == 100_000


# D7
@pytest.mark.parametrize("index", range(len(nonsense.NO_RATE)))
def test_d7_a_rate_that_makes_no_sense_is_an_error(index: int) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        KeyedLimiter(nonsense.NO_RATE[index])
    assert "rate" in caught.value.argument


NO_MAX: list[Any] = [*nonsense.NO_COUNT, 0, 2**24 + 1, None]


@pytest.mark.parametrize("index", range(len(NO_MAX)))
def test_a_maximum_that_makes_no_sense_is_an_error(index: int) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        KeyedLimiter("1/s", max_keys=NO_MAX[index])
    assert caught.value.argument == "max_keys"


NO_KEY: list[Any] = ["", "x" * 513, "é" * 257, "\ud800", "a\udfff", None, 5, 1.5, True, b"a", [], object()]

NO_AMOUNT: list[Any] = [-1, 2**64, 1.0, True, "1", None, [], nonsense.Unshowable()]


@pytest.mark.parametrize("ask", ["authorize", "decide", "preview"])
def test_a_key_or_an_amount_that_makes_no_sense_is_an_error(ask: str, clock: ManualClock) -> None:
    limiter = KeyedLimiter("9/s", clock=clock)
    for key in NO_KEY:
        with pytest.raises(InvalidPolicy) as caught:
            getattr(limiter, ask)(key)
        assert caught.value.argument == "key"
        assert isinstance(caught.value, InvalidType) == (not isinstance(key, str))
    for n in NO_AMOUNT:
        with pytest.raises(InvalidPolicy) as caught:
            getattr(limiter, ask)("a", n)
        assert caught.value.argument == "n"
    assert len(limiter) == 0
    for key in ("x" * 512, "é" * 256, "\x00", " ", nonsense.HostileStr("k")):
        getattr(limiter, ask)(key)


def test_other_arguments_that_make_no_sense_are_errors() -> None:
    with pytest.raises(InvalidType):
        KeyedLimiter("1/s", clock=time.monotonic)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        KeyedLimiter("1/s", 5)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        KeyedLimiter()  # type: ignore[call-arg]


def test_eight_threads_get_exactly_what_the_bucket_holds(clock: ManualClock) -> None:
    limiter = KeyedLimiter("3000/min", clock=clock)
    assert sum(race(8, lambda _: admitted(limiter, "a", 500))) == 3000


# D6
def test_d6_no_key_gets_more_than_its_bucket_and_what_was_minted(clock: ManualClock) -> None:
    limiter = KeyedLimiter("3/s", max_keys=4, clock=clock)
    keys = [f"key-{index}" for index in range(12)]

    def ask(index: int) -> list[int]:
        counts = [0] * len(keys)
        for turn in range(2_000):
            at = (turn * (index + 1)) % len(keys)
            decision = limiter.decide(keys[at])
            counts[at] += decision.allowed
            assert decision.reason in (None, "rate_limited", "store_full", "contended")
            assert len(limiter) <= 4
            if turn % 8 == index:
                clock.advance_ns(1_500_000)
        return counts

    counts = race(8, ask)
    most = 3 + 3 * clock.now_ns // 10**9
    assert all(sum(count[at] for count in counts) <= most for at in range(len(keys)))
    assert sum(map(sum, counts)) > 12


def test_a_denial_never_waits() -> None:
    limiter = KeyedLimiter("1/day", max_keys=1)
    limiter.authorize("a")

    async def ask() -> int:
        refused = 0
        for key in ("a", "b") * 500:
            try:
                limiter.authorize(key)
            except Denied:
                refused += 1
        return refused

    async def tasks() -> list[int]:
        return await asyncio.gather(*(ask() for _ in range(8)))

    # 8,000 denials whose waits are a day each; any wait at all would show.
    before = time.monotonic()
    assert asyncio.run(tasks()) == [1000] * 8
    assert time.monotonic() - before < 20

"""Fields of a trace: times and money are exact, and what a limit cannot meter is refused."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allotment.cli.errors import Unfit
from allotment.cli.trace.fields import MAX_TS, cost_field, name_field, text_field, time_field, tokens_field


@pytest.mark.parametrize(
    ("ts", "nanos"),
    [
        (0, 0),
        (Decimal("1.5"), 1_500_000_000),
        (Decimal("1700000000.123456789"), 1_700_000_000_123_456_789),
        (Decimal("0.0000000019"), 1),
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01 00:00:01", 1_000_000_000),
        ("1970-01-01T00:01", 60_000_000_000),
        ("1970-01-01T01:00:00.123456789+01:00", 123_456_789),
        ("1970-01-01T00:00:00,5-0130", 5_400_500_000_000),
        ("2025-03-03T09:00:17.462Z", 1_740_992_417_462_000_000),
    ],
)
def test_a_time_is_exact_nanoseconds_since_1970(ts: Any, nanos: int) -> None:
    assert time_field({"ts": ts}, "ts") == nanos


@given(st.integers(0, MAX_TS * 1_000_000 - 1), st.integers(-14 * 60, 14 * 60))
def test_iso_times_agree_with_seconds(micros: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    text = (
        (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros))
        .astimezone(zone)
        .isoformat()
    )
    assert (
        time_field({"ts": text}, "ts")
        == time_field({"ts": Decimal(micros).scaleb(-6)}, "ts")
        == micros * 1000
    )


@pytest.mark.parametrize(
    "ts",
    [
        None,
        True,
        [],
        "",
        "yesterday",
        "12",
        "2025-02-30T00:00:00Z",
        "2025-03-03T25:00:00Z",
        "1969-12-31T23:59:59Z",
        "2071-01-01T00:00:00Z",
        -1,
        MAX_TS,
        1_700_000_000_000,  # milliseconds
        Decimal("1e999999"),
    ],
)
def test_what_is_no_time_is_refused_by_name(ts: Any) -> None:
    with pytest.raises(Unfit, match=r"^ts must"):
        time_field({"ts": ts}, "ts")


@given(st.decimals(0, 1_000_000, allow_nan=False, allow_infinity=False), st.booleans())
def test_money_is_rounded_up_to_the_next_nano_dollar(dollars: Decimal, as_text: bool) -> None:
    nanos = cost_field({"cost_usd": str(dollars) if as_text else dollars}, "cost_usd")
    assert nanos == math.ceil(Fraction(dollars) * 10**9)


def test_the_tail_of_a_price_is_never_lost() -> None:
    assert (
        cost_field({"cost_usd": Decimal("1.0000000000000000000000000000000001")}, "cost_usd") == 1_000_000_001
    )
    assert cost_field({"cost_usd": Decimal("1e-300")}, "cost_usd") == 1


@pytest.mark.parametrize(
    "cost", [-1, Decimal("-0.01"), "NaN", "1_000", "", "$5", True, {}, Decimal("1e999999"), 10**7]
)
def test_what_is_no_price_is_refused_by_name(cost: Any) -> None:
    with pytest.raises(Unfit, match=r"^cost_usd must be US dollars"):
        cost_field({"cost_usd": cost}, "cost_usd")


@pytest.mark.parametrize("tokens", [-1, Decimal("1.5"), "12", True, 2**48 + 1, 10**4000])
def test_what_is_no_token_count_is_refused_by_name(tokens: Any) -> None:
    with pytest.raises(Unfit, match=r"^tokens must be an integer") as caught:
        tokens_field({"tokens": tokens}, "tokens")
    assert len(str(caught.value)) < 120


def test_tokens_and_money_may_be_absent_or_null() -> None:
    assert [tokens_field(given, "n") for given in ({}, {"n": None}, {"n": 2**48})] == [0, 0, 2**48]
    assert [cost_field(given, "n") for given in ({}, {"n": None}, {"n": 5})] == [0, 0, 5_000_000_000]


def test_names_are_texts_and_session_ids_may_be_integers() -> None:
    assert name_field({"session": 17}, "session") == "17"
    unusable: list[Any] = [None, "", 1.5, True, [], "\ud800"]
    for value in unusable:
        with pytest.raises(Unfit, match=r"^session "):
            name_field({"session": value}, "session")
        with pytest.raises(Unfit, match=r"^tool "):
            text_field({"tool": value}, "tool")
    with pytest.raises(Unfit, match=r"^tool is missing"):
        text_field({}, "tool")

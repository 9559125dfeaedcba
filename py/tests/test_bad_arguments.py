"""Nonsense in every argument is an error that names it, and creates nothing (B27, G20, D7, D10, D21, D22)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import nonsense
from allotment import Enforcer, InvalidPolicy
from drive import state

if TYPE_CHECKING:
    from collections.abc import Callable

ARGUMENTS: dict[str, list[Any]] = {
    "agent": [*nonsense.NO_NAME, None],
    "tenant": nonsense.NO_NAME,
    "intent": nonsense.NO_INTENT,
    "tools": nonsense.NO_TOOLS,
    "calls": nonsense.NO_COUNT,
    "tokens": nonsense.NO_COUNT,
    "steps": nonsense.NO_COUNT,
    "discovered_steps": nonsense.NO_COUNT,
    "cost_usd": nonsense.NO_MONEY,
    "rate": nonsense.NO_RATE,
    "tokens_rate": nonsense.NO_RATE,
    "cost_rate": [
        "",
        "1",
        "-1/min",
        "x/min",
        "1/0s",
        "\x00",
        "99999999999/s",
        5,
        True,
        1.5,
        b"1/min",
        [],
        nonsense.Unshowable(),
    ],
    "time_limit": nonsense.NO_TIME,
    "sensitivity": nonsense.NO_LEVEL,
    "execution": nonsense.NO_EXECUTION,
    "air_gap": nonsense.NO_TRUTH,
}

RESTATED = ("rate", "tokens_rate", "cost_rate", "time_limit", "execution")
"""Arguments with parts or units: their errors show the part, or the time as it was understood."""

CASES = [(argument, index) for argument, values in ARGUMENTS.items() for index in range(len(values))]


def label(case: object) -> str:
    """A short name for a case, or for a value."""
    if isinstance(case, tuple) and len(case) == 2 and case[0] in ARGUMENTS:
        argument, index = case
        return f"{argument}-{index}-{label(ARGUMENTS[argument][index])}"
    if type(case) in (str, bytes, float) or (isinstance(case, int) and abs(case) < 2**70):
        return f"{str(case)[:16]!a}"
    return type(case).__name__


def refused(ask: Callable[[], object], argument: str) -> InvalidPolicy:
    """The error that the ask raises, whose parts and text have been checked."""
    with pytest.raises(InvalidPolicy) as caught:
        ask()
    error = caught.value
    assert argument in error.argument
    assert isinstance(error.value, str)
    assert error.problem
    text = str(error)
    assert error.argument in text
    assert error.value in text
    assert "\n" not in text
    assert "\x00" not in text
    assert len(text) < 600
    return error


def shown(value: Any) -> str | None:
    """How the error has to show the value, if it is one of the plain kinds."""
    if isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 2**70):
        return str(value).lower()
    if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) < 60:
        return value.lower()
    return None


@pytest.mark.parametrize("case", CASES, ids=label)
# B27, G20
def test_g20_b27_nonsense_is_an_error_that_names_it_and_creates_nothing(
    case: tuple[str, int], enforcer: Enforcer
) -> None:
    argument, index = case
    value = ARGUMENTS[argument][index]
    enforcer.create_session(agent="other", tools=["search"])
    before = state(enforcer)
    settings: dict[str, Any] = {"agent": "a", "tools": ["search"], argument: value}
    error = refused(lambda: enforcer.create_session(**settings), argument)
    if argument not in RESTATED:
        text = shown(value)
        assert text is None or text in error.value.lower()
    assert state(enforcer) == before


NUMBERS = ("calls", "tokens", "steps", "discovered_steps", "cost_usd", "time_limit")
WRONG_TYPES: list[Any] = [True, False, b"5", [], {}, object(), 1j]


@pytest.mark.parametrize("argument", [*NUMBERS, "agent", "tenant", "intent", "rate", "sensitivity"])
def test_a_wrong_type_is_a_type_error_too(argument: str, enforcer: Enforcer) -> None:
    for value in WRONG_TYPES:
        settings: dict[str, Any] = {"agent": "a", "tools": [], argument: value}
        with pytest.raises(TypeError) as caught:
            enforcer.create_session(**settings)
        assert isinstance(caught.value, InvalidPolicy)
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("argument", "value"), [("calls", -1), ("calls", 2**64), ("rate", "x"), ("agent", ""), ("tools", [""])]
)
def test_a_bad_value_of_the_right_type_is_no_type_error(
    enforcer: Enforcer, argument: str, value: Any
) -> None:
    settings: dict[str, Any] = {"agent": "a", "tools": [], argument: value}
    error = refused(lambda: enforcer.create_session(**settings), argument)
    assert not isinstance(error, TypeError)


@pytest.mark.parametrize("argument", ["calls", "tokens", "steps", "discovered_steps"])
def test_floats_never_count(enforcer: Enforcer, argument: str) -> None:
    for value in (0.0, 1.0, 5.0, float(2**40)):
        settings: dict[str, Any] = {"agent": "a", "tools": [], argument: value}
        assert isinstance(refused(partial(enforcer.create_session, **settings), argument), TypeError)


@pytest.mark.parametrize("argument", ["calls", "tokens", "steps", "discovered_steps"])
# G20
def test_g20_the_largest_budget_is_fine_and_one_more_is_not(enforcer: Enforcer, argument: str) -> None:
    largest: dict[str, Any] = {"agent": "a", "tools": [], argument: 2**48}
    assert enforcer.create_session(**largest).snapshot()[argument]["limit"] == 2**48
    refused(lambda: enforcer.create_session(**{**largest, argument: 2**48 + 1}), argument)


# G20
def test_g20_ten_thousand_tools_are_fine_and_one_more_is_not(enforcer: Enforcer) -> None:
    names = [f"tool-{index}" for index in range(10_001)]
    session = enforcer.create_session(agent="a", tools=names[1:])
    session.authorize("tool-10000")
    assert "10001" in refused(lambda: enforcer.create_session(agent="a", tools=names), "tools").value


# G20
def test_g20_names_and_intents_may_be_as_long_as_they_may_be(enforcer: Enforcer) -> None:
    shown = enforcer.create_session(
        agent="é" * 64, tenant="x" * 128, intent="read\n\tall " + "é" * 251, tools=["x" * 128]
    ).snapshot()
    assert (len(shown["agent"].encode()), len(shown["intent"].encode())) == (128, 512)


@pytest.mark.parametrize("tools", [nonsense.endless, nonsense.endless_names])
def test_a_list_of_tools_without_end_is_an_error(enforcer: Enforcer, tools: Callable[[], Any]) -> None:
    before = state(enforcer)
    refused(lambda: enforcer.create_session(agent="a", tools=tools()), "tools")
    assert state(enforcer) == before


def test_a_batch_without_end_is_an_error(enforcer: Enforcer) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    before = state(enforcer)
    refused(lambda: session.decide_batch(nonsense.endless()), "tools")
    refused(lambda: session.authorize_batch(nonsense.endless_names()), "tools")
    assert state(enforcer) == before


@pytest.mark.parametrize(
    "tools",
    [
        "search",
        "*",
        "",
        b"search",
        5,
        None,
        True,
        [5],
        [None],
        [b"search"],
        ["search", ["search"]],
        nonsense.Unshowable(),
    ],
)
def test_a_batch_has_to_be_a_list_of_names(enforcer: Enforcer, tools: Any) -> None:
    session = enforcer.create_session(agent="a", tools="*")
    before = state(enforcer)
    for ask in (session.decide_batch, session.authorize_batch):
        assert isinstance(refused(partial(ask, tools), "tools"), TypeError)
    assert isinstance(
        refused(lambda: enforcer.decide_batch(session.id, tools, agent="a"), "tools"), TypeError
    )
    assert state(enforcer) == before


@pytest.mark.parametrize("tool", [5, None, True, b"search", ["search"], 1.5, nonsense.Unshowable()])
def test_a_tool_has_to_be_a_name(enforcer: Enforcer, tool: Any) -> None:
    session = enforcer.create_session(agent="a", tools="*")
    before = state(enforcer)
    for ask in (session.authorize, session.decide, session.preview):
        with pytest.raises(TypeError):
            ask(tool)
    for by_id in (enforcer.authorize, enforcer.decide, enforcer.preview):
        with pytest.raises(TypeError):
            by_id(session.id, tool, agent="a")
    assert state(enforcer) == before


def too_much_for_a_budget(value: Any) -> bool:
    """Whether no budget can be as large, and a call may ask for it all the same."""
    return (type(value) is int and value in (2**48 + 1, 2**63, 20_000_000)) or (
        type(value) is Decimal and repr(value) == "Decimal('18014398.6')"
    )


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("tokens", nonsense.NO_COUNT),
        ("steps", nonsense.NO_COUNT),
        ("discovered_steps", nonsense.NO_COUNT),
        ("cost_usd", nonsense.NO_MONEY),
    ],
)
# D21, D22
def test_d21_d22_nonsense_usage_is_an_error_and_charges_nothing(
    enforcer: Enforcer, argument: str, values: list[Any]
) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    before = state(enforcer)
    for value in values:
        if too_much_for_a_budget(value):
            continue
        by_id = [
            partial(ask, session.id, agent="a")
            for ask in (enforcer.authorize, enforcer.decide, enforcer.preview)
        ]
        for ask in (session.authorize, session.decide, session.preview, *by_id):
            refused(partial(ask, tool="search", **{argument: value}), argument)
        for step in (session.step, session.decide_step):
            refused(partial(step, **{argument: value}), argument)
        assert state(enforcer) == before, value


KINDS = ("tokens", "steps", "discovered_steps", "input_tokens", "output_tokens", "cached_tokens")


@pytest.mark.parametrize("argument", [*KINDS, "cost_usd"])
# D21, D22
def test_d21_d22_nonsense_that_is_reserved_or_recorded_is_an_error_and_charges_nothing(
    enforcer: Enforcer, argument: str
) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    hold = session.reserve(tokens=1)
    before = state(enforcer)
    for value in nonsense.NO_MONEY if argument == "cost_usd" else nonsense.NO_COUNT:
        if too_much_for_a_budget(value):
            continue
        for use in (session.reserve, session.record, hold.settle, hold.progress):
            refused(partial(use, **{argument: value}), argument)
        assert state(enforcer) == before, value
    assert not hold.ended


@pytest.mark.parametrize("value", nonsense.NO_COUNT, ids=label)
# D22
def test_d22_memory_is_a_number_of_bytes(enforcer: Enforcer, value: Any) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    before = state(enforcer)
    if not too_much_for_a_budget(value):
        refused(lambda: session.observe_memory(value), "bytes")
    assert state(enforcer) == before


@pytest.mark.parametrize("value", [None, *nonsense.NO_TIME], ids=label)
# E17
def test_e17_a_step_takes_a_time(enforcer: Enforcer, value: Any) -> None:
    session = enforcer.create_session(agent="a", tools=["search"])
    short = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10**7
    if not short:
        for begin in (session.step_timer, enforcer.step_timer):
            refused(partial(begin, value), "seconds")


@pytest.mark.parametrize("tokens", [2**48 + 1, 2**55 - 1, 2**55, 2**63, 2**64 - 1])
# D22
def test_d22_usage_above_every_budget_is_denied_or_refused_and_never_wraps(
    enforcer: Enforcer, tokens: int
) -> None:
    session = enforcer.create_session(agent="a", tools=["search"], tokens=2**48)
    before = session.snapshot()["tokens"]
    try:
        assert not session.decide("search", tokens=tokens).allowed
    except InvalidPolicy as error:
        assert error.argument == "tokens"
    assert session.snapshot()["tokens"] == before

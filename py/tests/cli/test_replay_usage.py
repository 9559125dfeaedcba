"""What a trace tells of a call besides its tool: arguments, tokens by kind, and what its session declares."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_samples import Write, assistant, record

from allotment._canonical import canonical
from allotment.cli.errors import TraceError, Unfit
from allotment.cli.trace.arguments import digest
from allotment.cli.trace.calls import UNKNOWN_KINDS, Call, Trace
from allotment.cli.trace.formats import read_trace
from allotment.cli.trace.usage import of_message, of_record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def read(*paths: str) -> Trace:
    return read_trace(paths, "agent", lambda _: None)


def calling(name: str, arguments: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": arguments}}]}


@given(st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), JSON))
def test_digests_are_equal_where_the_engine_sees_equal_arguments(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))
    exact = json.loads(json.dumps(one), parse_float=Decimal)
    assert digest(exact) == digest(one) == digest(json.dumps(one, indent=2))


def test_arguments_are_told_apart_by_value_and_not_by_layout() -> None:
    assert digest('{"a": 1, "b": [2]}') == digest('{"b":[2],"a":1}') == digest({"a": 1, "b": [2]})
    assert digest({"x": Decimal("1.50")}) == digest({"x": 1.5})
    different = ["", "ls", "ls -l", {}, [], 0, False, 1, {"x": 1}, {"x": "1"}, {"x": 1.0}, {"x": True}]
    assert len({digest(arguments) for arguments in different}) == len(different)
    assert digest(None) is None


def test_hostile_arguments_have_a_digest_too() -> None:
    deep = "[" * 100_000
    for arguments in (deep, deep + "]" * 100_000, '"\\ud800"', "9" * 5000, "1e999", "NaN", "{"):
        assert digest(arguments) == digest(arguments) != digest("x")


def test_every_shape_of_call_carries_its_arguments(write: Write) -> None:
    legacy = {"role": "assistant", "function_call": {"name": "t", "arguments": '{"q": 1}'}}
    custom = {"role": "assistant", "tool_calls": [{"custom": {"name": "t", "input": "ls"}}]}
    silent = {"role": "assistant", "tool_calls": [{"function": {"name": "t"}}]}
    chat = [calling("t", '{"q":1}'), calling("t", {"q": 1}), legacy, custom, silent]
    found = [call.arguments for call in read(write(json.dumps(chat))).calls]
    assert found == [digest({"q": 1})] * 3 + [digest("ls"), None]
    records = [record(arguments={"q": 1}), record(args={"q": 1}), record(arguments='{"q": 1}'), record()]
    found = [call.arguments for call in read(write(records)).calls]
    assert found == [digest({"q": 1})] * 3 + [None]


def test_equal_arguments_and_unknown_kinds_are_held_once(write: Write) -> None:
    """So that a trace of millions of calls fits in memory."""
    calls = read(write([record(ts=number, arguments={"q": 1}) for number in range(50)])).calls
    assert len({id(call.arguments) for call in calls}) == 1
    assert all(call.kinds is UNKNOWN_KINDS for call in calls)
    assert not hasattr(Call(0, "t", 0, 0, 0), "__dict__")


@pytest.mark.parametrize(
    ("usage", "tokens", "kinds"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, 15, (10, 5, 0)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 20}, 20, (10, 5, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 8}}, 10, (2, 0, 8)),
        ({"input_tokens": 10, "input_tokens_details": {"cached_tokens": 10}}, 10, (0, 0, 10)),
        ({"input_tokens": 1, "cache_read_input_tokens": 6, "cache_creation_input_tokens": 2}, 9, (3, 0, 6)),
        ({"total_tokens": 7}, 7, (0, 0, 0)),
        ({"prompt_tokens": 4, "prompt_tokens_details": None, "completion_tokens": None}, 4, (4, 0, 0)),
        ({}, 0, (0, 0, 0)),
        (None, 0, (0, 0, 0)),
    ],
    ids=str,
)
def test_usage_of_a_message_by_kind(usage: Any, tokens: int, kinds: tuple[int, int, int]) -> None:
    found = of_message(usage)
    assert (found.tokens, found.kinds) == (tokens, kinds)
    assert (found.kinds is UNKNOWN_KINDS) == (not any(kinds))


@pytest.mark.parametrize(
    ("usage", "what"),
    [
        (
            {"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
            "cached_tokens must not be above",
        ),
        (
            {"prompt_tokens": 3, "prompt_tokens_details": 4},
            "prompt_tokens_details must be an object, found 4",
        ),
        ({"input_tokens": -1}, "input_tokens must be an integer from 0"),
        ({"cache_read_input_tokens": "8"}, "cache_read_input_tokens must be an integer from 0"),
    ],
    ids=str,
)
def test_usage_that_cannot_be_is_refused_by_name(usage: Any, what: str) -> None:
    with pytest.raises(Unfit, match=f"^{what}"):
        of_message(usage)


def test_tokens_of_a_record_are_all_tokens() -> None:
    kinds = {"input_tokens": 5, "output_tokens": 2, "cached_tokens": 9}
    assert of_record(kinds) == (16, (5, 2, 9), 0)
    assert of_record({**kinds, "tokens": 20, "cost_usd": "0.1"}) == (20, (5, 2, 9), 100_000_000)
    assert of_record({"tokens": 4}) == (4, (0, 0, 0), 0)
    with pytest.raises(Unfit, match=r"^tokens must be all tokens, so not below the 16 .* found 15"):
        of_record({**kinds, "tokens": 15})


def test_a_record_with_a_model_and_no_tool_is_a_model_call(write: Write) -> None:
    model = {"session": "s1", "agent": "agent-7", "model": "m", "ts": 1, "input_tokens": 3}
    trace = read(write([record(), model, {**model, "tool": None, "ts": 2}, record(ts=3, model="m")]))
    assert [call.tool for call in trace.calls] == ["search", None, None, "search"]
    assert trace.files[0].calls == 2


def test_the_first_record_that_declares_something_holds(write: Write) -> None:
    trace = read(
        write(
            [
                record(),
                record("s2", ts=0, intent="", tenant=7),
                record(ts=1, intent="read", tenant="acme"),
                record(ts=2, intent="delete", tenant="other", sensitivity="public"),
            ]
        )
    )
    found = [
        (session.name, session.intent, session.tenant, session.sensitivity) for session in trace.sessions
    ]
    assert found == [("s1", "read", "acme", "public"), ("s2", None, "7", None)]


def test_a_conversation_may_declare_too(write: Write) -> None:
    chat = {"messages": [assistant("a")], "intent": "read", "tenant": "acme", "sensitivity": "restricted"}
    (session, bare) = read(write([chat, {"messages": [assistant("a")]}])).sessions
    assert (session.intent, session.tenant, session.sensitivity) == ("read", "acme", "restricted")
    assert (bare.intent, bare.tenant, bare.sensitivity) == (None, None, None)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"intent": 5}, "intent must be a text of at most 512 bytes, found 5"),
        ({"intent": "ü" * 257}, "intent must be a text of at most 512 bytes"),
        ({"tenant": ""}, "tenant must be a text that is not empty"),
        ({"tenant": "a" * 129}, "tenant must be 1 to 128 printable bytes"),
        ({"tenant": "a\nb"}, "tenant must be 1 to 128 printable bytes, found 'a\\\\nb'"),
        (
            {"sensitivity": "secret"},
            "sensitivity must be public, internal, confidential or restricted, found",
        ),
        ({"sensitivity": 1}, "sensitivity must be public"),
        ({"input_tokens": -1}, "input_tokens must be an integer"),
        ({"cached_tokens": 1.5}, "cached_tokens must be an integer"),
        ({"tool": None, "model": 4}, "model must be a text"),
        ({"tool": None, "model": None}, "tool must be a text"),
    ],
    ids=str,
)
def test_what_a_record_cannot_say_is_named_with_its_line(
    write: Write, more: dict[str, Any], what: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read(write([record(), record(ts=1) | more]))
    assert caught.value.line == 2
    assert what in caught.value.what


@pytest.mark.parametrize("declared", [{"intent": 5}, {"tenant": ""}, {"sensitivity": "secret"}], ids=str)
def test_what_a_conversation_cannot_declare_is_named_with_its_line(
    write: Write, declared: dict[str, Any]
) -> None:
    with pytest.raises(TraceError, match=f":2: {next(iter(declared))} must be"):
        read(write([{"messages": []}, {"messages": [], **declared}]))

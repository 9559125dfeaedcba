"""Formats are told by content, and all of them come to the same sessions and calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from replay_samples import Write, assistant, burst, conversation, record

from allotment.cli.errors import TraceError
from allotment.cli.trace.calls import Trace
from allotment.cli.trace.formats import read_trace

CONVERSATIONS = [conversation("search", "search", "book"), conversation(), conversation("refund")]


def read(*paths: str) -> Trace:
    return read_trace(paths, "agent", lambda _: None)


def calls(trace: Trace) -> list[tuple[int, str]]:
    return [(call.session, call.tool) for call in trace.calls]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"task_id": 1, "traj": messages} for messages in CONVERSATIONS]),
        json.dumps([{"traj": messages} for messages in CONVERSATIONS], indent=2),
        json.dumps([{"messages": messages} for messages in CONVERSATIONS]),
        json.dumps(CONVERSATIONS),
        json.dumps(CONVERSATIONS, indent=1),
        "\n".join(map(json.dumps, CONVERSATIONS)),
        "\n".join(json.dumps({"messages": messages}) for messages in CONVERSATIONS),
    ],
    ids=[
        "tau-bench",
        "tau-bench printed",
        "messages",
        "lists",
        "lists printed",
        "JSONL lists",
        "JSONL messages",
    ],
)
@pytest.mark.parametrize("name", ["trace.json", "trace.jsonl", "trace"])
def test_every_layout_of_conversations_reads_the_same(write: Write, text: str, name: str) -> None:
    trace = read(write(text, name))
    assert calls(trace) == [(0, "search"), (0, "search"), (0, "book"), (2, "refund")]
    assert [session.name for session in trace.sessions] == ["trace#1", "trace#2", "trace#3"]
    assert not any(session.timed for session in trace.sessions)
    assert (trace.files[0].format, trace.files[0].sessions, trace.files[0].calls) == ("messages", 3, 4)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrapped", [False, True])
def test_one_conversation_alone_is_one_session(write: Write, indent: int | None, wrapped: bool) -> None:
    messages = conversation("search", "book")
    trace = read(write(json.dumps({"messages": messages} if wrapped else messages, indent=indent)))
    assert (len(trace.sessions), calls(trace)) == (1, [(0, "search"), (0, "book")])


def test_parallel_calls_legacy_calls_and_custom_tools_are_calls(write: Write) -> None:
    custom = {
        "role": "assistant",
        "tool_calls": [{"type": "custom", "custom": {"name": "shell", "input": "ls"}}],
    }
    legacy = {"role": "assistant", "content": None, "function_call": {"name": "old", "arguments": "{}"}}
    silent = [
        {"role": "assistant", "content": "no", "tool_calls": None},
        {"role": "assistant", "tool_calls": []},
    ]
    answer = {"role": "tool", "tool_calls": "not looked at", "content": "x"}
    trace = read(write(json.dumps([assistant("a", "b"), custom, legacy, *silent, answer])))
    assert [tool for _, tool in calls(trace)] == ["a", "b", "shell", "old"]


def test_usage_belongs_to_the_first_call_of_its_message(write: Write) -> None:
    messages = [
        assistant("a", "b", usage={"prompt_tokens": 10, "completion_tokens": 5}),
        assistant("c", usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 7}),
        assistant("d"),
        {"role": "assistant", "content": "bye", "usage": {"total_tokens": 100}},
    ]
    trace = read(write(json.dumps(messages)))
    assert [(call.tool, call.tokens) for call in trace.calls] == [
        *(("a", 15), ("b", 0), ("c", 7), ("d", 0)),
        (None, 100),
    ], "the last is a model call of its own"
    assert [call.kinds for call in trace.calls[:3]] == [(10, 5, 0), (0, 0, 0), (1, 1, 0)]
    assert trace.files[0].calls == 4


def test_a_conversation_may_name_its_session_and_agent(write: Write) -> None:
    value = {"session": "s-9", "agent": "planner", "messages": conversation("a")}
    trace = read_trace([write([value, {"messages": []}])], "somebody", lambda _: None)
    assert [(session.name, session.agent) for session in trace.sessions] == [
        ("s-9", "planner"),
        ("trace#2", "somebody"),
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_call_records_read_the_same_as_jsonl_and_as_an_array(write: Write, indent: int | None) -> None:
    records = [
        record("s1", "a", 1),
        record("s2", "b", "1970-01-01T00:00:02Z"),
        record("s1", "c", 3, tokens=5, cost_usd="0.1"),
    ]
    lines, array = read(write(records)), read(write(json.dumps(records, indent=indent), "array"))
    assert lines.calls == array.calls
    assert [(call.session, call.tool, call.ts_ns) for call in lines.calls] == [
        (0, "a", 1_000_000_000),
        (1, "b", 2_000_000_000),
        (0, "c", 3_000_000_000),
    ]
    assert (lines.calls[2].tokens, lines.calls[2].cost_nano_usd) == (5, 100_000_000)
    assert all(session.timed for session in lines.sessions)


def test_a_session_belongs_to_its_file(write: Write) -> None:
    trace = read(write(burst("s1", 2), "one"), write(burst("s1", 3), "two"))
    assert len(trace.sessions) == 2
    assert [session for session, _ in calls(trace)] == [0, 0, 1, 1, 1]


def test_where_a_session_begins_is_remembered(write: Write) -> None:
    trace = read(write(burst("s1", 2) + burst("s2", 1)))
    assert [session.line for session in trace.sessions] == [1, 3]


UNUSABLE: list[tuple[list[Any] | str, int | None, str]] = [
    ([{"hello": 1}], 1, "unknown format"),
    ("[1, 2]", 1, "unknown format"),
    ('"text"', 1, "unknown format"),
    ([["a"]], 1, "unknown format"),
    ("[]", None, "nothing to replay"),
    ([record(), {"messages": []}], 2, "expected a call record as before, found chat messages"),
    ([{"messages": []}, record()], 2, "expected chat messages as before, found a call record"),
    ([record(), {"other": 1}], 2, "found an object with 'other'"),
    ([record(), {**record(), "tool": None}], 2, "tool must be"),
    ([{"session": "s", "agent": "a", "ts": 1}], 1, "tool is missing"),
    ([{"session": "s", "agent": "a", "tool": "t"}], 1, "ts is missing"),
    ([{"session": "s", "ts": 1, "tool": "t"}], 1, "agent is missing"),
    ([record(), {**record(), "agent": "other"}], 2, "a session has one agent"),
    ([record(), record(cost_usd=-1)], 2, "cost_usd must be"),
    (
        [conversation("a"), [{"role": "assistant", "tool_calls": 5}]],
        2,
        "message 1: tool_calls must be a list",
    ),
    ([conversation("a"), [{"role": "user"}, "text"]], 2, "message 2: a chat message must be an object"),
    (
        [[{"role": "assistant", "tool_calls": [{"function": {}}]}], []],
        1,
        "message 1: tool call 1: name is missing",
    ),
    ([[{"role": "assistant", "tool_calls": [7]}], []], 1, "tool call 1: must be an object"),
    ([[assistant("a", usage=5)], []], 1, "message 1: usage must be an object"),
    ([[assistant("a", usage={"total_tokens": -5})], []], 1, "total_tokens must be"),
    ([[{"role": "assistant", "function_call": "f"}], []], 1, "function_call must be an object"),
    ([[{"role": "user"}, {"content": "x"}], []], 1, "message 2: role is missing"),
    ('[\n{"traj": []},\n{"traj": [{"role": 1}]}\n]', 3, "message 1: role must be"),
]


@pytest.mark.parametrize(
    ("content", "line", "what"), UNUSABLE, ids=[str(number) for number in range(len(UNUSABLE))]
)
def test_what_cannot_be_used_is_named_with_its_line(
    write: Write, content: list[Any] | str, line: int | None, what: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read(write(content))
    assert caught.value.line == line
    assert what in caught.value.what

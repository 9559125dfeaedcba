"""OpenAI chat messages: which tools a conversation called, in order.

A call is an entry of an assistant message's ``tool_calls`` (functions and custom tools) or its legacy
``function_call``. The ``usage`` of an assistant message belongs to its first call; usage of a message without
calls is not counted, because no decision was asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allotment.cli.errors import Unfit
from allotment.cli.trace.fields import shown, text_field, tokens_field


@dataclass(frozen=True, slots=True)
class MessageCall:
    """One tool call of a conversation."""

    tool: str
    tokens: int


def calls_of(messages: list[Any]) -> Iterator[MessageCall]:
    """The calls of one conversation. Raises `Unfit`, naming the message (from 1), for a wrong shape."""
    for number, message in enumerate(messages, 1):
        try:
            yield from _calls_of_message(message)
        except Unfit as error:
            raise Unfit(f"message {number}: {error}") from None


def is_message(value: object) -> bool:
    """Whether `value` looks like one chat message."""
    return isinstance(value, Mapping) and "role" in value


def _calls_of_message(message: object) -> Iterator[MessageCall]:
    if not isinstance(message, Mapping):
        raise Unfit(f"a chat message must be an object, found {shown(message)}")
    if text_field(message, "role") != "assistant":
        return
    tokens = _tokens(message.get("usage"))
    for tool in _tools(message):
        yield MessageCall(tool, tokens)
        tokens = 0


def _tools(message: Mapping[str, Any]) -> Iterator[str]:
    calls = message.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise Unfit(f"tool_calls must be a list, found {shown(calls)}")
        for number, call in enumerate(calls, 1):
            try:
                yield _called(call)
            except Unfit as error:
                raise Unfit(f"tool call {number}: {error}") from None
    legacy = message.get("function_call")
    if legacy is not None:
        yield _name(legacy, "function_call")


def _called(call: object) -> str:
    if not isinstance(call, Mapping):
        raise Unfit(f"must be an object, found {shown(call)}")
    kind = "custom" if "custom" in call and "function" not in call else "function"
    return _name(call.get(kind), kind)


def _name(named: object, where: str) -> str:
    if not isinstance(named, Mapping):
        raise Unfit(f"{where} must be an object with a name, found {shown(named)}")
    return text_field(named, "name")


def _tokens(usage: object) -> int:
    if usage is None:
        return 0
    if not isinstance(usage, Mapping):
        raise Unfit(f"usage must be an object, found {shown(usage)}")
    if usage.get("total_tokens") is not None:
        return tokens_field(usage, "total_tokens")
    return tokens_field(usage, "prompt_tokens") + tokens_field(usage, "completion_tokens")

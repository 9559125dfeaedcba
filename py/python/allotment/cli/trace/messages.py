"""OpenAI chat messages: which tools a conversation called, in order, and what its models used.

A call is an entry of an assistant message's ``tool_calls`` (functions and custom tools) or its legacy
``function_call``. The ``usage`` of an assistant message belongs to its first call; that of a message without
calls is a model call of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allotment.cli.errors import Unfit
from allotment.cli.trace.arguments import digest
from allotment.cli.trace.fields import shown, text_field
from allotment.cli.trace.usage import UNUSED, Used, of_message


@dataclass(frozen=True, slots=True)
class MessageCall:
    """One call of a conversation; `tool` is None for a model that called none."""

    tool: str | None
    used: Used
    arguments: bytes | None


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
    used = of_message(message.get("usage"))
    for tool, arguments in _tools(message):
        yield MessageCall(tool, used, digest(arguments))
        used = UNUSED
    if used.tokens:
        yield MessageCall(None, used, None)


def _tools(message: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Each tool that is called, with its arguments as they stand there."""
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
        yield _named(legacy, "function_call", "arguments")


def _called(call: object) -> tuple[str, object]:
    if not isinstance(call, Mapping):
        raise Unfit(f"must be an object, found {shown(call)}")
    if "custom" in call and "function" not in call:
        return _named(call.get("custom"), "custom", "input")
    return _named(call.get("function"), "function", "arguments")


def _named(called: object, where: str, arguments: str) -> tuple[str, object]:
    if not isinstance(called, Mapping):
        raise Unfit(f"{where} must be an object with a name, found {shown(called)}")
    return text_field(called, "name"), called.get(arguments)

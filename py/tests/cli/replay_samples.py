"""Small traces for the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
Write = Callable[..., str]


def record(session: str = "s1", tool: str = "search", ts: Any = 0, **more: Any) -> dict[str, Any]:
    """One call record."""
    return {"session": session, "agent": "agent-7", "tool": tool, "ts": ts, **more}


def burst(
    session: str, count: int, tool: str = "search", start: float = 0, gap: float = 1, **more: Any
) -> list[Any]:
    """`count` call records of one session, `gap` seconds apart."""
    return [record(session, tool, start + gap * number, **more) for number in range(count)]


def assistant(*tools: str, **more: Any) -> dict[str, Any]:
    """An assistant message that calls `tools`."""
    calls = [{"id": "c", "type": "function", "function": {"name": tool, "arguments": "{}"}} for tool in tools]
    return {"role": "assistant", "content": None, "tool_calls": calls, **more}


def conversation(*tools: str) -> list[dict[str, Any]]:
    """Chat messages in which each of `tools` is called once, in a message of its own."""
    return [{"role": "user", "content": "Please."}, *(assistant(tool) for tool in tools)]

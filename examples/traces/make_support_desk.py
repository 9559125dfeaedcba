"""Write ``support-desk.jsonl``, a small trace of call records, made up: a support desk with twelve sessions.

Nine sessions do their work. Three go wrong, each in a way that another limit catches:

* ``ticket-1004`` repeats the same search every two seconds or so (a rate);
* ``ticket-1007`` reads orders for ever, slowly (a budget of calls);
* ``ticket-1010`` pays the same refund again and again (a cap on one tool).

Run it from anywhere; the output is the same each time. Only `Random.random` is drawn from, because its
sequence for a given seed is the same in every version of Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

OUTPUT = Path(__file__).with_name("support-desk.jsonl")

_START = datetime(2025, 3, 3, 9, 0, tzinfo=timezone.utc)
_WORK = ("find_customer", "list_orders", "read_order", "search_articles", "check_refund_policy")
_END = ("send_reply", "close_ticket")
_NANO_USD_PER_TOKEN = 2_500


def records() -> list[dict[str, Any]]:
    """All call records, in order of time."""
    draw = Random(20250303)
    found: list[dict[str, Any]] = []
    for number in range(1, 13):
        found += _session(f"ticket-{1000 + number}", f"support-{1 + number % 3}", _tools(number, draw), draw)
    return sorted(found, key=lambda record: (record["ts"], record["session"]))


def main() -> None:
    """Write the trace."""
    OUTPUT.write_text("".join(json.dumps(record) + "\n" for record in records()), encoding="utf-8")


def _tools(number: int, draw: Random) -> list[tuple[str, float]]:
    """The tools that a session calls, each with the seconds that it waits before the call, on average."""
    if number == 4:
        return [("find_customer", 9.0), *[("search_articles", 2.0)] * 33]
    if number == 7:
        return [("find_customer", 9.0), ("list_orders", 9.0), *[("read_order", 9.0)] * 23]
    if number == 10:
        return [*_some(3, draw), *[("refund", 12.0)] * 4, *((tool, 12.0) for tool in _END)]
    refunds = [("refund", 14.0)] if number % 4 == 1 else []
    return [*_some(2 + int(draw.random() * 3), draw), *refunds, *((tool, 14.0) for tool in _END)]


def _some(count: int, draw: Random) -> Iterator[tuple[str, float]]:
    yield "find_customer", 10.0
    for _ in range(count - 1):
        yield _WORK[1 + int(draw.random() * (len(_WORK) - 1))], 12.0


def _session(
    session: str, agent: str, tools: Sequence[tuple[str, float]], draw: Random
) -> Iterator[dict[str, Any]]:
    now = _START + timedelta(milliseconds=int(draw.random() * 600_000))
    for tool, wait in tools:
        now += timedelta(milliseconds=int(wait * 1000 * (0.8 + 0.4 * draw.random())))
        tokens = 300 + int(draw.random() * 1500)
        yield {
            "session": session,
            "agent": agent,
            "tool": tool,
            "ts": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "args": {"ticket": session},
            "tokens": tokens,
            "cost_usd": tokens * _NANO_USD_PER_TOKEN / 1e9,
        }


if __name__ == "__main__":
    main()

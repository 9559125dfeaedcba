"""Write ``research-agents.jsonl``, a small trace of call records, made up: agents that say what they are for.

Every session declares an intent and a tenant, every tool call its arguments, and every model call its tokens
by kind. Of ten sessions seven do their work. Three go wrong, each in a way that only its own kind of limit
sees:

* ``report-3`` fetches the same page again and again, with pauses as long as anyone's (repetitions);
* ``report-6`` is there to read and compare, and deletes what it has read (drift from its intent);
* ``report-9`` makes no more calls than others, and hands its model ever longer prompts (tokens).

Run it from anywhere; the output is the same each time. Only `Random.random` is drawn from, because its
sequence for a given seed is the same in every version of Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

OUTPUT = Path(__file__).with_name("research-agents.jsonl")

_START = datetime(2025, 6, 2, 8, 0, tzinfo=timezone.utc)
_MODEL = "small-model"
_NANO_USD_PER_TOKEN = {"input_tokens": 250, "output_tokens": 2_000, "cached_tokens": 25}


def records() -> list[dict[str, Any]]:
    """All call records, in order of time."""
    draw = Random(20250602)
    found: list[dict[str, Any]] = []
    for number in range(1, 11):
        found += _session(number, draw)
    return sorted(found, key=lambda record: (record["ts"], record["session"]))


def main() -> None:
    """Write the trace."""
    OUTPUT.write_text("".join(json.dumps(record) + "\n" for record in records()), encoding="utf-8")


def _calls(number: int, draw: Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tools that a session calls, with their arguments."""
    topic = f"topic-{number}"
    pages = [f"https://example.com/{topic}/{page}" for page in range(1, 5 + int(draw.random() * 3))]
    yield "search_web", {"query": topic}
    for page in pages:
        yield "fetch_page", {"url": page}
    if number == 3:
        for _ in range(6):
            yield "fetch_page", {"url": pages[-1]}
    if number == 6:
        for page in pages[:3]:
            yield "delete_note", {"url": page}
    yield "list_notes", {"topic": topic}


def _session(number: int, draw: Random) -> Iterator[dict[str, Any]]:
    session = f"report-{number}"
    about = {"session": session, "agent": f"researcher-{1 + number % 2}"}
    declared: dict[str, Any] = {
        "intent": "search and read pages, and list what they say",
        "tenant": ("acme", "globex")[number % 2],
        "sensitivity": "internal",
    }
    now = _START + timedelta(milliseconds=int(draw.random() * 900_000))
    prompt = 600
    for tool, arguments in _calls(number, draw):
        now += timedelta(milliseconds=int(4000 * (0.8 + 0.4 * draw.random())))
        tokens = {
            "input_tokens": 200 + int(draw.random() * 400),
            "output_tokens": 40 + int(draw.random() * 80),
            "cached_tokens": prompt,
        }
        yield {**about, **declared, "model": _MODEL, "ts": _iso(now), **tokens, "cost_usd": _price(tokens)}
        declared = {}
        prompt = prompt * 3 if number == 9 else prompt + tokens["input_tokens"] // 4
        now += timedelta(milliseconds=int(6000 * (0.8 + 0.4 * draw.random())))
        yield {**about, "tool": tool, "ts": _iso(now), "arguments": arguments}


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _price(tokens: dict[str, int]) -> str:
    nano_usd = sum(count * _NANO_USD_PER_TOKEN[kind] for kind, count in tokens.items())
    return f"{nano_usd // 10**9}.{nano_usd % 10**9:09}"


if __name__ == "__main__":
    main()

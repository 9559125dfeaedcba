"""Figures that nobody measured, of every kind that the report reads, under which each bound is met."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

ROUNDS = 21

RUST = {
    "floor/clock": 9.1, "floor/compare_and_swap": 8.4, "floor/tool": 3.2, "floor/all": 22.0, "floor/papaya": 11.0,
    "floor/all_by_id": 34.0, "floor/all_by_id_100000": 71.0, "floor/all_by_id_1000000": 160.0,
    "floor/all_2": 31.0, "floor/all_3": 40.0,
    "decision/handle": 24.0, "decision/agent": 38.0, "decision/agent_tenant": 53.0,
    "decision/id_1": 36.0, "decision/id_1000": 40.0, "decision/id_100000": 83.0, "decision/id_1000000": 190.0,
    "chain/child_1": 45.0, "chain/child_2": 60.0, "chain/child_3": 76.0, "chain/child_4": 91.0,
    "batch/1": 30.0, "batch/4": 52.0, "batch/16": 140.0,
    "reserve/settle": 95.0, "reserve/release": 88.0, "reserve/record": 41.0,
    "denied/tool": 12.0, "denied/exhausted": 31.0, "denied/unknown_session": 15.0,
    "lifecycle/create_close": 1_450.0, "lifecycle/delegate": 1_210.0,
    "keyed/known": 29.0, "keyed/known_1000": 34.0, "keyed/new": 310.0,
    "threads/one": 24.0, "threads/two_apart": 24.6, "threads/two_same": 121.0, "threads/two_same_agent": 143.0,
    "threads/id_two_apart": 43.0,
}  # fmt: skip

PEERS = {
    "allotment/handle": 24.0, "allotment/agent": 38.0, "allotment/id_1000": 40.0, "allotment/tools_1000": 26.0,
    "allotment/handle_two_apart": 24.6, "allotment/handle_two_same": 121.0, "allotment/keyed_1000": 34.0,
    "arbiter/use_session": 238.0, "arbiter/two_apart": 1_010.0, "arbiter/tools_1000": 31_400.0,
    "enact/check_and_record": 328.0, "chio/agent_session": 146.0, "limitador/memory": 2_257.0,
    "governor/direct": 14.0, "governor/direct_two": 109.0, "governor/keyed_1000": 50.0, "governor/keyed_str_1000": 61.0,
    "mutex/one": 19.0, "mutex/two_apart": 19.8, "mutex/two_same": 96.0, "mutex/id_1000": 52.0,
}  # fmt: skip

PYTHON = {
    "python/noop": 15.0, "python/authorize": 31.0, "python/decide": 74.0, "python/authorize_by_id": 59.0,
    "python/reserve_settle": 288.0, "python/guard": 214.0, "python/bare_function": 27.0,
    "python/authorize_in_coroutine": 33.0, "python/keyed_limiter": 48.0, "python/decide_denied": 131.0,
    "python/pure": 344.0, "python/limits": 2_490.0, "python/pyrate_limiter": 4_310.0, "python/aiolimiter": 590.0,
    "python/langchain_rate_limiter": 540.0, "python/langchain_tool_call_limit": 1_020.0,
    "python/authorize_two_apart": 63.0, "python/authorize_two_same": 66.0, "python/pure_two_apart": 705.0,
    "python/empty_loop": 6.0,
}  # fmt: skip

GROWTH = {
    "sweep of k expired among 1,000,000": {1: 900, 1_000: 410_000, 100_000: 44_000_000},
    "sweep of 1,000 expired among n": {10_000: 350_000, 100_000: 380_000, 1_000_000: 410_000},
    "counting an agent's active sessions": {1: 8.1, 1_000: 8.2, 100_000: 8.2, 1_000_000: 8.3},
}


def two_threads(name: str) -> bool:
    """Whether the subject of this name runs in two threads."""
    return "two" in name


def subjects(times: dict[str, float], seed: int, *, factor: float = 1.0) -> dict[str, Any]:
    """Rounds around ``times``; a slow round is slow for all its subjects, as on a machine that others use."""
    chance = random.Random(seed)
    slow = [1.0 + (0.4 if chance.random() < 0.2 else 0.0) for _ in range(ROUNDS)]
    return {
        "subjects": [
            {
                "name": name,
                "threads": 2 if two_threads(name) else 1,
                "ns": [factor * ns * round_ * chance.uniform(0.99, 1.03) for round_ in slow],
            }
            for name, ns in times.items()
        ]
    }


def everything() -> dict[str, Any]:
    """The content of each file by its name."""
    chance = random.Random(7)
    free = {name: ns / 2 if two_threads(name) else ns for name, ns in PYTHON.items()}
    return {
        "rust": subjects(RUST, 1),
        "peers": subjects(PEERS, 2),
        "python": subjects(PYTHON, 3) | {"python": "3.11.9"},
        "python_free_threaded": subjects(free, 4, factor=1.2) | {"python": "3.13.5t"},
        "growth": [
            {"what": what, "x": x, "ns": [ns * chance.uniform(0.97, 1.06) for _ in range(ROUNDS)]}
            for what, points in GROWTH.items()
            for x, ns in points.items()
        ],
        "memory": [
            {"what": "shared tools: created", "sessions": 1_000_000, "heap_bytes_per_session": 481.2,
             "resident_bytes": 540 << 20},
            {"what": "own tools: created", "sessions": 1_000_000, "heap_bytes_per_session": 1_120.0,
             "resident_bytes": 1_160 << 20},
        ],
        "overshoot": [
            {"system": "allotment", "what": "8 threads, one session", "limit": 1_000, "admitted": 1_000},
            {"system": "another", "what": "8 threads, one session", "limit": 1_000, "admitted": 1_017},
        ],
        "instructions": {"handle": 96, "agent": 171, "by id": 148},
    }  # fmt: skip


def write(folder: Path, files: dict[str, Any]) -> None:
    """Write them as the measuring programs do."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")

"""Figures that nobody measured, of every kind that the report reads, under which each bound is met."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import tomli

ROUNDS = 21

TIMES = tomli.loads((Path(__file__).parent / "times.toml").read_text(encoding="utf-8"))


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
    free = {name: ns / 2 if two_threads(name) else ns for name, ns in TIMES["python"].items()}
    return {
        "rust": subjects(TIMES["rust"], 1),
        "peers": subjects(TIMES["peers"], 2),
        "python": subjects(TIMES["python"], 3),
        "python_free_threaded": subjects(free, 4, factor=1.2),
        "growth": [
            {"what": what, "x": int(x), "ns": [ns * chance.uniform(0.97, 1.06) for _ in range(ROUNDS)]}
            for what, points in TIMES["growth"].items()
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

"""On what and from what it was measured: noted by ``benches/run`` when a step runs, told by the report."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

STAMPS = "stamps.json"
WRITTEN = ("benches/RESULTS.md", "benches/plots")
"""What the report itself writes: having written it is no change of what is measured."""

Stamps = dict[str, dict[str, str]]


def facts(root: Path) -> dict[str, str]:
    """What can be told now of the machine and of the checkout at ``root``."""
    commit = _said(root, "git", "rev-parse", "--short", "HEAD") or "unknown"
    changes = _said(
        root, "git", "status", "--porcelain", "--", ".", *(f":(exclude){path}" for path in WRITTEN)
    )
    free_threaded = next(root.glob("target/free-threaded/python/bin/python3.*t"), None)
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": f"{commit}, with uncommitted changes" if changes else commit,
        "processor": _processor(),
        "cores": str(_cores()),
        "kernel": f"{platform.system()} {platform.release()}",
        "rustc": _said(root, "rustc", "--version").removeprefix("rustc "),
        "Python": _said(root, "python3", "--version").removeprefix("Python "),
        "Python without the GIL": _said(root, str(free_threaded), "--version").removeprefix("Python ")
        if free_threaded
        else "",
    }


def stamp(folder: Path, step: str, root: Path) -> None:
    """Note beside the figures that ``step`` is measured now, on this machine and from this checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = read_stamps(folder) | {step: facts(root)}
    (folder / STAMPS).write_text(json.dumps(stamps, indent=1) + "\n", encoding="utf-8")


def read_stamps(folder: Path) -> Stamps:
    """What was noted, by step; nothing where the figures came some other way."""
    try:
        return dict(json.loads((folder / STAMPS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def told(stamps: Stamps) -> Mapping[str, str]:
    """Each fact once where all steps agree on it, and otherwise what each of them has."""
    rows: dict[str, str] = {}
    for fact in dict.fromkeys(fact for noted in stamps.values() for fact in noted):
        steps: dict[str, list[str]] = {}
        for step, noted in stamps.items():
            if noted.get(fact):
                steps.setdefault(noted[fact], []).append(step)
        if len(steps) == 1:
            rows[fact] = next(iter(steps))
        elif steps:
            rows[fact] = "; ".join(f"{value} ({', '.join(by)})" for value, by in steps.items())
    return rows


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _cores() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _said(root: Path, *command: str) -> str:
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""

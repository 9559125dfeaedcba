"""On what and from what it was measured: noted by ``benches/run`` after each step, told by the report."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from report.versions import VENVS, python, python_peers, rust_peers, said

STAMPS = "stamps.json"
WRITTEN = ("benches/RESULTS.md", "benches/plots")
"""What the report itself writes: having written it is no change of what is measured."""

Stamps = dict[str, dict[str, str]]


def facts(root: Path, step: str) -> dict[str, str]:
    """What can be told now of the machine, of the checkout at ``root``, and of what ``step`` measures."""
    commit = said(root, "git", "rev-parse", "--short", "HEAD") or "unknown"
    besides = [f":(exclude){path}" for path in WRITTEN]
    changes = said(root, "git", "status", "--porcelain", "--", ".", *besides)
    found = {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": f"{commit}, with uncommitted changes" if changes else commit,
        "processor": _processor(),
        "cores": str(_cores()),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "rustc": said(root, "rustc", "--version").removeprefix("rustc "),
    }
    if step in VENVS:
        found |= {"Python": python(root, step), "Python's peers": python_peers(root, step)}
    if step == "peers":
        found["Rust's peers"] = rust_peers(root)
    return found


def stamp(folder: Path, step: str, root: Path) -> None:
    """Note beside the figures that ``step`` was measured now, on this machine and from this checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = read_stamps(folder) | {step: facts(root, step)}
    (folder / STAMPS).write_text(json.dumps(stamps, indent=1) + "\n", encoding="utf-8")


def read_stamps(folder: Path) -> Stamps:
    """What was noted, by step; nothing where the figures came some other way."""
    try:
        return dict(json.loads((folder / STAMPS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def told(stamps: Stamps) -> Mapping[str, str]:
    """Each fact once where all that know it agree, and otherwise what each of them has."""
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

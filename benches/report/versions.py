"""Which versions of the peers were measured, and by which interpreter."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import tomli

VENVS = {"python": "target/bench-venv", "python_free_threaded": "target/bench-venv-free-threaded"}
"""Where ``benches/python/run`` installs what it measures, by step."""

OTHERS = frozenset(
    {"allotment", "allotment-benches", "chrono", "clap", "serde", "serde_json", "tokio", "uuid"}
)
"""What the crate of the peers needs that is not a peer."""


def said(root: Path, *command: str) -> str:
    """What a command prints; nothing where it cannot be run or fails."""
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def rust_peers(root: Path) -> str:
    """The peers that ``benches/peers`` depends on, as its lock file has them."""
    folder = root / "benches/peers"
    try:
        manifest = tomli.loads((folder / "Cargo.toml").read_text(encoding="utf-8"))
        lock = tomli.loads((folder / "Cargo.lock").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    wanted = set(manifest["dependencies"]) - OTHERS
    found = [
        (package["name"], package["version"]) for package in lock["package"] if package["name"] in wanted
    ]
    return _listed(found)


def python(root: Path, step: str) -> str:
    """The interpreter that ``step`` is measured with."""
    venv = root / VENVS[step] / "bin/python"
    return said(root, str(venv) if venv.exists() else "python3", "--version").removeprefix("Python ")


def python_peers(root: Path, step: str) -> str:
    """What ``benches/python/requirements.txt`` names, as it is installed where ``step`` is measured."""
    requirements = root / "benches/python/requirements.txt"
    installed = said(root, str(root / VENVS[step] / "bin/python"), "-m", "pip", "list", "--format", "json")
    if not installed or not requirements.exists():
        return ""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    wanted = {_plain(name[0]) for line in lines if (name := re.match(r"[\w.-]+", line))}
    found = [
        (each["name"], each["version"]) for each in json.loads(installed) if _plain(each["name"]) in wanted
    ]
    return _listed(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _listed(found: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(found))

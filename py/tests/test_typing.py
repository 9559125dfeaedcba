"""The stub says what the binary is, and strict users can rely on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import allotment

pytestmark = pytest.mark.thread_unsafe(reason="it runs mypy")

HERE = Path(__file__).parent
PACKAGE = Path(allotment.__file__).parent


def run(*arguments: str, cwd: Path) -> str:
    """What this module prints; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_strict_mypy_accepts_the_uses_and_refuses_the_misuses(tmp_path: Path) -> None:
    out = run(
        "mypy", "--strict", "--cache-dir", str(tmp_path), str(HERE / "typing" / "uses.py"), cwd=tmp_path
    )
    assert "Success: no issues found in 1 source file" in out


def test_strict_mypy_notices_a_wrong_type(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import allotment\nx: int = allotment.Rate(5)\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Incompatible types"):
        run("mypy", "--strict", "--cache-dir", str(tmp_path), str(wrong), cwd=tmp_path)


def test_the_stub_matches_the_binary(tmp_path: Path) -> None:
    allowed = [str(path) for path in HERE.glob("typing/*allow*.txt")]
    extra = [argument for path in allowed for argument in ("--allowlist", path)]
    run("mypy.stubtest", "allotment", *extra, cwd=tmp_path)


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert list(PACKAGE.glob("*.pyi"))


def test_everything_exported_is_there_and_documented() -> None:
    assert len(allotment.__all__) == len(set(allotment.__all__))
    for name in allotment.__all__:
        item = getattr(allotment, name)
        assert name.startswith("__") or item.__doc__, name
        assert name.startswith("__") or getattr(item, "__module__", "allotment").startswith("allotment"), name
    for name in (
        "Enforcer",
        "Event",
        "Session",
        "Decision",
        "LimitWarning",
        "Policy",
        "Rate",
        "Descent",
        "StepTimer",
        "Reservation",
    ):
        cls = getattr(allotment, name)
        undocumented = [
            member
            for member in vars(cls)
            if not member.startswith("_") and not getattr(getattr(cls, member), "__doc__", None)
        ]
        assert undocumented == []

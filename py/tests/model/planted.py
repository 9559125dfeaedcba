# ruff: noqa: E501 (a bug a line)
"""Bugs planted one by one into a copy of the product, each of which `test_model` has to find; not a test by itself.

`python py/tests/model/planted.py [word …]` needs cargo, takes under a minute each (all, or those whose name has one of
the words), keeps what it builds in target/planted, and fails if one is missed. A pattern that stands nowhere is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[3]
HOME = ROOT / "target" / "planted"
COPY, PYTHON = HOME / "copy", HOME / "venv" / "bin" / "python"

PLANTED: list[tuple[str, str, str, str]] = [
    # The Python layer, which converts: wrong units, swapped arguments, dropped keywords.
    ("steps swapped", "py/src/args/usage.rs", 'amount("steps", self.steps)', 'amount("steps", self.discovered_steps)'),
    ("kinds swapped", "py/src/args/usage.rs", '"input_tokens", self.input_tokens', '"input_tokens", self.output_tokens'),
    ("top_up drops one", "py/src/args/usage.rs", "steps, discovered_steps, tokens, cost, time }", "steps, discovered_steps: 0, tokens, cost, time }"),
    ("least ignored", "py/src/session/funds.rs", "least(at_least, usage)?", "{ least(at_least, usage)?; usage }"),
    ("carve_out dropped", "py/src/session/funds.rs", ".carve_out(carve_out);", ".carve_out(carve_out && false);"),
    ("usage dropped", "py/src/session/mod.rs", "if said.is_nothing() {\n            return Ok(self.decision", "if true {\n            return Ok(self.decision"),
    ("preview debits", "py/src/enforcer/by_id.rs", "self.inner.preview_call(id", "self.inner.authorize_call(id"),
    ("wait in microseconds", "py/src/refusal.rs", "denial.retry_after().map(allotment::Nanos::get)", "denial.retry_after().map(|wait| wait.get() / 1000)"),
    ("limit and used swapped", "py/src/refusal.rs", "limit: denial.limit(),\n            used: denial.used(),", "limit: denial.used(),\n            used: denial.limit(),"),
    ("what is left is the limit", "py/src/about.rs", "session.calls().remaining()", "session.calls().limit"),
    ("days forgotten", "py/src/args/time.rs", "get_microseconds()) * 1000)", "get_microseconds()))"),
    ("money rounded", "py/src/args/money.rs", 'read(&format!("{:e}", number.value()))', 'read(&format!("{:.6e}", number.value()))'),
    ("rates swapped", "py/src/args/spec.rs", '.tokens_rate(setting("tokens_rate", limits.tokens_rate, rate)?)', '.tokens_rate(setting("tokens_rate", limits.rate, rate)?)'),
    ("release forfeits", "py/src/reservation.rs", "self.inner.release().map_err(|error| invalid(py, &error))", "self.inner.forfeit(); let _ = py; Ok(())"),
    ("counts swapped", "py/src/summary.rs", "denied: summary.denied,", "denied: summary.drifts,"),
    # The core, which decides.
    ("one above the budget", "core/src/meter/word.rs", "s <= limit.budget &&", "s <= limit.budget.saturating_add(1) &&"),
    ("a credit mints", "core/src/meter/mint.rs", ".unwrap_or(0).saturating_sub(self.minted(now).saturating_sub(minted))", ".unwrap_or(0).saturating_sub(self.minted(now).saturating_sub(minted) * 0)"),
    ("a rate forgets at a swap", "core/src/account.rs", "Plan::clone(plan).taking_over(before, now)", "Plan::clone(plan)"),
    ("the first wait", "core/src/admission.rs", "one.max(other)", "one.min(other)"),
    ("a carved overrun is lost", "core/src/carve.rs", "word.spent().max(budget)", "budget"),
    ("a warning is not told anew", "core/src/enforcer/top_up.rs", "session.marks.clear(SessionState::mark_of(resource));", ""),
    ("a child outlives its parent", "core/src/store/mod.rs", "entry.known_children().filter_map(|id| self.get(id))", "entry.known_children().filter_map(|id| self.get(id)).skip(1)"),
    ("the wrong agent may", "core/src/enforcer/handle.rs", "if session.agent() == agent {\n            return Ok(session);\n        }\n        Err(self.shared.denied", "if session.agent().len() < agent.len() {\n            return Ok(session);\n        }\n        Err(self.shared.denied"),
    ("kinds weigh nothing", "core/src/policy/tokens.rs", "sum.div_ceil(1000)", "(sum / 1000)"),
    # Bugs that the machine found, planted again.
    ("found: a closed agent's count", "core/src/enforcer/lifecycle.rs", "Reverse(entry.ancestors().count())", "entry.ancestors().count()"),
    ("found: handing over waits", "core/src/meter/word.rs", "limit.plan.filter(|_| take.paced > 0)", "limit.plan"),
    ("found: low before the first", "core/src/enforcer/notes.rs", "calm && (grant.calls().spent > 0", "calm && (true"),
]  # fmt: skip


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run it in the copy."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=COPY,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def build() -> None:
    """Install the copy as it is now, quickly compiled but without the checks that only a debug build has."""
    plain = {
        f"CARGO_PROFILE_DEV_{name}": "false" for name in ("DEBUG_ASSERTIONS", "OVERFLOW_CHECKS", "DEBUG")
    }
    done = run(
        *(PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "."),
        MATURIN_PEP517_ARGS="--profile dev",
        CARGO_TARGET_DIR=os.environ.get("CARGO_TARGET_DIR", str(HOME / "target")),
        PATH=f"{PYTHON.parent}:{os.environ['PATH']}",
        **plain,
    )
    if done.returncode:
        sys.exit(done.stderr)


def passes() -> bool:
    """Whether the test finds nothing."""
    shutil.rmtree(COPY / ".hypothesis", ignore_errors=True)
    done = run(PYTHON, "-m", "pytest", "-q", "-x", "py/tests/model", MODEL_QUICK="1")
    if done.returncode > 1:
        sys.exit(done.stdout + done.stderr)
    return done.returncode == 0


def main() -> None:
    """Plant each, see it found, take it out again."""
    if not PYTHON.exists():
        venv.create(HOME / "venv", with_pip=True)
    shutil.rmtree(COPY, ignore_errors=True)
    ignored = shutil.ignore_patterns("target", ".git", ".venv", ".hypothesis")
    shutil.copytree(ROOT, COPY, ignore=ignored)
    for source in COPY.glob("*/src/**/*.rs"):
        source.touch()  # or cargo keeps what was planted last
    run(PYTHON, "-m", "pip", "install", "-q", "maturin>=1.16,<2", "pytest>=8", "hypothesis>=6.100")
    build()
    assert passes(), "it finds something where nothing was planted"
    missed = []
    chosen = [each for each in PLANTED if not sys.argv[1:] or any(word in each[0] for word in sys.argv[1:])]
    for name, where, right, wrong in chosen:
        path = COPY / where
        text = path.read_text(encoding="utf-8")
        assert text.count(right) == 1, f"{name}: the pattern stands {text.count(right)} times in {where}"
        path.write_text(text.replace(right, wrong), encoding="utf-8")
        build()
        begun = time.monotonic()
        found = not passes()
        print(
            f"{'found ' if found else 'MISSED'} {time.monotonic() - begun:5.1f}s  {name} ({where})",
            flush=True,
        )
        missed += [] if found else [name]
        path.write_text(text, encoding="utf-8")
    print(f"{len(chosen) - len(missed)} of {len(chosen)} planted bugs found")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()

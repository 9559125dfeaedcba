"""What the user sees: the report, the JSON, the suggested policy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from replay_samples import Run, Write, burst, conversation, record

from allotment import Policy


@pytest.fixture
def looping(write: Write) -> str:
    """Three sessions, of which ``loop`` makes thirty calls."""
    records = burst("good", 5, gap=10, tokens=100, cost_usd="0.001")
    records += burst("loop", 30, "refund", start=3, tokens=10)
    records += burst("other", 2, "search", start=5, gap=60)
    return write(records)


def rows(output: str) -> list[list[str]]:
    """The cells of every line."""
    return [re.split(r"\s{2,}", line.strip()) for line in output.splitlines()]


def test_without_limits_all_is_allowed_and_counted(run: Run, looping: str) -> None:
    result = run("replay", looping)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:2] == [f"3 sessions, 37 tool calls in {looping}", "Limits: none"]
    assert ["refund", "30", "30", "0"] in rows(result.stdout)
    assert ["search", "7", "7", "0"] in rows(result.stdout)
    assert ["all", "37", "37", "0"] in rows(result.stdout)
    assert "No session would have been stopped: all 3 run to their end." in result.stdout
    assert ["calls", "3", "5", "30", "30", "30"] in rows(result.stdout)
    assert ["tokens", "3", "300", "500", "500", "500"] in rows(result.stdout)
    assert ["cost (US$)", "3", "0.00", "0.005", "0.005", "0.005"] in rows(result.stdout)
    assert ["duration", "3", "40.0s", "1m 00s", "1m 00s", "1m 00s"] in rows(result.stdout)
    assert ["most calls a minute", "3", "5", "30", "30", "30"] in rows(result.stdout)
    assert re.search(r"^37 decisions in [\d.,]+ ms: [\d,]+ per second\.$", result.stdout, re.M)


def test_denials_are_counted_by_tool_and_reason_and_stops_say_where(run: Run, looping: str) -> None:
    result = run("replay", looping, "--calls", "20", "--rate", "10/min", "--per-tool", "search=1")
    assert result.exit_code == 0
    assert "Limits: --calls 20  --rate 10/min  --per-tool search=1" in result.stdout
    assert ["tool", "calls", "allowed", "denied", "rate_limited", "budget_exceeded"] in rows(result.stdout)
    assert ["refund", "30", "14", "16", "16", "0"] in rows(result.stdout)
    assert ["search", "7", "2", "5", "0", "5"] in rows(result.stdout)
    assert "3 of 3 sessions would have been stopped:" in result.stdout
    stopped = {row[0]: row[1:6] for row in rows(result.stdout) if row[0] in ("good", "loop", "other")}
    assert stopped == {
        "good": ["agent-7", "2", "5", "search", "budget_exceeded"],
        "loop": ["agent-7", "12", "30", "refund", "rate_limited"],
        "other": ["agent-7", "2", "2", "search", "budget_exceeded"],
    }


def test_twenty_stops_are_listed_and_the_rest_counted(run: Run, write: Write) -> None:
    trace = write([record(f"s{number:02}", ts=number) for number in range(47)])
    result = run("replay", trace, "--calls", "0")
    assert "47 of 47 sessions would have been stopped:" in result.stdout
    assert sum(row[0].startswith("s") and row[0][1:].isdigit() for row in rows(result.stdout)) == 20
    assert "… and 27 more (--json lists all)" in result.stdout
    assert len(json.loads(run("replay", trace, "--calls", "0", "--json").stdout)["stopped"]) == 47


def test_json_has_stable_keys_and_exact_money(run: Run, looping: str) -> None:
    result = run("replay", looping, "--calls", "20", "--cost-usd", "1.50", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert list(found) == [
        *("format", "files", "limits", "sessions", "calls", "tools", "stopped", "distribution", "decisions"),
        *("models", "noted", "suggested"),
    ]
    assert found["format"] == "allotment-replay/1"
    assert found["files"] == [{"path": looping, "format": "records", "sessions": 3, "calls": 37}]
    assert found["limits"] == {"calls": 20, "cost_usd": "1.50"}
    assert found["sessions"] == {"total": 3, "completed": 2, "stopped": 1}
    assert found["calls"] == {
        "total": 37,
        "allowed": 27,
        "denied": 10,
        "denied_by_reason": {"budget_exceeded": 10},
    }
    assert found["tools"][0] == {
        **{"tool": "refund", "calls": 30, "allowed": 20, "denied": 10},
        "denied_by_reason": {"budget_exceeded": 10},
    }
    (stop,) = found["stopped"]
    assert "budget_exceeded" in stop.pop("detail")
    assert stop == {
        **{"session": "loop", "agent": "agent-7", "file": looping, "line": 6, "call": 21, "calls": 30},
        **{"tool": "refund", "reason": "budget_exceeded", "retry_after": None},
    }
    spread = found["distribution"]
    assert spread["calls"] == {"sessions": 3, "p50": 5, "p95": 30, "p99": 30, "max": 30}
    assert spread["cost_usd"] == {
        "sessions": 3,
        "p50": "0.00",
        "p95": "0.005",
        "p99": "0.005",
        "max": "0.005",
    }
    assert spread["duration_seconds"]["p50"] == 40
    assert spread["peak_calls_per_minute"]["max"] == 30
    assert found["decisions"]["count"] == 37
    assert found["decisions"]["per_second"] == pytest.approx(37 / found["decisions"]["seconds"])
    assert found["suggested"]["policy"]["defaults"]["cost_usd"] == "0.005"


def test_what_a_trace_does_not_record_is_null(run: Run, write: Write) -> None:
    found = json.loads(run("replay", write([conversation("a"), conversation()]), "--json").stdout)
    missing = [name for name, spread in found["distribution"].items() if spread is None]
    assert missing == ["tokens", "cost_usd", "duration_seconds", "peak_calls_per_minute"]
    empty = json.loads(run("replay", write([conversation(), conversation()]), "--json").stdout)
    assert (empty["suggested"], empty["decisions"]["per_second"]) == (None, None)
    assert empty["sessions"] == {"total": 2, "completed": 2, "stopped": 0}


def test_a_suggestion_is_nothing_but_a_policy_that_loads_and_passes(
    run: Run, looping: str, tmp_path: Path
) -> None:
    result = run("replay", looping, "--suggest")
    assert (result.exit_code, result.stderr) == (0, "")
    path = tmp_path / "policy.toml"
    path.write_text(result.stdout)
    defaults = Policy.from_toml(str(path)).to_dict()["defaults"]
    assert {key: defaults[key] for key in ("calls", "tokens", "rate", "time_limit")} == {
        **{"calls": 30, "tokens": 500, "rate": "21/min", "time_limit": 61},
    }
    assert Decimal(str(defaults["cost_usd"])) == Decimal("0.005")
    assert "3 of 3 sessions ran to their end" in result.stdout
    replayed = run("replay", looping, "--policy", str(path), "--json")
    assert json.loads(replayed.stdout)["sessions"]["stopped"] == 0
    flags = re.findall(r"--per-tool \S+", result.stdout)
    assert flags == ["--per-tool refund=30", "--per-tool search=5"]


def test_the_suggestion_of_a_trace_with_over_100_sessions_lets_one_in_a_hundred_go(
    run: Run, write: Write
) -> None:
    records = [made for number in range(149) for made in burst(f"s{number}", 3, start=number)]
    trace = write(records + burst("runaway", 400, start=7))
    result = run("replay", trace, "--suggest")
    assert "calls = 3  # per session" in result.stdout.splitlines()
    assert "149 of 150 sessions ran to their end" in result.stdout
    assert "max_sessions = " not in result.stdout or "# the most at once" in result.stdout


def test_a_trace_may_come_from_standard_input(run: Run) -> None:
    text = "".join(json.dumps(made) + "\n" for made in burst("s1", 3))
    result = run("replay", "-", stdin=text)
    assert result.stdout.startswith("1 session, 3 tool calls in <stdin>\n")
    twice = run("replay", "-", "-", stdin=text)
    assert (twice.exit_code, twice.stdout) == (2, "")


def test_several_files_of_several_formats_are_one_replay(run: Run, write: Write) -> None:
    timed = write(burst("s1", 3), "timed.jsonl")
    chat = write(json.dumps([{"traj": conversation("search", "book")}]), "chat.json")
    found = json.loads(run("replay", timed, chat, "--json", "--agent", "planner", "--calls", "1").stdout)
    assert [file["format"] for file in found["files"]] == ["records", "messages"]
    assert [(stop["session"], stop["agent"]) for stop in found["stopped"]] == [
        ("s1", "agent-7"),
        ("chat#1", "planner"),
    ]


def test_conversations_take_the_given_time(run: Run, write: Write) -> None:
    trace = write([conversation(*["a"] * 13), conversation("a")])
    for seconds, stopped in (("1", 1), ("6", 0), ("0", 1)):
        result = run("replay", trace, "--rate", "10/min", "--seconds-per-call", seconds, "--json")
        assert json.loads(result.stdout)["sessions"]["stopped"] == stopped, seconds


def test_names_with_terminal_escapes_and_markup_are_shown_and_not_obeyed(run: Run, write: Write) -> None:
    trace = write([record("s\x1b[31m", tool="x\x1b]0;owned\x07[bold]y[/bold]\n" + "z" * 200)])
    for arguments in ([], ["--calls", "0"], ["--suggest"]):
        result = run("replay", trace, *arguments)
        assert result.exit_code == 0
        assert "\x1b" not in result.output
        assert "\x07" not in result.output
    assert "x\\x1b]0;owned\\x07[bold]y[/bold]" in run("replay", trace).stdout


def test_piped_output_is_the_same_at_any_width_and_never_wraps(looping: str) -> None:
    command = [
        sys.executable,
        "-m",
        "allotment.cli",
        "replay",
        looping,
        "--calls",
        "3",
        "--tools",
        "search,refund",
    ]
    outputs = []
    for width in ("20", "80", "400"):
        environment = {**os.environ, "COLUMNS": width, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
        )
        outputs.append(re.sub(r"\d+ decisions in .*", "", done.stdout))
        assert done.stderr == ""
    assert outputs[0] == outputs[1] == outputs[2]
    assert "\x1b" not in outputs[0]
    assert not any(line != line.rstrip() for line in outputs[0].splitlines())
    (header,) = (row for row in rows(outputs[0]) if row[0] == "session")
    assert header == ["session", "agent", "at call", "of", "tool", "reason", "what was exceeded"]


def test_output_survives_a_terminal_that_knows_only_ascii(write: Write) -> None:
    trace = write([record("sitzung-ü", tool="z" * 90, ts=number) for number in range(3)])
    command = [sys.executable, "-m", "allotment.cli", "replay", trace, "--calls", "1"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"sitzung-" in done.stdout


def test_a_tool_that_the_trace_never_calls_is_pointed_out(run: Run, looping: str) -> None:
    """A misspelt name limits nothing, and the report would look as if it did."""
    result = run("replay", looping, "--tools", "search,refund,serach", "--per-tool", "search=9")
    assert "Note: --tools names serach, which the trace never calls." in result.stdout.splitlines()
    assert "--per-tool names" not in result.stdout
    assert "Note" not in run("replay", looping, "--per-tool", "search=9").stdout

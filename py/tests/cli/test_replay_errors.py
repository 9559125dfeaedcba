"""Whatever the user has to correct is one line on stderr, status 2, and nothing on stdout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from replay_samples import Run, Write, burst, conversation, record


def assert_one_line(result: Any, *parts: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("allotment: ")
    for part in parts:
        assert part in line


@pytest.mark.parametrize("mode", [[], ["--json"], ["--suggest"]], ids=["report", "json", "suggest"])
@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        ("", ":", "nothing to replay"),
        ("hello\n", ":1:", "not JSON"),
        ([record(), {"x": 1}], ":2:", "expected a call record"),
        ([{"x": 1}], ":1:", "unknown format"),
        ([*burst("s", 3), record(ts="soon")], ":4:", "ts must be"),
        ([*burst("s", 3), record(tokens=-1)], ":4:", "tokens must be"),
        (
            [conversation("a"), [{"role": "assistant", "tool_calls": {}}]],
            ":2:",
            "message 1: tool_calls must be",
        ),
        (b'{"session": "\xff"}\n', ":1:", "not UTF-8"),
    ],
    ids=["empty", "text", "mixed", "unknown", "time", "tokens", "message", "bytes"],
)
def test_a_bad_trace_is_named_with_file_and_line(
    run: Run, write: Write, content: Any, place: str, what: str, mode: list[str]
) -> None:
    path = write(content)
    assert_one_line(run("replay", path, *mode), f"{path}{place} ", what)


def test_a_bad_second_file_prints_nothing_of_the_first(run: Run, write: Write) -> None:
    good, bad = write(burst("s", 3), "good"), write('[{"traj": []}', "bad")
    assert_one_line(run("replay", good, bad), f"{bad}:1: not JSON")


def test_a_file_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    assert_one_line(run("replay", str(tmp_path / "absent.jsonl")), "absent.jsonl: No such file or directory")
    assert_one_line(run("replay", str(tmp_path)), f"{tmp_path}: ", "directory")
    assert_one_line(run("replay", "-", stdin="{"), "<stdin>:1: ")


def test_a_file_name_with_a_line_break_stays_on_one_line(run: Run, tmp_path: Path) -> None:
    assert_one_line(run("replay", str(tmp_path / "a\nb\x1b[31m")), "a\\nb\\x1b[31m: No such file")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--calls", "-1"], ["--calls: ", "-1"]),
        (["--calls", "many"], ["--calls: ", "'many'"]),
        (["--calls", "1e3"], ["--calls: ", "'1e3'"]),
        (["--calls", str(2**60)], ["--calls: ", str(2**60)]),
        (["--tokens", "-5"], ["--tokens: ", "-5"]),
        (["--cost-usd", "cheap"], ["--cost-usd: ", "'cheap'"]),
        (["--cost-usd", "-0.01"], ["--cost-usd: ", "'-0.01'"]),
        (["--cost-usd", "NaN"], ["--cost-usd: ", "'NaN'"]),
        (["--cost-usd", "1e999999"], ["--cost-usd: ", "'1e999999'"]),
        (["--time-limit", "0"], ["--time-limit: ", "'0'"]),
        (["--time-limit", "0.2"], ["--time-limit: ", "0.2"]),
        (["--time-limit", "soon"], ["--time-limit: ", "'soon'"]),
        (["--rate", "nonsense"], ["--rate: ", "nonsense"]),
        (["--rate", "1/fortnight"], ["--rate: ", "1/fortnight"]),
        (["--agent-rate", "nonsense"], ["--agent-rate: ", "nonsense"]),
        (["--per-tool", "search"], ["--per-tool: ", "'search'", "search=5"]),
        (["--per-tool", "=5"], ["--per-tool: ", "'=5'"]),
        (["--per-tool", "search=x"], ["--per-tool: ", "'search=x'"]),
        (["--per-tool", "search=-1"], ["--per-tool: ", "'search=-1'"]),
        (["--per-tool", "a=1", "--per-tool", "a=2"], ["--per-tool: ", "'a=2'"]),
        (["--per-tool", "a b=1"], ["--per-tool: ", "a b"]),
        (["--tools", "a", "--per-tool", "b=1"], ["--per-tool: ", "b=1"]),
        (["--tools", "a b"], ["--tools: ", "a b"]),
        (["--intent", " "], ["--intent: ", "' '"]),
        (["--agent", ""], ["--agent: "]),
        (["--seconds-per-call", "-1"], ["--seconds-per-call: ", "'-1'"]),
        (["--seconds-per-call", "1e-10"], ["--seconds-per-call: ", "1E-10"]),
        (["--seconds-per-call", "1e12"], []),
        (["--policy", "absent.toml"], ["absent.toml", "No such file"]),
        (["--suggest", "--calls", "3"], ["--suggest: ", "--calls 3"]),
        (["--suggest", "--json"], ["--suggest: ", "--json"]),
        (["--nonsense"], ["--nonsense"]),
        (["--calls"], ["--calls"]),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_named_with_its_value(
    run: Run, write: Write, options: list[str], parts: list[str]
) -> None:
    trace = write([conversation("a", "b"), conversation("a", "b")])
    assert_one_line(run("replay", trace, *options), *parts)


@pytest.mark.parametrize(
    "text", ["calls = ", "[defaults]\ncalls = -1", "[defaults]\nrate = 'x'", "[nonsense]"]
)
def test_a_bad_policy_is_named_with_its_file(run: Run, write: Write, text: str) -> None:
    trace, policy = write(burst("s", 1)), write(text, "policy.toml")
    assert_one_line(run("replay", trace, "--policy", policy), policy)


@pytest.mark.parametrize(
    ("arguments", "what"), [(["replay"], "TRACE..."), (["reply"], "'reply'"), (["-x"], "-x")]
)
def test_a_command_line_without_sense_is_one_line_too(run: Run, arguments: list[str], what: str) -> None:
    assert_one_line(run(*arguments), what)


def test_a_suggestion_needs_a_call(run: Run, write: Write) -> None:
    assert_one_line(
        run("replay", write([conversation(), conversation()]), "--suggest"), "--suggest: ", "no tool calls"
    )


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_the_command_says_how_to_get_it(missing: str) -> None:
    code = f"import sys; sys.modules['{missing}'] = None; from allotment.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'allotment: the command line needs click and rich: pip install "allotment[cli]"\n'


def test_an_error_inside_the_package_is_not_taken_for_a_missing_extra() -> None:
    code = "import sys; sys.modules['json'] = None; from allotment.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


def test_the_module_runs_as_the_command_does(write: Write) -> None:
    command = [sys.executable, "-m", "allotment.cli"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.split()[0] == "allotment"
    failed = subprocess.run([*command, "replay", write("{")], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("allotment: ")


def test_help_is_help(run: Run) -> None:
    for arguments in ([], ["--help"], ["replay", "--help"]):
        result = run(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "replay" in result.stdout


def test_a_reader_that_goes_away_is_no_error(write: Write) -> None:
    """As in ``allotment replay … | head -1``."""
    trace = write([record(f"s{number}", tool=f"tool-{number}", ts=number) for number in range(3000)])
    command = [sys.executable, "-m", "allotment.cli", "replay", trace]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)
    assert done.stderr == ""

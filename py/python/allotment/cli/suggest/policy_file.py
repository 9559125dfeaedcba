"""A suggestion as the text of a policy file, with what a reader has to know about it as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allotment.cli.printable import printable
from allotment.cli.suggest.suggestion import PERCENT, Suggestion
from allotment.cli.trace.calls import SourceFile

_WIDTH = 100


def policy_file(
    suggestion: Suggestion, files: Sequence[SourceFile], passed: int, drifting: int | None = None
) -> str:
    """TOML for `suggestion`; `passed` is how many sessions went through when the trace was replayed under it.

    `drifting` is how many calls did not fit their session's intent then, None where no intent is declared.

    Names from the trace appear only in comments, in one line each and escaped.
    """
    return "\n".join([*_lines(suggestion, files, passed), *_drift(drifting)]) + "\n"


def _lines(suggestion: Suggestion, files: Sequence[SourceFile], passed: int) -> Iterator[str]:
    sessions = suggestion.sessions
    yield f"# Limits that {PERCENT} % or more of a trace's sessions meet, by `allotment replay --suggest`."
    for file in files:
        yield f"#   {printable(file.path)}: {file.sessions} sessions, {file.calls} calls"
    if sessions < 100:
        yield f"# {PERCENT} % of {sessions} sessions are all of them: each limit is the most that any used."
    else:
        left_out = sessions - suggestion.kept
        yield f"# {left_out} of {sessions} are left out; each limit is the most that any other used."
    yield f"# Replayed under this policy, {passed} of {sessions} sessions ran to their end."
    policy = suggestion.policy()
    yield ""
    yield from _section("defaults", policy["defaults"], _remarks(suggestion))
    yield from _unrecorded(suggestion)
    if "execution" in policy:
        yield ""
        yield from _section(
            "execution", policy["execution"], {"repetitions": "equal calls in a row, and one more"}
        )
    if "agents" in policy:
        yield ""
        yield from _section(
            'agents."*"', policy["agents"]["*"], {"max_sessions": "the most at once in the trace"}
        )
    if suggestion.tools:
        yield ""
        yield "# The most calls of each tool in one of those sessions, as options of `allotment replay`:"
        yield from _folded([f"--per-tool {tool}={calls}" for tool, calls in suggestion.tools.items()])


def _section(name: str, entries: Mapping[str, Any], remarks: Mapping[str, str]) -> Iterator[str]:
    yield f"[{name}]"
    for key, value in entries.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        yield f"{key} = {shown}" + (f"  # {remarks[key]}" if key in remarks else "")


def _remarks(suggestion: Suggestion) -> dict[str, str]:
    remarks = {
        "calls": "per session",
        "any_tool_name": "the trace has tools with other names",
        "max_time_limit": "seconds; a time limit above 24 h needs it",
    }
    remarks["time_limit"] = (
        "seconds" if suggestion.timed else "seconds; not from the trace, which has no times"
    )
    return remarks


def _unrecorded(suggestion: Suggestion) -> Iterator[str]:
    if suggestion.rate_per_minute is None:
        yield "# rate: none, as the trace has calls without times"
    if suggestion.tokens is None:
        yield "# tokens: none recorded"
    if suggestion.cost_nano_usd is None:
        yield "# cost_usd: none recorded"


def _drift(drifting: int | None) -> Iterator[str]:
    if drifting is not None:
        yield ""
        yield f'# [intent] with on_drift = "deny" would deny {drifting} calls that do not fit their intent.'


def _folded(options: Sequence[str]) -> Iterator[str]:
    line = "#  "
    for option in options:
        if len(line) + len(option) >= _WIDTH and line != "#  ":
            yield line
            line = "#  "
        line += f" {option}"
    yield line

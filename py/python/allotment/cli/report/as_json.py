"""The replay as one JSON object, for programs. Keys are stable: new ones may come, none change their meaning.

format        ``"allotment-replay/1"``
files         a list of ``{path, format, sessions, calls}``
limits        those that were given, by name: ``{"calls": 20, "rate": "10/min", "per_tool": {"refund": 1}}``
sessions      ``{total, completed, stopped}``
calls         of tools: ``{total, allowed, denied, denied_by_reason: {reason: count}}``
tools         a list of ``{tool, calls, allowed, denied, denied_by_reason}``, most called first
stopped       a list of ``{session, agent, file, line, call, calls, tool, reason, detail, retry_after}``: the
              session's first denied call is number `call` (from 1) of its `calls`, those of models (whose
              `tool` is null) included; `line` is where the session begins
distribution  ``{calls, tokens, cost_usd, duration_seconds, peak_calls_per_minute}``, each ``{sessions,
              p50, p95, p99, max}`` (nearest-rank), or null where the trace records none
decisions     ``{count, seconds, per_second}``: the engine's `decide` alone, on the real clock
models        calls of models alone, as `calls` has those of tools, with ``tokens``, over all calls: ``{total,
              input, output, cached, other}``; of the others no kind is recorded
noted         ``drifting: {tool: count}`` (allowed, but not within the intent), ``warnings: {what: count}``,
              ``overruns``, ``paused: {for_approval, for_drift}`` (sessions, and pauses), ``approved``
suggested     ``{sessions_within, sessions, policy, per_tool}``, `policy` being the sections of a policy file;
              null for a trace without calls

Times are in seconds. Money is in US dollars, exact, as a string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from allotment.cli.figures.distribution import Distribution
from allotment.cli.figures.quantities import dollars
from allotment.cli.figures.summary import ModelSummary, by_count
from allotment.cli.replay.verdicts import Noted, Stop
from allotment.cli.report.result import Result
from allotment.cli.suggest.suggestion import Suggestion


def as_json(result: Result) -> str:
    """`result` as an indented JSON object in ASCII."""
    summary, spread = result.summary, result.spread
    return json.dumps(
        {
            "format": "allotment-replay/1",
            "files": [
                {"path": file.path, "format": file.format, "sessions": file.sessions, "calls": file.calls}
                for file in result.trace.files
            ],
            "limits": result.limits.given(),
            "sessions": {
                "total": summary.sessions,
                "completed": summary.sessions - len(summary.stops),
                "stopped": len(summary.stops),
            },
            "calls": {"total": summary.calls, **_verdicts(summary.allowed, summary.denied)},
            "tools": [
                {"tool": tool.tool, "calls": tool.calls, **_verdicts(tool.allowed, tool.denied)}
                for tool in summary.tools
            ],
            "stopped": [_stop(result, stop) for stop in summary.stops],
            "distribution": {
                "calls": _spread(spread.calls),
                "tokens": _spread(spread.tokens),
                "cost_usd": _spread(spread.cost_nano_usd, dollars),
                "duration_seconds": _spread(spread.duration_ns, _seconds),
                "peak_calls_per_minute": _spread(spread.peak_per_minute),
            },
            "decisions": {
                "count": summary.decisions,
                "seconds": summary.seconds,
                "per_second": summary.decisions_per_second,
            },
            "models": _models(summary.models),
            "noted": _noted(summary.noted),
            "suggested": _suggested(result.suggestion),
        },
        indent=2,
    )


def _verdicts(allowed: int, denied: Mapping[str, int]) -> dict[str, Any]:
    return {"allowed": allowed, "denied": sum(denied.values()), "denied_by_reason": dict(denied)}


def _stop(result: Result, stop: Stop) -> dict[str, Any]:
    session = result.trace.sessions[stop.session]
    return {
        "session": session.name,
        "agent": session.agent,
        "file": session.file,
        "line": session.line,
        "call": stop.call,
        "calls": stop.calls,
        "tool": stop.tool,
        "reason": stop.reason,
        "detail": stop.detail,
        "retry_after": stop.retry_after,
    }


def _models(models: ModelSummary) -> dict[str, Any]:
    return {
        "total": models.calls,
        **_verdicts(models.calls - sum(models.denied.values()), models.denied),
        "tokens": {
            "total": models.tokens,
            "input": models.input,
            "output": models.output,
            "cached": models.cached,
            "other": models.other,
        },
    }


def _noted(noted: Noted) -> dict[str, Any]:
    return {
        "drifting": by_count(noted.drifting),
        "warnings": by_count(noted.warnings),
        "overruns": noted.overruns,
        "paused": {"for_approval": noted.for_approval, "for_drift": noted.for_drift},
        "approved": noted.approved,
    }


def _spread(found: Distribution | None, shown: Callable[[int], Any] = int) -> dict[str, Any] | None:
    if found is None:
        return None
    values = {"p50": found.p50, "p95": found.p95, "p99": found.p99, "max": found.max}
    return {"sessions": found.count, **{name: shown(value) for name, value in values.items()}}


def _seconds(nanos: int) -> float:
    return nanos / 1e9


def _suggested(suggestion: Suggestion | None) -> dict[str, Any] | None:
    if suggestion is None:
        return None
    return {
        "sessions_within": suggestion.kept,
        "sessions": suggestion.sessions,
        "policy": suggestion.policy(),
        "per_tool": dict(suggestion.tools),
    }

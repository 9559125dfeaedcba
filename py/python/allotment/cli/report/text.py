"""The replay as a person reads it: tables and sentences on stdout, the same in a terminal, a pipe and a file.

Outside a terminal nothing is wrapped or cut to a width, so that the output can be searched line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from allotment.cli.figures.distribution import Distribution
from allotment.cli.figures.quantities import dollars, duration
from allotment.cli.figures.summary import Summary
from allotment.cli.printable import one_line, printable
from allotment.cli.report.noted import counted, noted
from allotment.cli.report.result import Result
from allotment.cli.suggest.suggestion import PERCENT

MOST_STOPS = 20
"""How many stopped sessions are listed; the rest are counted."""

_UNWRAPPED = 100_000


def print_report(result: Result, console: Console) -> None:
    """Print all of `result` on `console`, which should come from `report_console`."""
    _say(console, _seen(result), style="bold")
    _say(console, _imposed(result))
    for note in _never_called(result):
        _say(console, note, style="yellow")
    if result.summary.tools:
        console.print(_tools(result.summary))
    for line in noted(result.summary):
        _say(console, line)
    _print_stops(result, console)
    console.print(_distribution(result))
    for line in _closing(result):
        _say(console, line)


def report_console() -> Console:
    """A console on stdout that takes no text for markup, and wraps nothing outside a terminal."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNWRAPPED
    return console


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(Text(text, style=style or ""), soft_wrap=True)


def _seen(result: Result) -> str:
    files = result.trace.files
    where = one_line(files[0].path) if len(files) == 1 else f"{len(files)} files"
    summary = result.summary
    return f"{counted(summary.sessions, 'session')}, {counted(summary.calls, 'tool call')} in {where}"


def _imposed(result: Result) -> str:
    return "Limits: " + ("  ".join(map(one_line, result.limits.options())) or "none")


def _never_called(result: Result) -> Iterable[str]:
    """Say which options name a tool that the trace does not have: most often it is misspelt."""
    called = {tool.tool for tool in result.summary.tools}
    for option, named in (("--tools", result.limits.tools or ()), ("--per-tool", result.limits.per_tool)):
        missing = [printable(tool) for tool in named if tool not in called]
        if missing:
            yield f"Note: {option} names {', '.join(missing)}, which the trace never calls."


def _tools(summary: Summary) -> Table:
    drifting = summary.noted.drifting
    table = _table("tool", "calls", "allowed", *(["drifting"] if drifting else []), "denied", *summary.denied)
    for tool in summary.tools:
        reasons = (_number(tool.denied.get(reason, 0)) for reason in summary.denied)
        denied = _number(tool.calls - tool.allowed)
        drifts = [_number(drifting[tool.tool])] if drifting else []
        table.add_row(_name(tool.tool), f"{tool.calls:,}", f"{tool.allowed:,}", *drifts, denied, *reasons)
    table.add_section()
    reasons = (f"{count:,}" for count in summary.denied.values())
    denied = _number(summary.calls - summary.allowed)
    drifts = [_number(drifting.total())] if drifting else []
    table.add_row(
        "all", f"{summary.calls:,}", f"{summary.allowed:,}", *drifts, denied, *reasons, style="bold"
    )
    return table


def _print_stops(result: Result, console: Console) -> None:
    stops, summary = result.summary.stops, result.summary
    if not stops:
        _say(console, f"No session would have been stopped: all {summary.sessions:,} run to their end.")
        return
    sessions = counted(summary.sessions, "session")
    _say(console, f"{len(stops):,} of {sessions} would have been stopped:", style="bold")
    table = _table(
        "session", "agent", "at call", "of", "tool", "reason", "what was exceeded", numbers=("at call", "of")
    )
    for stop in stops[:MOST_STOPS]:
        session = result.trace.sessions[stop.session]
        table.add_row(
            _name(session.name),
            _name(session.agent),
            f"{stop.call:,}",
            f"{stop.calls:,}",
            Text("(a model)", style="italic") if stop.tool is None else _name(stop.tool),
            Text(stop.reason, style="red"),
            _name(_exceeded(stop.reason, stop.detail)),
        )
    console.print(table)
    if len(stops) > MOST_STOPS:
        _say(console, f" … and {len(stops) - MOST_STOPS:,} more (--json lists all)")


def _exceeded(reason: str, detail: str) -> str:
    """The engine's detail without its reason, the wait, and the session's id, which stands in no trace."""
    told = detail.removeprefix(reason).partition(" [")[0].partition(", admitted again")[0]
    return told.lstrip(": ") or "-"


def _distribution(result: Result) -> Table:
    spread = result.spread
    table = _table("per session (nearest-rank)", "sessions", "p50", "p95", "p99", "max")
    rows: list[tuple[str, Distribution | None, Callable[[int], str]]] = [
        ("calls", spread.calls, _number),
        ("tokens", spread.tokens, _number),
        ("cost (US$)", spread.cost_nano_usd, dollars),
        ("duration", spread.duration_ns, duration),
        ("most calls a minute", spread.peak_per_minute, _number),
    ]
    for name, found, shown in rows:
        if found is not None:
            values = (found.p50, found.p95, found.p99, found.max)
            table.add_row(name, f"{found.count:,}", *(shown(value) for value in values))
    return table


def _closing(result: Result) -> Iterable[str]:
    per_second = result.summary.decisions_per_second
    if per_second is not None:
        took = result.summary.seconds * 1e3
        decisions = counted(result.summary.decisions, "decision")
        yield f"{decisions} in {took:,.2f} ms: {per_second:,.0f} per second."
    suggestion = result.suggestion
    if suggestion is not None:
        sections = suggestion.policy()
        limits = ", ".join(
            f"{key} {str(value).lower()}"
            for name in ("defaults", "execution")
            for key, value in sections.get(name, {}).items()
        )
        share = f"{suggestion.kept:,} of {suggestion.sessions:,} sessions (at least {PERCENT} %)"
        yield f"Limits that let {share} through: {limits}."
        yield "--suggest prints them as a policy file."


def _table(*columns: str, numbers: tuple[str, ...] | None = None) -> Table:
    """A plain table: the first column is a name and the rest are numbers, unless `numbers` says which are."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in columns:
        right = column in numbers if numbers is not None else column != columns[0]
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table


def _name(text: str) -> Text:
    return Text(printable(text))


def _number(count: int) -> str:
    return f"{count:,}"

"""The command ``replay``: its options, and the way from files to a report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from allotment.cli.errors import CommandError, OptionError
from allotment.cli.figures.measures import measure
from allotment.cli.figures.spread import spread_of
from allotment.cli.figures.summary import summarise
from allotment.cli.replay.limits import Limits
from allotment.cli.replay.options import (
    agent_name,
    amount,
    not_empty,
    per_tool,
    time_limit,
    tool_cap,
    tool_names,
)
from allotment.cli.replay.progress import stage
from allotment.cli.replay.timeline import Timeline, schedule
from allotment.cli.report.result import Result
from allotment.cli.suggest.policy_file import policy_file
from allotment.cli.suggest.suggestion import Suggestion, suggest
from allotment.cli.trace.calls import NANOS_PER_SECOND, Trace
from allotment.cli.trace.fields import SENSITIVITIES
from allotment.cli.trace.formats import read_trace
from allotment.cli.trace.source import STDIN

_LONG_FILE, _LONG_TRACE = 8 * 2**20, 100_000
"""From how many bytes, and how many calls, on a progress bar is worth its flicker."""

_EPILOG = """
\b
Formats, told by content and not by name:
  chat messages  OpenAI chat messages with tool_calls or function_call: a list
                 of them, alone or as "traj" or "messages" of an object; one
                 such list or an array of them in JSON, one a line in JSONL
                 Arguments and usage are used; an object may also name
                 "session", "agent", "intent", "tenant", "sensitivity"
  call records   {"session", "agent", "tool", "ts"}: one a line in JSONL, or an
                 array of them; ts is seconds since 1970 or an ISO 8601 time.
                 If recorded: "arguments"; "tokens" (all), "input_tokens",
                 "output_tokens", "cached_tokens" (not in input), "cost_usd";
                 of the session, once: "intent", "tenant", "sensitivity".
                 With "model" instead of "tool" it is a model call

\b
Tokens and cost of a call are asked for with it. Where tokens are told by
kind they are a model's, whose price is known only afterwards: it is called
while anything is left, charged in full, and what it overran refuses the next.
A tool call with such tokens is refused if they are.

\b
Examples:
  allotment replay trace.jsonl --calls 20 --rate 10/min --per-tool refund=1
  allotment replay trace.jsonl --suggest > policy.toml
  allotment replay trace.jsonl --policy policy.toml --json
  allotment replay trace.jsonl --execution standard --on-drift deny

\b
--json prints one object: format, files, limits, sessions, calls, tools,
stopped, distribution, decisions, models, noted, suggested. Money is a string,
exact.

Exit status: 0 if the trace was replayed, whatever was denied; 2 for input or options that cannot be used.
"""


@click.command(epilog=_EPILOG, short_help="Show what limits would have done to recorded conversations.")
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True)
@click.option(
    "--tools",
    metavar="NAME[,NAME...]",
    multiple=True,
    callback=tool_names,
    help="Tools that are authorised.  [default: all]",
)
@click.option("--calls", type=click.IntRange(min=0), metavar="N", help="Calls per session.")
@click.option("--rate", metavar="N/TIME", help="Calls over time per session: 30/min, 5/s, 100/15min.")
@click.option("--tokens", type=click.IntRange(min=0), metavar="N", help="Tokens per session.")
@click.option("--cost-usd", type=amount, metavar="USD", help="US dollars per session.")
@click.option("--time-limit", type=time_limit, metavar="SECONDS", help="How long a session may live.")
@click.option(
    "--intent",
    metavar="TEXT",
    callback=not_empty,
    help="Declared intent of every session.  [default: as in the trace]",
)
@click.option(
    "--on-drift",
    type=click.Choice(["warn", "deny"]),
    help="What a call does that does not fit its session's intent.  [default: warn]",
)
@click.option(
    "--sensitivity",
    type=click.Choice(SENSITIVITIES),
    help="The most that every session may touch.  [default: as in the trace]",
)
@click.option(
    "--air-gap", is_flag=True, help="Only tools of which the policy says that they need no network."
)
@click.option(
    "--execution",
    type=click.Choice(["standard", "extended", "unlimited", "disabled"]),
    help="Limits of a long-running execution: cost, idle time, the same call again and again.",
)
@click.option(
    "--approve",
    is_flag=True,
    help="Let a budget that is used up pause its session, and approve: as much again, and on. Without it a "
    "session that the policy pauses stays so, and counts as stopped.",
)
@click.option("--agent-rate", metavar="N/TIME", help="Calls over time per agent, over all its sessions.")
@click.option(
    "--per-tool",
    type=tool_cap,
    metavar="TOOL=CALLS",
    multiple=True,
    callback=per_tool,
    help="Calls of one tool per session.",
)
@click.option("--policy", metavar="FILE.toml", help="Policy file; options that are given win over it.")
@click.option(
    "--agent",
    metavar="NAME",
    default="agent",
    callback=agent_name,
    help="Whose calls those in chat messages are.",
    show_default=True,
)
@click.option(
    "--seconds-per-call",
    type=amount,
    metavar="SECONDS",
    default="1",
    show_default=True,
    help="Virtual time between the calls of chat messages, which have no times of their own.",
)
@click.option(
    "--suggest", "only_suggest", is_flag=True, help="Print only a policy that 99 % of the sessions meet."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
def replay(
    traces: tuple[str, ...],
    agent: str,
    seconds_per_call: Decimal,
    only_suggest: bool,
    json_wanted: bool,
    **limits: Any,  # noqa: ANN401 - one option for each field of `Limits`
) -> None:
    """Replay recorded agent conversations under limits, and show what the limits would have done.

    Every recorded session runs through a session of its own, on virtual time, decided by the engine that
    decides in production. A session is stopped at its first denied call; its later calls are still asked for.
    Without limits everything is allowed and only counted. With --policy, what no option says is as in the
    policy. TRACE is a file, or
    - for standard input.
    """
    imposed = Limits(**limits)
    if only_suggest:
        _refuse_beside_suggest(imposed, json_wanted)
    trace = _read(traces, agent)
    timeline = schedule(trace, _nanos(seconds_per_call))
    measures = measure(trace, timeline)
    suggestion = suggest(trace, timeline, measures) if any(used.calls for used in measures) else None
    if only_suggest:
        click.echo(_suggested(trace, timeline, suggestion), nl=False)
        return
    from allotment.cli.replay.simulate import replay as decide_all

    with stage("Replaying", len(timeline.calls), _LONG_TRACE) as advance:
        verdicts = decide_all(trace, timeline, imposed, advance)
    result = Result(trace, imposed, summarise(trace, timeline, verdicts), spread_of(measures), suggestion)
    _print(result, json_wanted)


def _read(paths: Sequence[str], agent: str) -> Trace:
    if paths.count(STDIN) > 1:
        raise CommandError("TRACE: - (standard input) can be read only once")
    with stage("Reading", _size(paths), _LONG_FILE) as advance:
        return read_trace(paths, agent, advance)


def _size(paths: Sequence[str]) -> int | None:
    """How many bytes there are to read; None if that cannot be known."""
    try:
        return None if STDIN in paths else sum(os.stat(path).st_size for path in paths)
    except OSError:
        return None


def _nanos(seconds: Decimal) -> int:
    nanos = seconds.scaleb(9)
    if nanos != nanos.to_integral_value():
        raise OptionError("--seconds-per-call", f"{seconds} is finer than a nanosecond")
    return int(seconds * NANOS_PER_SECOND)


def _refuse_beside_suggest(imposed: Limits, json_wanted: bool) -> None:
    beside = [*imposed.options(), *(["--json"] if json_wanted else [])]
    if beside:
        raise OptionError(
            "--suggest", f"is about the trace as it was recorded and goes without {', '.join(beside)}"
        )


def _suggested(trace: Trace, timeline: Timeline, suggestion: Suggestion | None) -> str:
    """The policy file, after the trace has been replayed under it."""
    if suggestion is None:
        raise OptionError("--suggest", "the trace has no tool calls to suggest limits by")
    from allotment.cli.replay.simulate import replay_policy

    with stage("Checking", len(timeline.calls), _LONG_TRACE) as advance:
        verdicts = replay_policy(trace, timeline, suggestion.policy(), advance)
    declared = any(session.intent for session in trace.sessions)
    drifting = verdicts.noted.drifting.total() if declared else None
    return policy_file(suggestion, trace.files, suggestion.sessions - len(verdicts.stops), drifting)


def _print(result: Result, json_wanted: bool) -> None:
    if json_wanted:
        from allotment.cli.report.as_json import as_json

        click.echo(as_json(result))
        return
    from allotment.cli.report.text import print_report, report_console

    console = report_console()
    with console.capture() as captured:
        print_report(result, console)
    lines = captured.get().splitlines()
    click.echo("\n".join(line if console.is_terminal else line.rstrip() for line in lines))

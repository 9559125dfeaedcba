"""The rest of the vocabulary on the real engine: drift, repetitions, kinds of tokens, pauses, tenants."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_samples import Run, Write, assistant, burst, record
from replay_traces import SECOND, traces

from allotment import Policy
from allotment.cli.bounds import MAX_INTENT_BYTES, MAX_REPETITIONS
from allotment.cli.figures.measures import measure
from allotment.cli.replay.limits import Limits
from allotment.cli.replay.simulate import replay
from allotment.cli.replay.timeline import schedule
from allotment.cli.replay.verdicts import Verdicts
from allotment.cli.suggest.suggestion import suggest
from allotment.cli.trace.calls import Call, Kinds, Session, Trace

EVERY_KEY = Path(__file__).parents[3] / "core" / "tests" / "data" / "every-key.toml"


def trace_of(*calls: Call, **declared: str) -> Trace:
    count = 1 + max(call.session for call in calls)
    sessions = (Session(f"s{n}", "a", "t", n + 1, True, **declared) for n in range(count))
    return Trace((), tuple(sessions), calls)


def calls_of(*tools: str, session: int = 0) -> list[Call]:
    return [Call(session, tool, at * SECOND, 0, 0) for at, tool in enumerate(tools)]


def model(at: int, kinds: tuple[int, int, int], cost: int = 0, tool: str | None = None) -> Call:
    return Call(0, tool, at * SECOND, sum(kinds), cost, Kinds(*kinds))


def same(count: int, arguments: bytes | None = b"x", tool: str = "t") -> list[Call]:
    return [Call(0, tool, at * SECOND, 0, 0, arguments=arguments) for at in range(count)]


def decide(trace: Trace, **limits: Any) -> Verdicts:
    return replay(trace, schedule(trace, SECOND), Limits(**limits), lambda _: None)


def policy(tmp_path: Path, text: str) -> str:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return str(path)


DRIFTING = calls_of("read_page", "delete_page", "delete_page", "read_page")


def test_drift_is_noted_and_denied_only_where_that_is_asked_for() -> None:
    warned = decide(trace_of(*DRIFTING, intent="read pages"))
    assert (warned.reasons, warned.noted.drifting) == ((None,) * 4, {"delete_page": 2})
    denied = decide(trace_of(*DRIFTING, intent="read pages"), on_drift="deny")
    assert denied.reasons == (None, "intent_drift", "intent_drift", None)
    assert denied.noted.drifting == {}


def test_the_option_wins_over_what_the_trace_declares() -> None:
    trace = trace_of(*DRIFTING, intent="read pages", sensitivity="restricted")
    assert decide(trace, intent="manage pages", on_drift="deny").stops == ()
    assert decide(trace_of(*DRIFTING), on_drift="deny").stops == (), "no intent, no drift"


def test_the_ceiling_and_the_air_gap_refuse_what_the_catalog_says(tmp_path: Path) -> None:
    path = policy(tmp_path, '[tools.read_page]\nsensitivity = "confidential"\nnetwork = false\n')
    high = trace_of(*DRIFTING, sensitivity="confidential")
    assert decide(high, policy=path).stops == ()
    assert decide(high, policy=path, sensitivity="internal").reasons[0] == "sensitivity_exceeded"
    assert decide(trace_of(*DRIFTING), policy=path).reasons[0] == "sensitivity_exceeded"
    gap = decide(high, policy=path, air_gap=True)
    assert gap.reasons == (None, "network_denied", "network_denied", None)


def test_a_tenants_budget_is_shared_by_the_sessions_that_declare_it(tmp_path: Path) -> None:
    path = policy(tmp_path, "[tenants.acme]\ncalls = 3\n")
    calls = [*calls_of("a", "a"), *calls_of("a", "a", session=1)]
    assert [stop.session for stop in decide(trace_of(*calls, tenant="acme"), policy=path).stops] == [1]
    assert decide(trace_of(*calls), policy=path).stops == ()


@pytest.mark.parametrize(("execution", "passed"), [("standard", 3), ("extended", 5), ("unlimited", 9)])
def test_the_same_call_passes_as_often_in_a_row_as_the_preset_says(execution: str, passed: int) -> None:
    found = decide(trace_of(*same(9)), execution=execution)
    assert found.reasons == (None,) * passed + ("same_step_loop",) * (9 - passed)


def test_other_or_unknown_arguments_and_model_calls_are_no_repetition() -> None:
    unknown, different = same(9, None), [same(1, bytes([n]))[0] for n in range(9)]
    for calls in (unknown, different):
        assert decide(trace_of(*calls), execution="standard").stops == ()
    models = [made for at, call in enumerate(same(9)) for made in (call, model(at, (1, 0, 0)))]
    assert [stop.call for stop in decide(trace_of(*models), execution="standard").stops] == [7]


def test_an_execution_that_was_idle_or_dear_is_blocked() -> None:
    late = trace_of(Call(0, "t", 0, 0, 0), Call(0, "t", 1800 * SECOND, 0, 0))
    assert decide(late, execution="standard").reasons == (None, "idle_timeout")
    dear = trace_of(Call(0, "t", 0, 0, 6 * SECOND), Call(0, "t", 1, 0, 1))
    assert decide(dear, execution="standard").reasons == (None, "budget_exceeded")
    assert decide(dear).stops == ()


def test_a_model_is_called_while_anything_is_left_and_charged_in_full() -> None:
    calls = [model(at, (10, 5, 0)) for at in range(5)]
    found = decide(trace_of(*calls), tokens=40)
    assert found.reasons == (None, None, None, "budget_exceeded", "budget_exceeded")
    assert (found.noted.overruns, found.decisions) == (1, 0)
    (stop,) = found.stops
    assert (stop.tool, stop.call, stop.calls) == (None, 4, 5)
    exact = decide(trace_of(*calls), tokens=45)
    assert (exact.reasons[2:4], exact.noted.overruns) == ((None, "budget_exceeded"), 0)
    money = [model(at, (1, 0, 0), cost=SECOND) for at in range(3)]
    assert decide(trace_of(*money), cost_usd=Decimal("1.5")).reasons == (None, None, "budget_exceeded")


def test_a_tool_call_whose_own_model_call_is_refused_is_refused() -> None:
    calls = [model(at, (10, 0, 0), tool="t") for at in range(3)]
    found = decide(trace_of(*calls), tokens=10)
    assert (found.reasons, found.decisions) == ((None, "budget_exceeded", "budget_exceeded"), 1)


def test_tokens_weigh_what_the_policy_says(tmp_path: Path) -> None:
    path = policy(tmp_path, "[defaults]\ntokens = 11\n[tokens]\ninput = 0\noutput = 4\ncached = 0.5\n")
    calls = [model(at, (1000, 2, 2)) for at in range(4)]  # 9 each
    found = decide(trace_of(*calls), policy=path)
    assert (found.reasons, found.noted.overruns) == ((None, None, "budget_exceeded", "budget_exceeded"), 1)
    free = [model(at, (1000, 0, 0)) for at in range(4)]
    assert decide(trace_of(*free), policy=path).stops == ()


PAUSING = '[defaults]\ncalls = 3\n[approval]\non_exhausted = "pause"\n'


def test_a_paused_session_stays_so_and_counts_as_stopped(tmp_path: Path) -> None:
    found = decide(trace_of(*calls_of(*"aaaaa")), policy=policy(tmp_path, PAUSING))
    assert found.reasons == (None, None, None, "paused", "paused")
    assert (found.noted.for_approval, found.noted.approved, found.noted.for_drift) == (1, 0, 0)
    assert [stop.call for stop in found.stops] == [4]


def test_an_approved_session_goes_on_with_as_much_again(tmp_path: Path) -> None:
    for limits in ({"policy": policy(tmp_path, PAUSING)}, {"calls": 3}):
        found = decide(trace_of(*calls_of(*"aaaaaaaaaaaaa")), approve=True, **limits)
        assert found.stops == ()
        assert (found.noted.for_approval, found.noted.approved, found.noted.for_drift) == (1, 3, 0)
    both = [Call(0, "t", at * SECOND, 10, 10) for at in range(9)]
    found = decide(trace_of(*both), approve=True, calls=4, tokens=5, cost_usd=Decimal("0.00000003"))
    assert found.stops == ()
    models = [model(at, (30, 0, 0)) for at in range(5)]
    assert decide(trace_of(*models), approve=True, tokens=10).stops == ()


def test_what_nobody_can_top_up_is_not_approved(tmp_path: Path) -> None:
    calls = trace_of(*calls_of(*"aaaaa"))
    shared = decide(calls, approve=True, policy=policy(tmp_path, "[agents.a]\ncalls = 3\n"))
    assert (shared.reasons[3:], shared.noted.approved) == (("paused", "paused"), 0)
    assert decide(calls, approve=True, per_tool={"a": 3}).reasons[3:] == ("budget_exceeded",) * 2


def test_repeated_drift_pauses_and_is_told_apart_from_approval(tmp_path: Path) -> None:
    path = policy(tmp_path, '[intent]\non_drift = "deny"\npause_after = 2\n')
    found = decide(trace_of(*DRIFTING, intent="read"), policy=path, approve=True)
    assert found.reasons == (None, "intent_drift", "intent_drift", "paused")
    assert (found.noted.for_approval, found.noted.for_drift) == (0, 1)


def test_warnings_are_counted_whatever_the_policy_records(tmp_path: Path) -> None:
    text = "[defaults]\ncalls = 5\n[agents.a]\ncalls = 6\n[events]\nwarnings = false\ncapacity = 1\n"
    found = decide(trace_of(*calls_of(*"aaaaa")), policy=policy(tmp_path, text))
    assert found.noted.warnings == {"calls": 1, "agent calls": 1}


def test_a_policy_with_every_key_replays(run: Run, write: Write) -> None:
    trace = write(burst("s1", 3, "search", arguments={"q": 1}, intent="search"))
    found = run("replay", trace, "--policy", str(EVERY_KEY), "--json")
    assert (found.exit_code, found.stderr) == (0, "")
    assert json.loads(found.stdout)["calls"]["denied_by_reason"] == {"network_denied": 3}


def test_the_bounds_of_the_new_vocabulary_are_the_engines() -> None:
    calls = trace_of(*calls_of("a"))
    assert decide(calls, intent="x" * MAX_INTENT_BYTES).stops == ()
    Policy.from_dict({"execution": {"repetitions": MAX_REPETITIONS}})
    with pytest.raises(ValueError, match="repetitions"):
        Policy.from_dict({"execution": {"repetitions": MAX_REPETITIONS + 1}})


@given(traces(models=True))
@settings(deadline=None)
def test_without_limits_models_and_tools_are_allowed_and_nothing_overruns(trace: Trace) -> None:
    found = decide(trace)
    assert found.reasons == (None,) * len(trace.calls)
    assert (found.noted.overruns, found.noted.warnings) == (0, {})
    assert found.decisions == sum(call.tool is not None for call in trace.calls)


@given(traces(models=True, most_sessions=3), st.sampled_from(["standard", "extended"]))
@settings(deadline=None)
def test_no_call_is_allowed_more_often_in_a_row_than_the_preset_says(trace: Trace, execution: str) -> None:
    """Of what was allowed the longest row is measured as it is for a suggestion."""
    timeline = schedule(trace, SECOND)
    verdicts = replay(trace, timeline, Limits(execution=execution), lambda _: None)
    allowed = [call for call, reason in zip(timeline.calls, verdicts.reasons, strict=True) if reason is None]
    passed = replace(trace, calls=tuple(allowed))
    longest = {"standard": 3, "extended": 5}[execution]
    assert all(found.longest_row <= longest for found in measure(passed, schedule(passed, SECOND)))


def suggested(trace: Trace) -> dict[str, Any]:
    timeline = schedule(trace, SECOND)
    return suggest(trace, timeline, measure(trace, timeline)).policy()


@pytest.mark.parametrize(("row", "limit"), [(1, 2), (4, 5), (MAX_REPETITIONS - 1, MAX_REPETITIONS)])
def test_the_suggested_repetitions_are_one_more_than_the_longest_row(row: int, limit: int) -> None:
    assert suggested(trace_of(*same(row)))["execution"] == {"repetitions": limit}


def test_a_row_that_no_limit_can_hold_or_nobody_knows_suggests_none() -> None:
    for calls in (same(MAX_REPETITIONS), same(3, None)):
        assert "execution" not in suggested(trace_of(*calls))


def test_suggested_tokens_are_those_of_tools_and_models() -> None:
    found = suggested(trace_of(Call(0, "t", 0, 7, 0), model(1, (1, 2, 3)), model(2, (1, 0, 0), tool="t")))
    assert (found["defaults"]["tokens"], found["defaults"]["calls"]) == (14, 2)


def test_names_that_need_it_are_let_in_by_the_suggestion(run: Run, write: Write, tmp_path: Path) -> None:
    trace = write(burst("s1", 3, "grüße senden"))
    text = run("replay", trace, "--suggest").stdout
    assert "any_tool_name = true" in text
    assert "1 of 1 sessions ran to their end" in text
    path = policy(tmp_path, text)
    assert json.loads(run("replay", trace, "--policy", path, "--json").stdout)["sessions"]["stopped"] == 0


def test_the_report_says_what_was_noted(run: Run, write: Write) -> None:
    model_call = {"session": "s1", "agent": "agent-7", "model": "m", "ts": 0.5, "input_tokens": 1_500}
    records = [record(ts=0, intent="read"), model_call, model_call | {"ts": 0.7}]
    records += [record(tool="delete_all", ts=1), record(ts=2)]
    lines = run("replay", write(records), "--tokens", "1000").stdout.splitlines()
    for line in (
        "Model calls: 2, 1 denied: budget_exceeded 1.",
        "Tokens: input 3,000.",
        "Drift: 1 allowed call did not fit the session's intent; --on-drift deny would refuse them.",
        "Overruns: 1 model call used more than was left.",
    ):
        assert line in lines
    found = run("replay", write(records), "--calls", "2", "--approve", "--json")
    noted = json.loads(found.stdout)["noted"]
    assert noted["paused"] == {"for_approval": 1, "for_drift": 0}
    assert (noted["approved"], noted["drifting"], noted["overruns"]) == (1, {"delete_all": 1}, 0)
    assert json.loads(found.stdout)["models"] == {
        **{"total": 2, "allowed": 2, "denied": 0, "denied_by_reason": {}},
        "tokens": {"total": 3000, "input": 3000, "output": 0, "cached": 0, "other": 0},
    }
    quiet = run("replay", write(burst("s1", 3))).stdout
    assert not any(word in quiet for word in ("Model calls", "Tokens:", "Drift", "Warnings", "Paused"))


def test_a_trace_of_model_calls_alone_has_nothing_to_suggest_by(run: Run, write: Write) -> None:
    chat = write(json.dumps([{"role": "assistant", "content": "hi", "usage": {"prompt_tokens": 5}}]))
    assert "1 session, 0 tool calls" in run("replay", chat).stdout
    refused = run("replay", chat, "--suggest")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_a_model_call_in_a_conversation_takes_no_time(run: Run, write: Write) -> None:
    talk = {"role": "assistant", "content": "so", "usage": {"prompt_tokens": 5}}
    chat = write(json.dumps([talk, assistant("a"), talk, assistant("a"), talk, talk, assistant("a")]))
    found = run("replay", chat, "--rate", "1/2s", "--json")
    assert json.loads(found.stdout)["calls"]["denied"] == 1


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--execution", "fast"], ["--execution: ", "'fast'", "standard"]),
        (["--sensitivity", "secret"], ["--sensitivity: ", "'secret'", "public"]),
        (["--on-drift", "ignore"], ["--on-drift: ", "'ignore'", "deny"]),
        (["--suggest", "--approve"], ["--suggest: ", "--approve"]),
        (["--suggest", "--air-gap"], ["--suggest: ", "--air-gap"]),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_one_line(run: Run, write: Write, options: list[str], parts: list[str]) -> None:
    result = run("replay", write(burst("s1", 1)), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert all(part in line for part in parts), line


def test_the_one_session_of_a_hundred_that_loops_is_left_out_of_the_suggestion() -> None:
    calls = [
        Call(session, "t", at * SECOND, 0, 0, arguments=b"x" if session == 7 else bytes([at]))
        for session in range(100)
        for at in range(9)
    ]
    assert suggested(trace_of(*calls))["execution"] == {"repetitions": 2}


def test_the_suggested_file_tells_what_denying_drift_would_deny(run: Run, write: Write) -> None:
    drifting = [record(ts=0, intent="read it"), record(tool="delete_it", ts=1)]
    told = '# [intent] with on_drift = "deny" would deny {} calls that do not fit their intent.'
    assert told.format(1) in run("replay", write(drifting), "--suggest").stdout.splitlines()
    assert told.format(0) in run("replay", write(drifting[:1]), "--suggest").stdout.splitlines()
    assert "on_drift" not in run("replay", write(burst("s1", 2)), "--suggest").stdout

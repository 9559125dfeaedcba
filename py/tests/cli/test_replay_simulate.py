"""The replay on the real engine: sessions, time and limits are those of the trace and of the options."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from replay_traces import SECOND, TOOLS, traces

from allotment import Policy
from allotment.cli.errors import CommandError, OptionError, TraceError
from allotment.cli.figures.measures import measure
from allotment.cli.replay.limits import Limits
from allotment.cli.replay.simulate import replay
from allotment.cli.replay.timeline import schedule
from allotment.cli.replay.verdicts import Verdicts
from allotment.cli.suggest.policy_file import policy_file
from allotment.cli.suggest.suggestion import suggest
from allotment.cli.trace.calls import Call, Session, SourceFile, Trace


def call(session: int, at_s: float, tool: str = "search", tokens: int = 0, cost_nano_usd: int = 0) -> Call:
    return Call(session, tool, int(at_s * SECOND), tokens, cost_nano_usd)


def trace_of(*calls: Call, agents: tuple[str, ...] = ()) -> Trace:
    """A timed trace; all sessions are of agent ``a`` unless `agents` names one for each."""
    count = 1 + max(made.session for made in calls)
    names = agents or ("a",) * count
    return Trace((), tuple(Session(f"s{n}", names[n], "t", n + 1, True) for n in range(count)), calls)


def decide(trace: Trace, **limits: Any) -> Verdicts:
    return replay(trace, schedule(trace, SECOND), Limits(**limits), lambda _: None)


def policy(tmp_path: Path, text: str) -> str:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return str(path)


ELEVEN = [call(0, number) for number in range(11)]


@given(traces())
def test_without_limits_everything_is_allowed(trace: Trace) -> None:
    found = decide(trace)
    assert found.reasons == (None,) * len(trace.calls)
    assert (found.stops, found.decisions) == ((), len(trace.calls))
    assert found.seconds > 0 or not trace.calls


@given(traces(most_sessions=4), st.integers(0, 6))
def test_a_budget_of_calls_stops_each_session_at_its_next_call(trace: Trace, budget: int) -> None:
    found = decide(trace, calls=budget)
    made: dict[int, int] = {}
    for verdict, done in zip(found.reasons, schedule(trace, SECOND).calls, strict=True):
        made[done.session] = made.get(done.session, 0) + 1
        assert verdict == (None if made[done.session] <= budget else "budget_exceeded")
    assert {(stop.session, stop.call, stop.calls) for stop in found.stops} == {
        (session, budget + 1, count) for session, count in made.items() if count > budget
    }


@pytest.mark.parametrize(
    ("limits", "reason", "first"),
    [
        ({"calls": 4}, "budget_exceeded", 5),
        ({"per_tool": {"search": 3}}, "budget_exceeded", 4),
        ({"tokens": 25}, "budget_exceeded", 3),
        ({"cost_usd": Decimal("0.0000000255")}, "budget_exceeded", 3),
        ({"rate": "6/min"}, "rate_limited", 7),
        ({"agent_rate": "6/min"}, "rate_limited", 7),
        ({"time_limit": Decimal("4.5")}, "expired", 6),
        ({"time_limit": Decimal(5)}, "expired", 6),
        ({"tools": ("refund",)}, "tool_not_authorized", 1),
        ({"tools": ()}, "tool_not_authorized", 1),
        ({"rate": "6/min", "calls": 3}, "budget_exceeded", 4),
        ({"tools": ("search",), "per_tool": {"search": 2}}, "budget_exceeded", 3),
    ],
    ids=str,
)
def test_each_limit_stops_where_it_must(limits: dict[str, Any], reason: str, first: int) -> None:
    calls = [call(0, number, "search", 10, 10) for number in range(11)]
    (stop,) = decide(trace_of(*calls), **limits).stops
    assert (stop.reason, stop.call, stop.calls, stop.tool) == (reason, first, 11, "search")
    assert stop.detail


def test_after_a_denial_the_session_goes_on_asking() -> None:
    """6 a minute refills one call every 10 s: of one a second from the 7th on, every tenth passes again."""
    found = decide(trace_of(*(call(0, number) for number in range(31))), rate="6/min")
    assert [number for number, reason in enumerate(found.reasons) if reason is None] == [
        0,
        1,
        2,
        3,
        4,
        5,
        10,
        20,
        30,
    ]
    assert found.stops[0].retry_after == pytest.approx(4)


def test_an_agents_rate_is_shared_by_its_sessions_and_not_with_others() -> None:
    calls = [call(number % 3, number) for number in range(12)]
    found = decide(trace_of(*calls, agents=("a", "a", "b")), agent_rate="4/min")
    denied = [made.session for made, reason in zip(calls, found.reasons, strict=True) if reason]
    assert denied == [0, 1, 0, 1], "eight calls of a, four of b"


def test_a_session_is_closed_as_its_last_call_passes(tmp_path: Path) -> None:
    one = policy(tmp_path, '[agents."*"]\nmax_sessions = 1\n')
    after = trace_of(call(0, 0), call(0, 1), call(1, 1), call(1, 2), call(2, 2))
    assert decide(after, policy=one).stops == ()
    meanwhile = trace_of(call(0, 0), call(1, 0.5), call(0, 1), call(1, 2))
    found = decide(meanwhile, policy=one)
    assert [(stop.session, stop.call, stop.reason) for stop in found.stops] == [(1, 1, "too_many_sessions")]
    assert found.reasons == (None, "too_many_sessions", None, "too_many_sessions")
    assert found.decisions == 2


@pytest.mark.parametrize("text", [None, "", "[agents.a]\ncalls = 1000\n", '[agents."a*"]\ncalls = 1000\n'])
def test_the_default_cap_on_concurrent_sessions_is_lifted(tmp_path: Path, text: str | None) -> None:
    together = [call(session, at) for at in range(2) for session in range(30)]
    limits = {} if text is None else {"policy": policy(tmp_path, text)}
    assert decide(trace_of(*together), **limits).stops == ()


def test_what_no_option_says_is_as_in_the_policy(tmp_path: Path) -> None:
    """An empty policy has the engine's defaults, 1000 calls and an hour; without a policy there are none."""
    long = trace_of(call(0, 0), call(0, 3599), call(0, 3600))
    many = trace_of(*(call(0, 0) for _ in range(1001)))
    empty = policy(tmp_path, "")
    assert [stop.reason for stop in decide(long, policy=empty).stops] == ["expired"]
    assert [stop.call for stop in decide(many, policy=empty).stops] == [1001]
    assert decide(long).stops == decide(many).stops == ()


def test_options_win_over_the_policy(tmp_path: Path) -> None:
    text = '[defaults]\ncalls = 2\ntime_limit = 3\n[agents."*"]\nrate = "1/min"\n[agents.a]\nrate = "2/min"\n'
    path = policy(tmp_path, text)
    assert decide(trace_of(*ELEVEN), policy=path).stops[0].call == 3
    assert decide(trace_of(*ELEVEN), policy=path, agent_rate="100/min").stops[0].call == 3
    assert decide(trace_of(*ELEVEN), policy=path, agent_rate="100/min", calls=7).stops[0].reason == "expired"
    wide = decide(trace_of(*ELEVEN), policy=path, agent_rate="100/min", calls=7, time_limit=Decimal(100_000))
    assert (wide.stops[0].call, wide.stops[0].reason) == (8, "budget_exceeded")


def test_a_name_that_is_no_tool_name_is_denied_even_when_all_are_allowed() -> None:
    found = decide(trace_of(call(0, 0), call(0, 1, "rm -rf"), call(0, 2, "x" * 129)))
    assert found.reasons == (None, "tool_not_authorized", "tool_not_authorized")


def test_the_intent_is_given_to_every_session() -> None:
    assert decide(trace_of(*ELEVEN), intent="read and analyze").stops == ()
    with pytest.raises(OptionError, match=r"^--intent: "):
        decide(trace_of(*ELEVEN), intent="x" * 513)


@pytest.mark.parametrize(
    ("limits", "option", "value"),
    [
        ({"rate": "nonsense"}, "--rate", "nonsense"),
        ({"rate": "1.5/s"}, "--rate", "1.5/s"),
        ({"agent_rate": "5/fortnight"}, "--agent-rate", "5/fortnight"),
        ({"calls": 2**48 + 1}, "--calls", str(2**48 + 1)),
        ({"tokens": 2**48 + 1}, "--tokens", str(2**48 + 1)),
        ({"cost_usd": Decimal(10**9)}, "--cost-usd", "1000000000"),
        ({"time_limit": Decimal("0.5")}, "--time-limit", "500ms"),
        ({"time_limit": Decimal(10**9)}, "--time-limit", ""),
        ({"tools": ("a b",)}, "--tools", "a b"),
        ({"per_tool": {"a b": 1}}, "--per-tool", "a b"),
        ({"per_tool": {"a": 2**48 + 1}}, "--per-tool", str(2**48 + 1)),
        ({"tools": ("a",), "per_tool": {"b": 1}}, "--per-tool", "b=1"),
    ],
    ids=str,
)
def test_a_limit_that_the_engine_refuses_is_named_as_the_option(
    limits: dict[str, Any], option: str, value: str
) -> None:
    with pytest.raises(OptionError) as caught:
        decide(trace_of(*ELEVEN), **limits)
    assert str(caught.value).startswith(f"{option}: ")
    assert value in str(caught.value)


@pytest.mark.parametrize("text", ["calls = ", "[defaults]\ncalls = -1\n", "[defaults]\ncals = 1\n"])
def test_a_policy_that_cannot_be_used_is_named_with_its_file(tmp_path: Path, text: str) -> None:
    path = policy(tmp_path, text)
    with pytest.raises(CommandError) as caught:
        decide(trace_of(*ELEVEN), policy=path)
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_policy_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.toml.*No such file"):
        decide(trace_of(*ELEVEN), policy=str(tmp_path / "absent.toml"))


def test_an_agents_name_that_the_engine_refuses_is_named_with_its_line() -> None:
    with pytest.raises(TraceError, match=r"^t:2: "):
        decide(trace_of(call(0, 0), call(1, 1), agents=("a", "a" * 10_000)))


def test_progress_is_told_of_every_call() -> None:
    told: list[int] = []
    trace = trace_of(*ELEVEN)
    replay(trace, schedule(trace, 0), Limits(), told.append)
    assert sum(told) == 11


@given(trace=st.booleans().flatmap(lambda models: traces(models=models)), caps=st.booleans())
@settings(deadline=None)
def test_under_its_suggestion_at_least_99_percent_of_a_trace_pass(
    tmp_path_factory: pytest.TempPathFactory, trace: Trace, caps: bool
) -> None:
    """The text of the file itself, loaded as a policy, alone and with its ``--per-tool`` flags."""
    assume(any(call.tool for call in trace.calls))
    timeline = schedule(trace, SECOND)
    suggestion = suggest(trace, timeline, measure(trace, timeline))
    path = tmp_path_factory.mktemp("suggested") / "policy.toml"
    path.write_text(policy_file(suggestion, (SourceFile("t", "records", 1, 1),), 1))
    Policy.from_toml(str(path))
    limits = Limits(policy=str(path), per_tool=suggestion.tools if caps else {})
    stopped = len(replay(trace, timeline, limits, lambda _: None).stops)
    assert 100 * stopped <= len(trace.sessions)
    assert stopped <= suggestion.sessions - suggestion.kept
    assert set(suggestion.tools) <= set(TOOLS)


def test_a_suggestion_that_is_one_too_small_is_noticed() -> None:
    """The planted error that the property above must see, for calls and for the rate."""
    trace = trace_of(*ELEVEN)
    timeline = schedule(trace, 0)
    suggestion = suggest(trace, timeline, measure(trace, timeline))
    assert (suggestion.calls, suggestion.rate_per_minute, suggestion.time_limit_s) == (11, 10, 11)
    assert decide(trace, calls=11, rate="10/min", time_limit=Decimal(11)).stops == ()
    assert decide(trace, calls=10).stops[0].call == 11
    assert decide(trace, rate="9/min").stops[0].call == 11
    assert decide(trace, time_limit=Decimal(10)).stops[0].call == 11

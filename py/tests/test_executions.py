"""Long-running executions: steps, depth, idleness, repetitions, memory, step timers (E1 to E19)."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from allotment import (
    BudgetExceeded,
    DepthExceeded,
    Enforcer,
    IdleTimeout,
    InvalidPolicy,
    Policy,
    SameStepLoop,
    StepTimedOut,
)

if TYPE_CHECKING:
    from allotment.testing import ManualClock
    from drive import Create


# E13
@pytest.mark.parametrize(
    ("preset", "steps", "depth", "cost", "idle", "repetitions"),
    [
        ("standard", 50, 5, 5, 1800, 3),
        ("extended", 300, 10, 50, 14_400, 5),
        ("unlimited", None, None, 100, 86_400, None),
        ("disabled", None, None, None, None, None),
    ],
)
def test_e13_the_presets_are_what_they_say(
    clock: ManualClock,
    preset: Any,
    steps: int | None,
    depth: int | None,
    cost: int | None,
    idle: int | None,
    repetitions: int | None,
) -> None:
    policy = Policy.from_dict({"defaults": {"time_limit": "9d", "max_time_limit": "9d"}})
    enforcer = Enforcer(policy, clock)

    def fresh() -> Any:
        return enforcer.create_session(agent="a", tools=["search"], execution=preset)

    shown = fresh().snapshot()
    assert (shown["discovered_steps"]["limit"], shown["depth"]["limit"]) == (steps, depth)
    session = fresh()
    same = [session.decide("search", arguments={"q": 1}).allowed for _ in range(10)]
    assert same.count(True) == (10 if repetitions is None else repetitions)
    session = fresh()
    session.record(cost_usd="99.99" if cost is None else cost)
    assert session.decide("search").allowed is (cost is None)
    session = fresh()
    clock.advance(86_400 if idle is None else idle - 0.001)
    assert session.decide("search").allowed
    clock.advance(86_400 if idle is None else idle)
    assert session.decide("search").allowed is (idle is None)


# E1
def test_e1_an_execution_shows_all_that_it_did(create: Create, clock: ManualClock) -> None:
    session = create(execution="standard", steps=10, cost_usd="9")
    assert session.snapshot()["last_activity"] == 0
    clock.advance(1.5)
    session.step(2, discovered_steps=3, tokens=7, cost_usd="0.5")
    session.record(input_tokens=100, output_tokens=20, cached_tokens=5)
    clock.advance(0.25)
    with session.descend() as first, session.descend() as second:
        assert (first.level, second.level) == (1, 2)
        assert session.snapshot()["depth"] == {"current": 2, "deepest": 2, "limit": 5}
    shown = session.snapshot()
    assert (shown["steps"]["spent"], shown["discovered_steps"]["spent"], shown["calls"]["spent"]) == (2, 3, 0)
    assert (shown["tokens"]["spent"], shown["cost"]["spent"]) == (7 + 100 + 20 + 5, "0.50")
    assert shown["tokens_by_kind"] == {"input": 100, "output": 20, "cached": 5}
    assert (shown["created_at"], shown["wall_time_ms"], shown["last_activity"]) == (0, 1750, 1.75)
    assert shown["depth"] == {"current": 0, "deepest": 2, "limit": 5}
    assert create().snapshot()["last_activity"] is None


# E2, E7, E8
def test_e2_e7_e8_a_step_is_allowed_or_warned_of_or_blocked(create: Create) -> None:
    session = create(steps=10)
    said = [session.decide_step() for _ in range(11)]
    assert [decision.allowed for decision in said] == [True] * 10 + [False]
    assert [bool(decision.warnings) for decision in said] == [False] * 7 + [True] * 3 + [False]
    warning, blocked = said[8].warnings[0], said[10]
    assert (warning.resource, warning.remaining, warning.limit, warning.percent) == ("steps", 1, 10, 10)
    assert (blocked.resource, blocked.limit, blocked.used, blocked.tool) == ("steps", 10, 10, None)
    with pytest.raises(BudgetExceeded, match="steps") as caught:
        session.step()
    assert "session steps exceeded: 11 / 10 (110%)" in caught.value.detail
    assert session.snapshot()["steps"]["spent"] == 10


def test_a_step_and_what_it_uses_are_one(create: Create) -> None:
    session = create(steps=10, discovered_steps=4, tokens=100)
    assert not session.decide_step(tokens=101).allowed
    assert not session.decide_step(discovered_steps=5).allowed
    assert not session.decide_step(11, discovered_steps=1).allowed
    session.step(discovered_steps=4, tokens=100)
    shown = session.snapshot()
    assert [shown[name]["spent"] for name in ("steps", "discovered_steps", "tokens")] == [1, 4, 100]


# E15, D22
def test_d22_e15_a_level_is_left_once_however_it_is_left(create: Create) -> None:
    session = create(execution={"depth": 2})
    first = session.descend()
    with first, session.descend() as second:
        with pytest.raises(DepthExceeded) as caught:
            session.descend()
        assert (caught.value.resource, caught.value.limit, caught.value.used) == ("depth", 2, 2)
        second.leave()
        second.leave()
        assert session.snapshot()["depth"]["current"] == 1
    first.leave()
    assert session.snapshot()["depth"] == {"current": 0, "deepest": 2, "limit": 2}
    with pytest.raises(ValueError, match="inside"), session.descend():
        raise ValueError("inside")
    assert session.snapshot()["depth"]["current"] == 0


# E15
def test_e15_a_level_that_is_forgotten_is_left_by_the_collector(create: Create) -> None:
    session = create(execution={"depth": 1})
    for _ in range(3):
        forgotten = session.descend()
        assert forgotten.level == 1
        del forgotten
        gc.collect()
    last = create(execution={"depth": 1}).descend()
    gc.collect()
    last.leave()


# E14, E16
def test_e14_e16_whatever_is_done_ends_idleness_and_resume_forgives_it(
    create: Create, clock: ManualClock
) -> None:
    session = create(execution={"idle_timeout": 10})
    does = [
        lambda: session.authorize("search"),
        lambda: session.step(),
        lambda: session.record(tokens=1),
        lambda: session.reserve(tokens=1).release(),
        lambda: session.descend().leave(),
    ]
    for do in does:
        clock.advance(9)
        do()
    clock.advance(8)
    (warning,) = [low for low in session.decide("search").warnings if low.resource == "idle"]
    assert (warning.remaining, warning.limit) == (2.0, 10.0)
    clock.advance(10)
    for do in (does[0], does[1], does[3], does[4]):
        with pytest.raises(IdleTimeout) as caught:
            do()
        assert (caught.value.resource, caught.value.limit) == ("idle", 10.0)
    session.resume()
    session.authorize("search")


# E19
def test_e19_the_same_step_too_often_in_a_row_is_a_loop(create: Create) -> None:
    session = create(execution={"repetitions": 3})

    def ask(tool: str = "search", **arguments: object) -> bool:
        return session.decide(tool, arguments=arguments).allowed

    assert [ask(q="rust", limit=3), ask(limit=3, q="rust"), ask(q="rust", limit=3)] == [True] * 3
    assert not session.preview("search", arguments={"q": "rust", "limit": 3}).allowed
    with pytest.raises(SameStepLoop):
        session.authorize("search", arguments={"limit": 3, "q": "rust"})
    assert ask("read", q="rust", limit=3)
    assert ask(q="rust", limit=3)
    assert [ask(q="rust", limit=4) for _ in range(4)] == [True] * 3 + [False]
    assert session.decide("search").allowed, "of a call that says nothing of its arguments nobody can tell"


# E19
def test_e19_by_id_too(create: Create, enforcer: Enforcer) -> None:
    session = create(execution={"repetitions": 2})
    asked: dict[str, Any] = {"session_id": session.id, "tool": "search", "agent": "agent-7", "arguments": [1]}
    enforcer.authorize(**asked)
    assert enforcer.preview(**asked).allowed
    assert enforcer.decide(**asked).allowed
    assert enforcer.preview(**asked).reason == "same_step_loop"
    assert enforcer.decide(**asked).reason == "same_step_loop"
    with pytest.raises(SameStepLoop):
        enforcer.authorize(**asked)
    assert enforcer.decide(**{**asked, "agent": "other"}).reason == "agent_mismatch"


def test_arguments_are_looked_at_only_where_that_matters(create: Create, enforcer: Enforcer) -> None:
    looked: list[int] = []

    class Telling:
        def __repr__(self) -> str:
            looked.append(1)
            return "telling"

    plain, watched = create(), create(execution="standard")
    for session in (plain, watched):
        session.authorize("search", arguments=Telling())
        session.decide("search", arguments=Telling())
        session.preview("search", arguments=Telling())
        enforcer.decide(session.id, "search", agent="agent-7", arguments=Telling())
        assert len(looked) == (0 if session is plain else 4)


# E19
def test_e19_guarded_functions_are_known_by_their_arguments_however_they_are_passed(create: Create) -> None:
    session = create(execution={"repetitions": 2})
    ran: list[str] = []

    @session.guard
    def search(query: str, /, limit: int = 3, *more: int, deep: bool = False, **rest: int) -> None:
        ran.append(query)

    search("a")
    search("a", 3)
    with pytest.raises(SameStepLoop):
        search("a", limit=3, deep=False)
    search("a", 3, 4)
    search("a", 3, x=1, y=2)
    search("a", y=2, x=1, limit=3)
    with pytest.raises(SameStepLoop):
        search("a", 3, x=1, y=2)
    assert len(ran) == 5
    for _ in range(2):
        with pytest.raises(TypeError):
            search(query="a")  # type: ignore[call-arg]
    with pytest.raises(SameStepLoop):
        search(query="a")  # type: ignore[call-arg]


# E19
def test_e19_of_a_guarded_method_the_object_is_no_argument(create: Create) -> None:
    session = create(execution={"repetitions": 2})

    class Tools:
        @session.guard
        def search(self, query: str) -> str:
            return query

    assert Tools().search("a") == Tools().search(query="a") == "a"
    with pytest.raises(SameStepLoop):
        Tools().search("a")
    assert session.guard(len, tool="read")([]) == 0


# E19
def test_e19_memory_that_was_seen_denies_until_less_is_seen(create: Create) -> None:
    session = create(execution={"memory": 1000})
    assert session.observe_memory(1000) is True
    session.authorize("search")
    assert session.observe_memory(1001) is False
    decision = session.decide("search")
    assert (decision.reason, decision.resource) == ("budget_exceeded", "memory")
    assert (decision.limit, decision.used) == (1000, 1001)
    assert session.snapshot()["memory"] == {"observed": 1001, "limit": 1000}
    assert session.observe_memory(0) is True
    session.authorize("search")
    assert create().observe_memory(2**64 - 1) is True


# E17
def test_e17_a_step_timer_stops_nothing_but_says_when(create: Create, clock: ManualClock) -> None:
    session = create()
    for begin in (session.step_timer, Enforcer(clock=clock).step_timer):
        timer = begin(5)
        assert (timer.elapsed, timer.remaining, timer.timed_out) == (0.0, 5.0, False)
        clock.advance_ns(4_999_999_999)
        timer.check()
        assert not timer.timed_out
        clock.advance_ns(1)
        assert timer.timed_out
        clock.advance(1.5)
        assert (timer.elapsed, timer.remaining) == (6.5, 0.0)
        with pytest.raises(TimeoutError) as caught:
            timer.check()
        assert isinstance(caught.value, StepTimedOut)
        assert (caught.value.limit, caught.value.elapsed) == (5.0, 6.5)
        assert str(caught.value) == "step timed out: 6.5s / 5s"
    assert session.step_timer(0).timed_out


# E13
@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ("Standard", "execution"),
        ("", "execution"),
        ("\ud800", "execution"),
        (5, "execution"),
        (True, "execution"),
        (["standard"], "execution"),
        ({"preset": "huge"}, "execution.preset"),
        ({"depths": 5}, "execution.depths"),
        ({"depth": -1}, "execution.depth"),
        ({"depth": 1.5}, "execution.depth"),
        ({"depth": None}, "execution.depth"),
        ({"repetitions": 0}, "execution.repetitions"),
        ({"idle_timeout": 0}, "execution.idle_timeout"),
        ({"cost_usd": "-1"}, "execution.cost_usd"),
        ({"memory": 2**49}, "execution.memory"),
        ({5: 5}, "execution"),
    ],
)
def test_e13_an_execution_that_makes_no_sense_is_an_error_by_its_key(
    enforcer: Enforcer, wrong: Any, argument: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        enforcer.create_session(agent="a", tools=[], execution=wrong)
    assert caught.value.argument == argument
    parent = enforcer.create_session(agent="a", tools=[])
    with pytest.raises(InvalidPolicy) as caught:
        parent.delegate(agent="b", tools=[], execution=wrong)
    assert caught.value.argument == argument
    assert enforcer.stats()["sessions"] == 1


# E13
def test_e13_a_preset_may_be_changed_and_a_child_is_never_wider(create: Create) -> None:
    parent = create(execution={"preset": "standard", "depth": 2, "idle_timeout": "unlimited"})
    assert parent.snapshot()["depth"]["limit"] == 2
    assert parent.snapshot()["discovered_steps"]["limit"] == 50
    with pytest.raises(InvalidPolicy, match=r"execution\.depth"):
        parent.delegate(agent="b", tools=[], execution="standard")
    child = parent.delegate(agent="b", tools=[], execution={"preset": "standard", "depth": 1})
    assert child.snapshot()["depth"]["limit"] == 1
    assert parent.delegate(agent="b", tools=[]).snapshot()["depth"]["limit"] == 2

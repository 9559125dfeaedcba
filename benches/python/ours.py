"""The package, and the floor under it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from time import perf_counter_ns

from allotment_bench_noop import Floor, Noop

from allotment import Enforcer, KeyedLimiter, Policy, Rate, Session
from subject import Subject, Timed, loop, own, together

TOOLS = [
    "query_transactions",
    "get_account_summary",
    "search",
    "send_email",
    "calculate",
    "list_accounts",
    "describe_table",
    "transfer_to_human",
]
"""Eight, as a session of an agent has."""

PLENTY = 1 << 48
"""A budget that no benchmark uses up."""

PER_SECOND, BURST = 2_000_000, 1e6
"""A rate that none uses up: a bucket of two trillion."""

SESSIONS = 1_000
"""How many there are where one is found by its id."""


def session(enforcer: Enforcer, agent: str = "agent-7") -> Session:
    """One as in the Rust benchmarks: eight tools, a budget of calls and a rate."""
    rate = Rate(PER_SECOND, per=1, burst=BURST)
    return enforcer.create_session(
        agent=agent, tools=TOOLS, calls=PLENTY, tokens=PLENTY, rate=rate, time_limit=86_400
    )


def ours(tasks: asyncio.AbstractEventLoop) -> list[Subject]:
    """One thread; coroutines run in `tasks`."""
    return [
        Subject("python/empty_loop", _empty_loop),
        Subject("python/noop", loop(Noop().check)),
        Subject("python/floor", loop(Floor(set(TOOLS)).check)),
        _authorize(),
        _decide(),
        _decide_denied(),
        _by_id(),
        _reserve_settle(),
        Subject("python/bare_function", loop(_search)),
        _guard(),
        _in_coroutine(tasks),
        Subject("python/keyed_limiter", loop(KeyedLimiter(Rate(PER_SECOND, per=1, burst=BURST)).authorize)),
    ]


def two_threads() -> list[Subject]:
    """Sessions of their own, then one for both."""
    enforcer = Enforcer()
    one, other, both = session(enforcer, "one"), session(enforcer, "other"), session(enforcer, "both")
    apart, same = [loop(one.authorize), loop(other.authorize)], [loop(both.authorize), loop(both.authorize)]
    return [
        Subject("python/authorize_two_apart", together(apart), threads=2),
        Subject("python/authorize_two_same", together(same), threads=2),
    ]


def _empty_loop(times: int) -> int:
    begun = perf_counter_ns()
    for _ in range(times):
        pass
    return perf_counter_ns() - begun


def _counted(name: str, asked: Session, run: Timed) -> Subject:
    """Calls that `asked` has to have admitted, all of them."""
    done = 0

    def counting(times: int) -> int:
        nonlocal done
        done += times
        return run(times)

    def sure() -> None:
        spent = asked.snapshot()["calls"]["spent"]
        assert spent == done, f"{name}: {spent} of {done} were admitted"

    return Subject(name, counting, sure=sure)


def _authorize() -> Subject:
    asked = session(Enforcer())
    return _counted("python/authorize", asked, loop(asked.authorize))


def _decide() -> Subject:
    asked = session(Enforcer())
    return _counted("python/decide", asked, loop(asked.decide))


def _decide_denied() -> Subject:
    """A budget that is used up, which is what a denial mostly is."""
    asked = Enforcer().create_session(agent="agent-7", tools=TOOLS, calls=1)
    asked.authorize("search")

    def sure() -> None:
        assert asked.decide("search").reason == "budget_exceeded"

    return Subject("python/decide_denied", loop(asked.decide), sure=sure)


def shuffled(ids: Sequence[str], times: int) -> list[str]:
    """So many of `ids`, in an order that no cache foresees and that is the same every time."""
    order = random.Random(7).sample(ids, len(ids))
    return (order * (times // len(order) + 1))[:times]


def _by_id() -> Subject:
    """One of a thousand."""
    enforcer = Enforcer(Policy.from_dict({"agents": {"*": {"max_sessions": SESSIONS}}}))
    held = [session(enforcer) for _ in range(SESSIONS)]
    ids, authorize = [asked.id for asked in held], enforcer.authorize
    done = 0

    def run(times: int) -> int:
        nonlocal done
        done += times
        ask, order = authorize, shuffled(ids, times)
        begun = perf_counter_ns()
        for session_id in order:
            ask(session_id, "search", agent="agent-7")
        return perf_counter_ns() - begun

    def sure() -> None:
        assert sum(asked.snapshot()["calls"]["spent"] for asked in held) == done

    return Subject("python/authorize_by_id", run, sure=sure)


def _reserve_settle() -> Subject:
    asked = session(Enforcer())
    reserve = asked.reserve
    done = 0

    def run(times: int) -> int:
        nonlocal done
        done += times
        ask = reserve
        begun = perf_counter_ns()
        for _ in range(times):
            with ask(tokens=4000) as hold:
                hold.settle(tokens=3120)
        return perf_counter_ns() - begun

    def sure() -> None:
        assert asked.snapshot()["tokens"]["spent"] == 3120 * done

    return Subject("python/reserve_settle", run, sure=sure)


def _search(query: str) -> str:
    """What is guarded."""
    return query


def _guard() -> Subject:
    asked = session(Enforcer())
    return _counted("python/guard", asked, loop(asked.guard(_search, tool="search")))


def _in_coroutine(tasks: asyncio.AbstractEventLoop) -> Subject:
    asked = session(Enforcer())
    authorize = asked.authorize

    async def task(times: int) -> int:
        ask = authorize
        begun = perf_counter_ns()
        for _ in range(times):
            ask("search")
        return perf_counter_ns() - begun

    own_task = own(task)
    return _counted(
        "python/authorize_in_coroutine", asked, lambda times: tasks.run_until_complete(own_task(times))
    )

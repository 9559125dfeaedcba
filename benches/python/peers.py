"""What else can be asked before a call, each the way its documentation has it and never near its limit."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from time import perf_counter_ns
from typing import cast

import pure
from ours import BURST, PER_SECOND, PLENTY, SESSIONS, TOOLS, shuffled
from subject import Subject, Timed, loop, own, together

ENDLESS = 1_000_000_000
"""Calls a second, or a window, that nobody comes near."""


def _session() -> pure.Session:
    return pure.Session(TOOLS, PLENTY, PER_SECOND, PER_SECOND * BURST, 86_400)


def pure_python() -> list[Subject]:
    """By hand: by id, as a table of sessions is used, and the check alone."""
    sessions, handle = pure.Sessions(), _session()
    ids = [str(uuid.uuid4()) for _ in range(SESSIONS)]
    for session_id in ids:
        sessions.add(session_id, _session())
    authorize = sessions.authorize

    def run(times: int) -> int:
        ask, order = authorize, shuffled(ids, times)
        begun = perf_counter_ns()
        for session_id in order:
            ask(session_id, "search")
        return perf_counter_ns() - begun

    return [Subject("python/pure", run), Subject("python/pure_by_handle", loop(handle.authorize))]


def pure_two_threads() -> list[Subject]:
    """By hand, sessions of their own."""
    shares = [loop(_session().authorize), loop(_session().authorize)]
    return [Subject("python/pure_two_apart", together(shares), threads=2)]


def limits() -> Subject:
    """`hit` of the fixed window, the cheapest of its strategies, in memory."""
    from limits import RateLimitItemPerHour
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

    storage = MemoryStorage()
    hit, item = FixedWindowRateLimiter(storage).hit, RateLimitItemPerHour(ENDLESS)

    def run(times: int) -> int:
        ask, of = hit, item
        ask(of, "agent-7")  # starts the timer of its clean-up, which ends before the next subject
        begun = perf_counter_ns()
        for _ in range(times):
            if not ask(of, "agent-7"):
                raise pure.Refused
        took = perf_counter_ns() - begun
        storage.timer.join()
        return took

    return Subject("python/limits", run)


def pyrate_limiter() -> list[Subject]:
    """`try_acquire` without waiting, in memory: with its default bucket, and with its token bucket."""
    from pyrate_limiter import InMemoryBucket, Limiter, Rate, StateBucket, TokenBucket

    rates = [Rate(ENDLESS, 60_000)]
    usual, bucket = Limiter(InMemoryBucket(rates)), Limiter(StateBucket(rates, algorithm=TokenBucket()))

    def asking(limiter: Limiter) -> Timed:
        try_acquire = limiter.try_acquire

        def run(times: int) -> int:
            ask = try_acquire
            begun = perf_counter_ns()
            for _ in range(times):
                if not ask("agent-7", blocking=False):
                    raise pure.Refused
            return perf_counter_ns() - begun

        return own(run)

    return [
        Subject("python/pyrate_limiter", asking(usual), end=usual.close),
        Subject("python/pyrate_limiter_token_bucket", asking(bucket), end=bucket.close),
    ]


def aiolimiter(tasks: asyncio.AbstractEventLoop) -> Subject:
    """`await acquire()`, which would wait where it has to."""
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(ENDLESS, 1)
    acquire = limiter.acquire

    async def task(times: int) -> int:
        ask = acquire
        begun = perf_counter_ns()
        for _ in range(times):
            await ask()
        return perf_counter_ns() - begun

    async def sure() -> None:
        assert limiter.has_capacity(ENDLESS / 2)

    return Subject(
        "python/aiolimiter",
        lambda times: tasks.run_until_complete(task(times)),
        sure=lambda: tasks.run_until_complete(sure()),
    )


def langchain_rate_limiter() -> Subject:
    """`acquire` without waiting, as chat models ask it."""
    from langchain_core.rate_limiters import InMemoryRateLimiter

    limiter = InMemoryRateLimiter(requests_per_second=ENDLESS, max_bucket_size=ENDLESS)
    limiter.acquire(blocking=False)  # it begins empty, and with the first question
    time.sleep(0.1)
    acquire = limiter.acquire

    def run(times: int) -> int:
        ask = acquire
        begun = perf_counter_ns()
        for _ in range(times):
            if not ask(blocking=False):
                raise pure.Refused
        return perf_counter_ns() - begun

    return Subject("python/langchain_rate_limiter", run)


def langchain_tool_call_limit() -> Subject:
    """The middleware's hook that counts and limits tool calls: `after_model(state, runtime)`.

    The method alone, as the node of the graph calls it once a turn of the model. The node, tracing, and the
    merging of what it returns into the state are not in it. The state is of a second turn: a question, a call
    with its result, and the model's next call.
    """
    from langchain.agents.middleware import ToolCallLimitMiddleware
    from langchain.agents.middleware.tool_call_limit import ToolCallLimitState
    from langchain_core.messages import AIMessage, HumanMessage, ToolCall, ToolMessage
    from langgraph.runtime import Runtime

    def asked(call: str) -> AIMessage:
        return AIMessage(
            "", tool_calls=[ToolCall(name="search", args={"query": "refunds"}, id=call, type="tool_call")]
        )

    middleware: ToolCallLimitMiddleware[None, None] = ToolCallLimitMiddleware(
        thread_limit=ENDLESS, run_limit=ENDLESS
    )
    answer = ToolMessage("none", tool_call_id="call_1", name="search")
    turn = {
        "messages": [HumanMessage("Find the refunds."), asked("call_1"), answer, asked("call_2")],
        "thread_tool_call_count": {"__all__": 1},
        "run_tool_call_count": {"__all__": 1},
    }
    state = cast("ToolCallLimitState[None]", turn)
    runtime: Runtime[None] = Runtime()
    after_model = middleware.after_model

    def run(times: int) -> int:
        hook, of, within = after_model, state, runtime
        begun = perf_counter_ns()
        for _ in range(times):
            hook(of, within)
        return perf_counter_ns() - begun

    def sure() -> None:
        counted = {"thread_tool_call_count": {"__all__": 2}, "run_tool_call_count": {"__all__": 2}}
        assert after_model(state, runtime) == counted  # and no message of a refusal

    return Subject("python/langchain_tool_call_limit", run, sure=sure)


def all_peers(tasks: asyncio.AbstractEventLoop) -> list[Subject]:
    """Those that are installed; where one is not, it is said."""
    found = pure_python()
    makers: list[Callable[[], Subject | list[Subject]]] = [
        limits,
        pyrate_limiter,
        lambda: aiolimiter(tasks),
        langchain_rate_limiter,
        langchain_tool_call_limit,
    ]
    for make in makers:
        try:
            made = make()
        except ModuleNotFoundError as missing:
            print(f"left out: {missing}")
            continue
        found.extend(made if isinstance(made, list) else [made])
    return found

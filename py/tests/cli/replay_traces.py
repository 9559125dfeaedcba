"""Random traces, and slow but obvious measurements of them to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

from allotment.cli.trace.calls import UNKNOWN_KINDS, Call, Kinds, Session, SourceFile, Trace

SECOND = 1_000_000_000
TOOLS = ("search", "refund", "a.b/c:d-e")

GAPS_NS = st.one_of(
    st.just(0),
    st.integers(0, 5),
    st.integers(0, 90 * SECOND),
    st.sampled_from([SECOND, 59 * SECOND, 60 * SECOND, 61 * SECOND]),
)


def times(most: int = 25) -> st.SearchStrategy[list[int]]:
    """Ascending times in nanoseconds."""
    return st.lists(GAPS_NS, max_size=most).map(lambda gaps: list(accumulate(gaps)))


@st.composite
def traces(draw: st.DrawFn, timed: bool | None = None, most_sessions: int = 8, models: bool = False) -> Trace:
    """A trace of up to `most_sessions` sessions, or of up to forty copies of them with slight differences.

    With `models` some calls are of models, some have tokens of known kinds, and some have arguments.
    """
    timed = draw(st.booleans()) if timed is None else timed
    prototypes = draw(st.lists(sessions(), min_size=1, max_size=most_sessions))
    pattern = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7)) if models else [0]
    copies = draw(st.sampled_from([1, 1, 13, 40]))
    found: list[Session] = []
    calls: list[Call] = []
    for copy in range(copies):
        for start_ns, made in prototypes:
            number = len(found)
            found.append(Session(f"s{number}", f"agent-{number % 3}", "t", number + 1, timed))
            for at_ns, tool, tokens, cost in made:
                ts_ns = start_ns + at_ns + copy * 7 * SECOND if timed else None
                call = Call(number, tool, ts_ns, tokens + copy * (tokens > 0), cost)
                calls.append(varied(call, pattern[len(calls) % len(pattern)]))
    return Trace((SourceFile("t", "records", len(found), len(calls)),), tuple(found), tuple(calls))


def varied(call: Call, how: int) -> Call:
    """`call` as it is, or of a model, or with its tokens told by kind, or with arguments."""
    third = call.tokens // 3
    kinds = Kinds(third, third, call.tokens - 2 * third) if call.tokens else UNKNOWN_KINDS
    changes: list[dict[str, Any]] = [
        {},
        {"tool": None},
        {"tool": None, "kinds": kinds},
        {"kinds": kinds},
        {"arguments": b"x"},
        {"arguments": b"x"},
        {"arguments": b"y", "kinds": kinds},
    ]
    return replace(call, **changes[how])


@st.composite
def sessions(draw: st.DrawFn) -> tuple[int, list[tuple[int, str, int, int]]]:
    """When a session starts, and its calls: time since then, tool, tokens, nano-dollars."""
    at_ns = draw(times())
    amounts = st.one_of(st.just(0), st.integers(0, 10_000_000_000))
    used = draw(
        st.lists(
            st.tuples(st.sampled_from(TOOLS), amounts, amounts), min_size=len(at_ns), max_size=len(at_ns)
        )
    )
    return draw(st.integers(0, 1000 * SECOND)), [(at, *use) for at, use in zip(at_ns, used, strict=True)]


def within_rate(at_ns: Sequence[int], limit: int) -> bool:
    """By definition: over every interval, at most what a full bucket holds and what is minted meanwhile."""
    return all(
        (last - first + 1 - limit) * 60 * SECOND <= limit * (at_ns[last] - at_ns[first])
        for first in range(len(at_ns))
        for last in range(first, len(at_ns))
    )


def by_session(trace: Trace, at_ns: Sequence[int], calls: Sequence[Call]) -> list[list[tuple[int, Call]]]:
    """The calls of each session with their times."""
    found: list[list[tuple[int, Any]]] = [[] for _ in trace.sessions]
    for at, call in zip(at_ns, calls, strict=True):
        found[call.session].append((at, call))
    return found

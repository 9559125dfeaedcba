"""What every format is turned into: sessions and their calls, of tools and of models, without results.

A call is small and what it holds is shared, so that a trace of millions of calls fits in memory; it has to be
there whole, because the calls of all sessions are merged by time before the first one is decided. Of the
arguments only a digest is kept: all that a limit asks of them is whether they are the same as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NANOS_PER_SECOND = 1_000_000_000
"""Nanoseconds in a second, and nano-dollars in a dollar."""


@dataclass(frozen=True, slots=True)
class Session:
    """One recorded session.

    `file` and `line` (from 1) say where it begins, `timed` whether its calls carry times. `intent`, `tenant`
    and `sensitivity` are None where the trace does not say them.
    """

    name: str
    agent: str
    file: str
    line: int
    timed: bool
    intent: str | None = None
    tenant: str | None = None
    sensitivity: str | None = None


class Kinds(NamedTuple):
    """Tokens by kind. What was read from a cache is not in `input`."""

    input: int
    output: int
    cached: int


UNKNOWN_KINDS = Kinds(0, 0, 0)
"""Shared by all calls of whose tokens no kind was recorded."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of session number `session`; `tool` is None for a call of a model alone.

    `ts_ns` is the recorded time in nanoseconds since 1970, None when the format has no time. `tokens` are all
    tokens, of which `kinds` tells as many as were recorded by kind. `cost_nano_usd` is in nano-dollars,
    rounded up, as the engine counts. `arguments` is a digest that is the same for equal arguments, None
    where none were recorded.
    """

    session: int
    tool: str | None
    ts_ns: int | None
    tokens: int
    cost_nano_usd: int
    kinds: Kinds = UNKNOWN_KINDS
    arguments: bytes | None = None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What one input file held. `format` is ``"messages"`` or ``"records"``, `calls` how many tool calls."""

    path: str
    format: str
    sessions: int
    calls: int


@dataclass(frozen=True, slots=True)
class Trace:
    """All input files together; the calls of one session stand in the order in which they were recorded."""

    files: tuple[SourceFile, ...]
    sessions: tuple[Session, ...]
    calls: tuple[Call, ...]

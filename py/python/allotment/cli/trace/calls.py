"""What every format is turned into: sessions and their tool calls, without arguments and results.

A call is small and its strings are shared, so that a trace of millions of calls fits in memory; it has to be
there whole, because the calls of all sessions are merged by time before the first one is decided.
"""

from __future__ import annotations

from dataclasses import dataclass

NANOS_PER_SECOND = 1_000_000_000
"""Nanoseconds in a second, and nano-dollars in a dollar."""


@dataclass(frozen=True, slots=True)
class Session:
    """One recorded session.

    `file` and `line` (from 1) say where it begins, `timed` whether its calls carry times.
    """

    name: str
    agent: str
    file: str
    line: int
    timed: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of session number `session`.

    `ts_ns` is the recorded time in nanoseconds since 1970, None when the format has no time. `cost_nano_usd`
    is in nano-dollars, rounded up, as the engine counts.
    """

    session: int
    tool: str
    ts_ns: int | None
    tokens: int
    cost_nano_usd: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What one input file held. `format` is ``"messages"`` or ``"records"``."""

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

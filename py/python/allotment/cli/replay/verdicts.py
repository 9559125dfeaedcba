"""What a replay found: one verdict for each call, and the first denial of each session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a session was stopped: its first denied call.

    `session` is its number in the trace, `call` the number of the call within the session (from 1) out of
    `calls`. `retry_after` is in seconds, None where waiting does not help.
    """

    session: int
    call: int
    calls: int
    tool: str
    reason: str
    detail: str
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`reasons[i]` is why the i-th call of the timeline was denied, None where it was allowed.

    `seconds` is the time spent inside the engine's `decide`, over `decisions` of them. (A session that could
    not be created is denied all its calls without asking.)
    """

    reasons: tuple[str | None, ...]
    stops: tuple[Stop, ...]
    decisions: int
    seconds: float

"""What a replay found: one verdict for each call, the first denial of each session, and what was noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a session was stopped: its first denied call.

    `session` is its number in the trace, `call` the number of the call within the session (from 1) out of
    `calls`, those of models included; `tool` is None for one of those. `retry_after` is in seconds, None
    where waiting does not help.
    """

    session: int
    call: int
    calls: int
    tool: str | None
    reason: str
    detail: str
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Noted:
    """What happened besides denials.

    `drifting` counts, by tool, the calls that were allowed and do not fit the intent. `warnings` counts, by
    what ran low, and `overruns` the model calls that used more than was left. Sessions were paused
    `for_approval`, which was given `approved` times, or `for_drift`.
    """

    drifting: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    overruns: int = 0
    for_approval: int = 0
    approved: int = 0
    for_drift: int = 0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`reasons[i]` is why the i-th call of the timeline was denied, None where it was allowed.

    `seconds` is the time spent inside the engine's `decide`, over `decisions` of them. (A session that could
    not be created is denied all its calls without asking, and model calls are not decisions.)
    """

    reasons: tuple[str | None, ...]
    stops: tuple[Stop, ...]
    decisions: int
    seconds: float
    noted: Noted = field(default_factory=Noted)

"""The same check as it is written without a package: plain Python under a lock."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import monotonic_ns


class Refused(Exception):
    """It is not allowed."""


class Session:
    """What one session may use: tools, a budget of calls, a token bucket, a time limit."""

    __slots__ = (
        "_level",
        "_limit",
        "_lock",
        "_per_ns",
        "_refilled",
        "_size",
        "_tools",
        "_until",
        "closed",
        "spent",
    )

    def __init__(
        self, tools: Iterable[str], calls: int, per_second: int, bucket: float, seconds: int
    ) -> None:
        """Begin with a full bucket."""
        self._lock = threading.Lock()
        self._tools = frozenset(tools)
        self._limit = calls
        self._size = self._level = bucket
        self._per_ns = per_second / 1e9
        self._refilled = monotonic_ns()
        self._until = self._refilled + seconds * 1_000_000_000
        self.spent = 0
        self.closed = False

    def authorize(self, tool: str) -> None:
        """Admit one call of `tool`, or raise."""
        if tool not in self._tools:
            raise Refused("tool")
        with self._lock:
            now = monotonic_ns()
            if self.closed or now >= self._until:
                raise Refused("session")
            if self.spent >= self._limit:
                raise Refused("calls")
            level = min(self._size, self._level + (now - self._refilled) * self._per_ns)
            if level < 1:
                raise Refused("rate")
            self._level = level - 1
            self._refilled = now
            self.spent += 1


class Sessions:
    """Sessions by id."""

    def __init__(self) -> None:
        """Hold none."""
        self._held: dict[str, Session] = {}

    def add(self, session_id: str, session: Session) -> None:
        """Hold one more."""
        self._held[session_id] = session

    def authorize(self, session_id: str, tool: str) -> None:
        """Admit one call of `tool` in the session of that id, or raise."""
        session = self._held.get(session_id)
        if session is None:
            raise Refused("session")
        session.authorize(tool)

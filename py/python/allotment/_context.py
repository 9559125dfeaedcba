"""The session in whose name code runs, and sessions as asynchronous context managers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from allotment._allotment import Session

_current: ContextVar[Session | None] = ContextVar("allotment.current_session", default=None)


def current_session() -> Session | None:
    """The session whose `activate()` block this runs in, the innermost one; `None` outside of any.

    Tasks and threads that copy their context (`asyncio.create_task`, `asyncio.to_thread`) inherit it.
    """
    return _current.get()


@contextmanager
def activate(session: Session) -> Iterator[Session]:
    """Make `session` the current one inside a `with` block."""
    token = _current.set(session)
    try:
        yield session
    finally:
        _current.reset(token)


async def enter(session: Session) -> Session:
    """`async with session`, on its way in."""
    return session


async def leave(
    session: Session,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> None:
    """`async with session`, on its way out: the same as `with session`."""
    session.__exit__(kind, error, traceback)

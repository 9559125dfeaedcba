"""The session in whose name code runs, and asynchronous context managers."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from allotment._allotment import Reservation, Session

_Scope = TypeVar("_Scope", "Session", "Reservation")


def current_session() -> Session | None:
    """The session whose `activate()` block this runs in, the innermost one; `None` outside of any.

    Tasks and threads that copy their context (`asyncio.create_task`, `asyncio.to_thread`) inherit it.
    """
    active = _active.get()
    return active[-1].session if active else None


class Activation:
    """`with session.activate():`. It may be entered again, also by others at the same time."""

    __slots__ = ("session",)

    def __init__(self, session: Session) -> None:
        """Prepare to make `session` the current one."""
        self.session = session

    def __enter__(self) -> Session:
        """Make the session the current one."""
        _active.set((*_active.get(), self))
        return self.session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Make the one before it current again."""
        # By what is there and not by a token: a stream that another task closes ends in that task's context.
        active = _active.get()
        for place in reversed(range(len(active))):
            if active[place] is self:
                _active.set(active[:place] + active[place + 1 :])
                return


_active: ContextVar[tuple[Activation, ...]] = ContextVar("allotment.active", default=())
"""The activations that this context is inside of, innermost last."""


async def enter(scope: _Scope) -> _Scope:
    """`async with` on its way in."""
    return scope


async def leave(
    scope: Session | Reservation,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> None:
    """`async with` on its way out: the same as `with`."""
    scope.__exit__(kind, error, traceback)

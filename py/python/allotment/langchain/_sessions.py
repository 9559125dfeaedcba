"""Whose allotment a request is charged to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from allotment._allotment import Session
from allotment._context import current_session
from allotment.exceptions import InvalidType, SessionNotFound

SessionSource: TypeAlias = Session | Callable[[Any], Session | None] | None
"""A session; a function of LangChain's request (of a tool call, or of a model call; both have `state` and
`runtime`) that gives one or `None`; or `None` for `current_session()`.
"""


def checked(source: SessionSource) -> SessionSource:
    """`source`, if it is one."""
    if source is None or isinstance(source, Session) or callable(source):
        return source
    raise InvalidType("session_or_resolver", repr(source)[:80], "is not a Session, a function or None")


def session_for(source: SessionSource, request: object) -> Session:
    """The session that `request` is charged to.

    Raises:
        SessionNotFound: there is none, which is a denial and not a pass.
        InvalidType: the function gave something else.
    """
    if isinstance(source, Session):
        return source
    session = current_session() if source is None else source(request)
    if session is None:
        raise SessionNotFound
    if not isinstance(session, Session):
        raise InvalidType("session_or_resolver", repr(session)[:80], "is not a Session")
    return session

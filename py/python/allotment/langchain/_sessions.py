"""Whose allotment a request is charged to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from langchain.agents.middleware import ModelRequest
from langgraph.prebuilt.tool_node import ToolCallRequest

from allotment._allotment import Session
from allotment._context import current_session
from allotment.exceptions import InvalidType, SessionNotFound

Request: TypeAlias = ModelRequest[Any] | ToolCallRequest

SessionSource: TypeAlias = Session | Callable[[Request], Session | None] | None
"""A session; a function of the request that gives one or `None`; `None` for `current_session()`."""


def checked(source: SessionSource) -> SessionSource:
    """`source`, if it is one."""
    if source is None or isinstance(source, Session) or callable(source):
        return source
    raise InvalidType("session_or_resolver", repr(source)[:80], "is not a Session, a function or None")


def session_for(source: SessionSource, request: Request) -> Session:
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

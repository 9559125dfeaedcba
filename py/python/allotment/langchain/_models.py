"""The model calls inside one `wrap_model_call`, each with a reservation of its own.

What stands inside in the list of middleware may call the model again (a retry) or another one (a fallback).
So the first call is reserved before anything inside runs, and LangChain tells here of every chat model that
starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook

from allotment.exceptions import AllotmentError
from allotment.langchain._holds import Hold

if TYPE_CHECKING:
    from types import TracebackType

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

    from allotment._allotment import Session

Reserve = Callable[[str, Sequence["BaseMessage"]], Hold]
"""Reserves for a call of the model of this name with these messages."""


class ModelCalls(BaseCallbackHandler):
    """Reserves for every model call that starts inside its block, and ends each reservation exactly once.

    Attributes:
        session: Whose allotment it is.
        refused: Why the last call was not to be made, a denial or an error; `None` if it was.
    """

    raise_error = True
    run_inline = True  # in the event loop's thread too: a refusal has to come before the call

    def __init__(self, session: Session, first: Hold, reserve: Reserve) -> None:
        """Keep `first` for the first call of its model, and `reserve` for the others."""
        self.session = session
        self.refused: AllotmentError | None = None
        self._unused = [first]
        self._reserve = reserve
        self._running: dict[UUID, Hold] = {}
        self._outer: ModelCalls | None = None
        self._token: Token[ModelCalls | None] | None = None

    def __enter__(self) -> ModelCalls:
        """Be told."""
        self._outer = _inside.get()
        self._token = _inside.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """End what has not ended: what was never sent is given back, all else is forfeited.

        Its own refusal ends here; it is told by `refused`.
        """
        if self._token is not None:
            _inside.reset(self._token)
        for hold in _taken(self._unused):
            hold.release()
        for run in list(self._running):
            self._end(run, Hold.forfeit)
        return error is not None and error is self.refused

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A model call is about to be sent; raising keeps it from being sent."""
        name = (metadata or {}).get("ls_model_name")
        if self._outer is not None:
            self._outer.on_chat_model_start(serialized, messages, run_id=run_id, metadata=metadata, **kwargs)
        try:
            self._running[run_id] = self._hold(name, [message for batch in messages for message in batch])
        except AllotmentError as refused:
            self.refused = refused
            if self._outer is not None:
                self._outer._end(run_id, Hold.release)
            raise
        self.refused = None

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has answered."""
        if self._outer is not None:
            self._outer.on_llm_end(response, run_id=run_id, **kwargs)
        replies = [generation for batch in response.generations for generation in batch]
        self._end(run_id, lambda hold: hold.settle(getattr(replies[0], "message", None) if replies else None))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model call failed; what was sent by then is billed."""
        if self._outer is not None:
            self._outer.on_llm_error(error, run_id=run_id, **kwargs)
        self._end(run_id, Hold.forfeit)

    def _hold(self, name: str | None, messages: Sequence[BaseMessage]) -> Hold:
        for first in _taken(self._unused):
            if name is None or name == first.model:
                return first
            first.release()  # another model is called instead, at its own price
            return self._reserve(name, messages)
        return self._reserve(name or "", messages)

    def _end(self, run_id: UUID, how: Callable[[Hold], None]) -> None:
        hold = self._running.pop(run_id, None)
        if hold is not None:
            how(hold)


def inside_of(session: Session) -> bool:
    """Whether a block around here accounts for the model calls of `session` already."""
    calls = _inside.get()
    while calls is not None:
        if calls.session == session:
            return True
        calls = calls._outer
    return False


def _taken(holds: list[Hold]) -> list[Hold]:
    """Takes the one that is there, if one is: of several threads one gets it."""
    try:
        return [holds.pop()]
    except IndexError:
        return []


_inside: ContextVar[ModelCalls | None] = ContextVar("allotment.langchain.model_calls", default=None)
register_configure_hook(_inside, inheritable=False)

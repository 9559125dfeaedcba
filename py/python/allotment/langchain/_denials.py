"""How a denial reads in a conversation, and how many stand in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, ToolMessage

from allotment.exceptions import _BY_REASON, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.messages import AnyMessage, BaseMessage

    from allotment._allotment import Decision

MARK = "allotment"
"""The key of what this package adds to a message; plain values, so that any checkpointer stores them."""


def denial(decision: Decision) -> Denied:
    """The exception for a denial that was decided."""
    return _BY_REASON.get(decision.reason or "", Denied)(decision)


def tool_denial(denied: Denied, tool: str, call_id: str) -> ToolMessage:
    """The tool error that the model reads; the `artifact`, which no model sees, says which denial it is."""
    return ToolMessage(
        content=denied.message,
        name=tool,
        tool_call_id=call_id,
        status="error",
        artifact={MARK: _facts(denied)},
    )


def model_denial(denied: Denied) -> AIMessage:
    """The answer in place of a model's; without tool calls it ends the run."""
    return AIMessage(content=denied.message, response_metadata={MARK: _facts(denied)})


def denials_in_a_row(messages: Sequence[AnyMessage]) -> list[ToolMessage]:
    """The denied tool calls since one was last admitted in this run, latest first.

    Calls of one turn have no order among themselves: one that was admitted outweighs all of its turn.
    """
    row: list[ToolMessage] = []
    for turn in _turns_backwards(messages):
        denied = [message for message in turn if _is_denial(message)]
        if len(denied) < len(turn):
            break
        row += denied
    return row


def _turns_backwards(messages: Sequence[AnyMessage]) -> Iterable[list[ToolMessage]]:
    """The tool messages of each turn of the current run, the last turn first."""
    turn: list[ToolMessage] = []
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            turn.append(message)
        elif isinstance(message, AIMessage) and message.tool_calls:
            yield turn
            turn = []
        else:
            return


def is_model_denial(message: BaseMessage) -> bool:
    """Whether this stands in place of a model's answer."""
    return isinstance(message, AIMessage) and "denied" in (message.response_metadata.get(MARK) or {})


def _is_denial(message: BaseMessage) -> bool:
    artifact = getattr(message, "artifact", None)
    return isinstance(artifact, dict) and "denied" in (artifact.get(MARK) or {})


def _facts(denied: Denied) -> dict[str, Any]:
    return {"denied": denied.reason, "retryable": denied.retryable, "retry_after": denied.retry_after}

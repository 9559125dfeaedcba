"""What a model call uses, in tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from langchain_core.messages import AIMessage

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class Usage(NamedTuple):
    """Model tokens by what they are billed as; no token is counted twice.

    Attributes:
        fresh: Input that is read anew.
        cached: Input that comes from the provider's cache.
        stored: Input that is written to the provider's cache.
        output: What the model writes.
    """

    fresh: int
    cached: int
    stored: int
    output: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


def reported(message: BaseMessage | None) -> Usage | None:
    """The usage that this reply reports; `None` where it reports none."""
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    if usage is None:
        return None
    details = usage.get("input_token_details") or {}
    cached = max(0, details.get("cache_read") or 0)
    stored = max(0, details.get("cache_creation") or 0)
    fresh = max(0, usage["input_tokens"] - cached - stored)
    # Some providers count reasoning in the total only: whatever is not input has been written.
    output = max(0, usage["output_tokens"], usage["total_tokens"] - fresh - cached - stored)
    found = Usage(fresh, cached, stored, output)
    # No call is free of tokens, so zeros mean that nobody counted.
    return found if found.total > 0 else None

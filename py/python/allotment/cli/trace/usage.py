"""What a call used: tokens, by kind where the trace tells the kinds, and money.

In call records ``tokens`` are all tokens and ``input_tokens``, ``output_tokens``, ``cached_tokens`` those of
each kind; input that came from a cache is not in ``input_tokens``. The ``usage`` of a chat message is
OpenAI's (``prompt_tokens``, of which ``prompt_tokens_details`` may tell the ``cached_tokens``, and
``completion_tokens``), or Anthropic's (``input_tokens``, ``output_tokens``, ``cache_read_input_tokens``,
``cache_creation_input_tokens``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from allotment.cli.errors import Unfit
from allotment.cli.trace.calls import UNKNOWN_KINDS, Kinds
from allotment.cli.trace.fields import cost_field, shown, tokens_field


class Used(NamedTuple):
    """Tokens in all, those of known kinds among them, and nano-dollars rounded up."""

    tokens: int
    kinds: Kinds
    cost_nano_usd: int


UNUSED = Used(0, UNKNOWN_KINDS, 0)
"""Nothing."""


def of_record(record: Mapping[str, Any]) -> Used:
    """What a call record says. Raises `Unfit`, naming the field."""
    kinds = Kinds(*(tokens_field(record, f"{kind}_tokens") for kind in Kinds._fields))
    tokens, known = tokens_field(record, "tokens"), sum(kinds)
    if record.get("tokens") is not None and tokens < known:
        raise Unfit(f"tokens must be all tokens, so not below the {known} of each kind, found {tokens}")
    return Used(max(tokens, known), kinds if known else UNKNOWN_KINDS, cost_field(record, "cost_usd"))


def of_message(usage: object) -> Used:
    """What the ``usage`` of a chat message says. Raises `Unfit`, naming the field."""
    if usage is None:
        return UNUSED
    if not isinstance(usage, Mapping):
        raise Unfit(f"usage must be an object, found {shown(usage)}")
    prompt = _first_of(usage, "prompt_tokens", "input_tokens")
    within = _cached_within(usage, "prompt_tokens_details") or _cached_within(usage, "input_tokens_details")
    if within > prompt:
        raise Unfit(f"cached_tokens must not be above the {prompt} tokens of the prompt, found {within}")
    kinds = Kinds(
        input=prompt - within + tokens_field(usage, "cache_creation_input_tokens"),
        output=_first_of(usage, "completion_tokens", "output_tokens"),
        cached=within + tokens_field(usage, "cache_read_input_tokens"),
    )
    known = sum(kinds)
    return Used(max(tokens_field(usage, "total_tokens"), known), kinds if known else UNKNOWN_KINDS, 0)


def _first_of(usage: Mapping[str, Any], *names: str) -> int:
    """The one of these fields that is there; 0 where none is."""
    return next((tokens_field(usage, name) for name in names if usage.get(name) is not None), 0)


def _cached_within(usage: Mapping[str, Any], name: str) -> int:
    details = usage.get(name)
    if details is None:
        return 0
    if not isinstance(details, Mapping):
        raise Unfit(f"{name} must be an object, found {shown(details)}")
    return tokens_field(details, "cached_tokens")

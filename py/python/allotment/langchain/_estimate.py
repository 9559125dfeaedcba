"""What a model call may use, before it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.utils.function_calling import convert_to_openai_tool

from allotment.langchain._usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_core.messages import BaseMessage

_CHARACTERS_PER_TOKEN = 4
_BOUNDS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict")
_NAMES = ("model", "model_name", "model_id")


def model_name(model: object) -> str:
    """The name under which LangChain traces the model; of a model without one, its class."""
    for attribute in _NAMES:
        name = getattr(model, attribute, None)
        if isinstance(name, str) and name:
            return name
    return type(model).__name__


def count_input(messages: Sequence[BaseMessage], tools: Iterable[Any]) -> int:
    """About how many tokens these are, counted by characters."""
    schemas = sum(len(json.dumps(_schema(tool), default=str)) for tool in tools)
    return count_tokens_approximately(messages) + -(-schemas // _CHARACTERS_PER_TOKEN)


def output_bound(settings: Mapping[str, Any], model: object, otherwise: int) -> int:
    """The most that the model may write: as the call says, else as the model says, in tokens."""
    for bound in (
        *(settings.get(name) for name in _BOUNDS),
        *(getattr(model, name, None) for name in _BOUNDS),
    ):
        if isinstance(bound, int) and not isinstance(bound, bool) and bound > 0:
            return bound
    return otherwise


def estimate(input_tokens: int, output_tokens: int) -> Usage:
    """The dearest that it may be: nothing comes from a cache, and all that may be written is."""
    return Usage(fresh=max(1, input_tokens), cached=0, stored=0, output=output_tokens)


def _schema(tool: Any) -> Any:
    return tool if isinstance(tool, dict) else convert_to_openai_tool(tool)

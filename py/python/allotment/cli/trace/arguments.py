"""A call's arguments as a digest: 16 bytes that are the same for equal arguments and for no others.

Equal is what the engine takes for equal when the call is made: `allotment._canonical`. Numbers with a point,
which the trace's reader keeps exact, are floats there.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from allotment._canonical import DEPTH_MAX, canonical

_BYTES = 16


def digest(arguments: object) -> bytes | None:
    """The digest of `arguments`; None where there are none. Text that is JSON is what it says."""
    if arguments is None:
        return None
    if isinstance(arguments, str):
        arguments = _parsed(arguments)
    text = canonical(_with_floats(arguments, 0))
    return hashlib.blake2b(text.encode("ascii", "backslashreplace"), digest_size=_BYTES).digest()


def _parsed(text: str) -> object:
    """What a model wrote as arguments; as it is, where that is no JSON."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


def _with_floats(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
    if depth > DEPTH_MAX:
        return None  # deeper than the canonical text goes
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_with_floats(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _with_floats(item, depth + 1) for key, item in value.items()}
    return value

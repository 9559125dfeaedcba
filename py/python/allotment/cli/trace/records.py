"""Call records: one object per call of a tool, or of a model.

``session``, ``agent``, ``tool`` and ``ts`` are required; a record without a tool that names its ``model`` is
a model call. Besides: ``arguments`` (or ``args``; any JSON, or its text), what was used (see `usage`), and
what the session declares (see `declared`). Other fields are ignored; no limit looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allotment.cli.errors import Unfit
from allotment.cli.trace.arguments import digest
from allotment.cli.trace.declared import Declared, declared_of
from allotment.cli.trace.fields import name_field, text_field, time_field
from allotment.cli.trace.usage import Used, of_record


@dataclass(frozen=True, slots=True)
class Record:
    """A call record, checked. `tool` is None for a model call; `ts_ns` is nanoseconds since 1970."""

    session: str
    agent: str
    tool: str | None
    ts_ns: int
    used: Used
    arguments: bytes | None
    declared: Declared


def is_record(value: object) -> bool:
    """Whether `value` looks like a call record, or like one that lacks something."""
    return isinstance(value, Mapping) and ("tool" in value or "session" in value)


def record_of(value: Mapping[str, Any]) -> Record:
    """The record that `value` is. Raises `Unfit`, naming the field, when it cannot be used."""
    return Record(
        session=name_field(value, "session"),
        agent=text_field(value, "agent"),
        tool=_tool(value),
        ts_ns=time_field(value, "ts"),
        used=of_record(value),
        arguments=digest(value.get("arguments", value.get("args"))),
        declared=declared_of(value),
    )


def _tool(value: Mapping[str, Any]) -> str | None:
    if value.get("tool") is None and value.get("model") is not None:
        text_field(value, "model")
        return None
    if "tool" not in value:
        raise Unfit("tool is missing (a model call names its model instead)")
    return text_field(value, "tool")

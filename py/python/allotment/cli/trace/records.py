"""Call records: one object per tool call, ``{session, agent, tool, ts, args?, tokens?, cost_usd?}``.

``args`` and fields that are not named here are ignored; no limit looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allotment.cli.trace.fields import cost_field, name_field, text_field, time_field, tokens_field


@dataclass(frozen=True, slots=True)
class Record:
    """A call record, checked. `ts_ns` is nanoseconds since 1970, `cost_nano_usd` nano-dollars rounded up."""

    session: str
    agent: str
    tool: str
    ts_ns: int
    tokens: int
    cost_nano_usd: int


def is_record(value: object) -> bool:
    """Whether `value` looks like a call record, or like one that lacks something."""
    return isinstance(value, Mapping) and ("tool" in value or "session" in value)


def record_of(value: Mapping[str, Any]) -> Record:
    """The record that `value` is. Raises `Unfit`, naming the field, when it cannot be used."""
    return Record(
        session=name_field(value, "session"),
        agent=text_field(value, "agent"),
        tool=text_field(value, "tool"),
        ts_ns=time_field(value, "ts"),
        tokens=tokens_field(value, "tokens"),
        cost_nano_usd=cost_field(value, "cost_usd"),
    )

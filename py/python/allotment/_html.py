"""A session's snapshot as a small HTML table, for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_ABOUT = ("id", "agent", "tenant", "status", "intent", "denied")
_RESOURCES = ("calls", "steps", "discovered_steps", "tokens", "cost")


def table(snapshot: Mapping[str, Any]) -> str:
    """Who it is and what it has used. Everything is escaped: names and intents may come from anywhere."""
    rows = [_row(name, snapshot[name]) for name in _ABOUT if snapshot[name] is not None]
    rows.append(_row("time left", f"{snapshot['seconds_remaining']:.1f} s of {snapshot['time_limit']:g} s"))
    rows += [_row(name, _used(snapshot[name])) for name in _RESOURCES if _matters(snapshot[name])]
    return f"<table><caption>allotment session</caption>{''.join(rows)}</table>"


def _row(name: str, value: object) -> str:
    return f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"


def _matters(resource: Mapping[str, Any]) -> bool:
    limited = resource["limit"] is not None or resource["rate"] is not None
    return limited or resource["spent"] not in (0, "0.00")


def _used(resource: Mapping[str, Any]) -> str:
    limit = "no limit" if resource["limit"] is None else resource["limit"]
    rate = "" if resource["rate"] is None else f", at most {resource['rate']}"
    return f"{resource['spent']} of {limit}{rate}"

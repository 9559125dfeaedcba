"""What a session declares of itself: its intent, its tenant, and the most sensitive that it may touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from allotment.cli.trace.fields import intent_field, sensitivity_field, tenant_field


class Declared(NamedTuple):
    """None for each that is not said."""

    intent: str | None
    tenant: str | None
    sensitivity: str | None


UNDECLARED = Declared(None, None, None)
"""Shared by all that declare nothing."""


def declared_of(value: Mapping[str, Any]) -> Declared:
    """What an object of a trace declares. Raises `Unfit`, naming the field."""
    found = Declared(
        intent_field(value, "intent"),
        tenant_field(value, "tenant"),
        sensitivity_field(value, "sensitivity"),
    )
    return found if found != UNDECLARED else UNDECLARED

"""Checked reading of the fields of a trace: money and times exactly, and nothing that cannot be metered.

Every function raises `Unfit` with a text that names the field and the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from typing import Any

from allotment.cli.bounds import LONGEST_CLOCK_S, MAX_COUNT, MAX_INTENT_BYTES, MAX_NAME_BYTES
from allotment.cli.errors import Unfit
from allotment.cli.printable import printable
from allotment.cli.trace.calls import NANOS_PER_SECOND

MAX_TOKENS = MAX_COUNT
"""The largest token count of one call; larger budgets than this cannot be set."""

MAX_COST_USD = Decimal(1_000_000)
"""The largest price of one call, in US dollars."""

MAX_TS = LONGEST_CLOCK_S
"""The end of the times that are taken for seconds since 1970: the year 2070. Milliseconds lie beyond it."""

SENSITIVITIES = ("public", "internal", "confidential", "restricted")
"""The levels of sensitivity, lowest first."""

_NANO = Decimal("1e-9")
_EXACT = Context(prec=40)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<minute>\d\d:\d\d)(:(?P<second>\d\d)([.,](?P<part>\d+))?)?"
    r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def text_field(record: Mapping[str, Any], name: str) -> str:
    """A field that must be a string and not empty."""
    value = _present(record, name)
    if not isinstance(value, str) or not value:
        raise Unfit(f"{name} must be a text that is not empty, found {shown(value)}")
    return _encodable(name, value)


def name_field(record: Mapping[str, Any], name: str) -> str:
    """A field that names something: a string that is not empty, or an integer, which becomes its digits."""
    value = _present(record, name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise Unfit(f"{name} must be a text that is not empty or an integer, found {shown(value)}")
    return _encodable(name, value)


def intent_field(record: Mapping[str, Any], name: str) -> str | None:
    """A declared intent; None when the field is absent, null or empty."""
    value = record.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(_encodable(name, value).encode()) > MAX_INTENT_BYTES:
        raise Unfit(f"{name} must be a text of at most {MAX_INTENT_BYTES} bytes, found {shown(value)}")
    return value


def tenant_field(record: Mapping[str, Any], name: str) -> str | None:
    """A tenant's name (or number, which becomes its digits); None when the field is absent or null."""
    if record.get(name) is None:
        return None
    tenant = name_field(record, name)
    if len(tenant.encode()) > MAX_NAME_BYTES or not tenant.isprintable():
        raise Unfit(f"{name} must be 1 to {MAX_NAME_BYTES} printable bytes, found {shown(tenant)}")
    return tenant


def sensitivity_field(record: Mapping[str, Any], name: str) -> str | None:
    """A level of sensitivity; None when the field is absent or null."""
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or value not in SENSITIVITIES:
        levels = f"{', '.join(SENSITIVITIES[:-1])} or {SENSITIVITIES[-1]}"
        raise Unfit(f"{name} must be {levels}, found {shown(value)}")
    return value


def tokens_field(record: Mapping[str, Any], name: str) -> int:
    """A token count, 0 when the field is absent or null."""
    value = record.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_TOKENS:
        raise Unfit(f"{name} must be an integer from 0 to {MAX_TOKENS}, found {shown(value)}")
    return value


def cost_field(record: Mapping[str, Any], name: str) -> int:
    """A price in US dollars (number or decimal text) as nano-dollars, rounded up; 0 when absent or null."""
    value = record.get(name)
    if value is None:
        return 0
    dollars = _decimal(value)
    if dollars is None or not 0 <= dollars <= MAX_COST_USD:
        raise Unfit(f"{name} must be US dollars from 0 to {MAX_COST_USD}, found {shown(value)}")
    return int(dollars.quantize(_NANO, rounding=ROUND_CEILING, context=_EXACT).scaleb(9, context=_EXACT))


def time_field(record: Mapping[str, Any], name: str) -> int:
    """A time as nanoseconds since 1970.

    It is a number of seconds since then, or an ISO 8601 text (in UTC unless it has an offset).
    """
    value = _present(record, name)
    if isinstance(value, str):
        return _iso_nanos(name, value)
    seconds = _decimal(value)
    if seconds is None:
        raise Unfit(f"{name} must be seconds since 1970 or an ISO 8601 time, found {shown(value)}")
    if not 0 <= seconds < MAX_TS:
        raise Unfit(f"{name} must be seconds since 1970, before 2070, found {shown(value)}")
    return int(seconds.quantize(_NANO, rounding=ROUND_FLOOR, context=_EXACT).scaleb(9, context=_EXACT))


def shown(value: object) -> str:
    """A value as an error message shows it: short, in one line, containers by their kind."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(printable(value, 40))
    return printable(str(value), 40)


def _present(record: Mapping[str, Any], name: str) -> object:
    if name not in record:
        raise Unfit(f"{name} is missing")
    return record[name]


def _encodable(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit(f"{name} is not valid Unicode: {shown(value)}") from None
    return value


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:
            return None
    return None


def _iso_nanos(name: str, value: str) -> int:
    match = _ISO.fullmatch(value)
    unfit = Unfit(f"{name} must be seconds since 1970 or an ISO 8601 time, found {shown(value)}")
    if match is None:
        raise unfit
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['minute']}:{match['second'] or '00'}+00:00")
    except ValueError:
        raise unfit from None
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    since = local - _EPOCH + (offset if match["sign"] == "-" else -offset)
    seconds = since.days * 86_400 + since.seconds
    if not 0 <= seconds < MAX_TS:
        raise Unfit(f"{name} must lie between 1970 and 2070, found {shown(value)}")
    return seconds * NANOS_PER_SECOND + int((match["part"] or "0")[:9].ljust(9, "0"))

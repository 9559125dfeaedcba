"""The values of the command's options: what each must look like, and one clear sentence when it does not."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NoReturn

import click

from allotment.cli.bounds import LONGEST_SESSION_S, MAX_NAME_BYTES, MIN_TIME_LIMIT_S
from allotment.cli.printable import printable

_LARGEST = Decimal(10) ** 12


def amount(text: str) -> Decimal:
    """A finite decimal number from 0 on, exact, or a usage error."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        _fail(f"{text!r} is not a number")
    if not number.is_finite() or number > _LARGEST:
        _fail(f"{text!r} is not a number that can be used")
    if number < 0:
        _fail(f"{text!r} is below 0")
    return number


def time_limit(text: str) -> Decimal:
    """A time limit that a session can have, in seconds, or a usage error."""
    seconds = amount(text)
    if not MIN_TIME_LIMIT_S <= seconds <= LONGEST_SESSION_S:
        _fail(f"{text!r} is outside {MIN_TIME_LIMIT_S} s to {LONGEST_SESSION_S} s (365 days)")
    return seconds


def tool_cap(text: str) -> tuple[str, int]:
    """``TOOL=CALLS``, or a usage error."""
    tool, equals, calls = text.rpartition("=")
    if not equals or not tool:
        _fail(f"{text!r} is not TOOL=CALLS, such as search=5")
    if not (calls.isascii() and calls.isdigit()) or len(calls) > 18:
        _fail(f"{text!r}: {calls!r} is not a whole number from 0 on")
    return tool, int(calls)


def per_tool(
    ctx: click.Context, param: click.Parameter, value: tuple[tuple[str, int], ...]
) -> dict[str, int]:
    """All ``--per-tool`` together; the same tool twice is a usage error."""
    del ctx, param
    caps: dict[str, int] = {}
    for tool, cap in value:
        if tool in caps:
            _fail(f"'{tool}={cap}': {tool} has the cap {caps[tool]} already")
        caps[tool] = cap
    return caps


def tool_names(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """All ``--tools`` together, without doubles; None when the option was not given or names every tool."""
    del ctx, param
    names = [name.strip() for given in value for name in given.split(",")]
    if not value or "*" in names:
        return None
    return tuple(dict.fromkeys(name for name in names if name))


def not_empty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A text that says something, if it is given at all."""
    del ctx, param
    if value is not None and not value.strip():
        _fail(f"{value!r} is empty")
    return value


def agent_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A name that an agent can have."""
    del ctx, param
    if not value.strip() or len(value.encode(errors="replace")) > MAX_NAME_BYTES or not value.isprintable():
        _fail(f"{printable(value)!r} is not a name of 1 to {MAX_NAME_BYTES} printable bytes")
    return value


def _fail(what: str) -> NoReturn:
    raise click.BadParameter(what)

"""Quantities as text. Money is exact; times are for people."""

from __future__ import annotations

from decimal import Decimal


def dollars(nano_usd: int) -> str:
    """Nano-dollars as a plain decimal of US dollars with two decimals at least: ``0.0123``, ``5.00``."""
    whole, _, decimals = f"{Decimal(nano_usd).scaleb(-9):.9f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def duration(nanos: int) -> str:
    """Nanoseconds as ``1h 02m 03s``, ``2m 03s`` or ``3.2s``."""
    seconds = nanos // 1_000_000_000
    if seconds < 60:
        return f"{nanos / 1e9:.1f}s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m {seconds:02}s" if hours else f"{minutes}m {seconds:02}s"

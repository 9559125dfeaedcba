"""What tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING

from allotment.exceptions import InvalidPolicy, InvalidType

if TYPE_CHECKING:
    from allotment.langchain._usage import Usage

_NANO_DOLLAR = Decimal("1e-9")
_MILLION = 1_000_000
_DEAREST = 1_000_000_000
"""US dollars per million tokens; above any budget that a session can have."""


@dataclass(frozen=True, init=False)
class Price:
    """A model's prices, in US dollars per million tokens.

    Attributes:
        input: Input tokens.
        output: Output tokens.
        cached: Input tokens that the provider reads from its cache; the price of input unless given.
        cache_write: Input tokens that it writes to its cache; the price of input unless given.

    Example:
        >>> from allotment.langchain import Price
        >>> Price(input="3.00", output="15.00", cached="0.30").input
        Decimal('3.00')
    """

    input: Decimal
    output: Decimal
    cached: Decimal
    cache_write: Decimal

    def __init__(
        self,
        input: Decimal | str | float,
        output: Decimal | str | float,
        cached: Decimal | str | float | None = None,
        cache_write: Decimal | str | float | None = None,
    ) -> None:
        """Read the prices.

        Raises:
            InvalidPolicy: one that is negative, too high, not finite or not a number; InvalidType for a wrong
                type.
        """
        given = {
            "input": input,
            "output": output,
            "cached": input if cached is None else cached,
            "cache_write": input if cache_write is None else cache_write,
        }
        for name, value in given.items():
            object.__setattr__(self, name, _dollars(name, value))

    def of(self, usage: Usage) -> Decimal:
        """What `usage` costs in US dollars, rounded up to whole nano-dollars."""
        with localcontext() as exact:
            exact.prec = 100
            cost = (
                usage.fresh * self.input
                + usage.cached * self.cached
                + usage.stored * self.cache_write
                + usage.output * self.output
            ) / _MILLION
            return cost.quantize(_NANO_DOLLAR, rounding=ROUND_CEILING)


def _dollars(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, str, int, float)):
        raise InvalidType(name, repr(value)[:80], "is not a Decimal, str, int or float")
    try:
        # A float by what it prints: 0.1 is ten cents and not a little more.
        price = Decimal(str(value))
    except InvalidOperation:
        raise InvalidPolicy(name, repr(value)[:80], "is not a number") from None
    if not price.is_finite():
        raise InvalidPolicy(name, repr(value)[:80], "is not finite")
    if price < 0:
        raise InvalidPolicy(name, repr(value)[:80], "is negative")
    if price > _DEAREST:
        raise InvalidPolicy(name, repr(value)[:80], f"is above the maximum ${_DEAREST}")
    return price

"""One model call's reservation, from its estimate to its usage."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from allotment.exceptions import InvalidPolicy
from allotment.langchain._denials import MARK
from allotment.langchain._usage import Usage, reported

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from allotment._allotment import Reservation, Session
    from allotment.langchain._prices import Price

logger = logging.getLogger("allotment.langchain")


class Hold:
    """A reservation for one call of one model."""

    def __init__(self, session: Session, model: str, prices: Mapping[str, Price], estimated: Usage) -> None:
        """Reserve the estimate.

        Raises:
            Denied: it is not covered; nothing is held then.
            InvalidPolicy: the model has no price and something limits cost.
        """
        self.model = model
        self._price = price_of(model, prices, session)
        self._reservation = self._reserve(session, estimated)

    def settle(self, reply: BaseMessage | None) -> None:
        """Ends it at what the reply reports; of a reply that reports nothing, all of it, and says so."""
        used = reported(reply)
        if used is not None:
            self._settle(used)
            return
        held = self._reservation
        held.settle(tokens=held.tokens, cost_usd=held.cost_usd)
        logger.warning(
            "model %r reported no usage; its whole reservation of %d tokens and $%s stays charged",
            self.model,
            held.tokens,
            held.cost_usd,
        )
        if reply is not None:
            reply.response_metadata[MARK] = {"usage": "estimated", "tokens": held.tokens}

    def release(self) -> None:
        """Ends it without a charge, because nothing was sent."""
        self._reservation.release()

    def forfeit(self) -> None:
        """Ends it as the policy has it for calls whose end nobody saw."""
        self._reservation.__exit__(None, None, None)

    def _reserve(self, session: Session, estimated: Usage) -> Reservation:
        return session.reserve(
            input_tokens=estimated.fresh + estimated.stored,
            output_tokens=estimated.output,
            cached_tokens=estimated.cached,
            cost_usd=self._cost(estimated),
        )

    def _settle(self, used: Usage) -> None:
        self._reservation.settle(
            input_tokens=used.fresh + used.stored,
            output_tokens=used.output,
            cached_tokens=used.cached,
            cost_usd=self._cost(used),
        )

    def _cost(self, usage: Usage) -> Decimal:
        return Decimal(0) if self._price is None else self._price.of(usage)


def price_of(model: str, prices: Mapping[str, Price], session: Session) -> Price | None:
    """The model's price; `None` for a model without one in a session whose cost nothing limits.

    Raises:
        InvalidPolicy: it has none, and something limits cost.
    """
    price = prices.get(model)
    if price is None and session.is_limited("cost"):
        raise InvalidPolicy("prices", repr(model), "has no price, and the session's cost is limited")
    return price

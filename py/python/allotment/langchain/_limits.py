"""Whether anything on a session's path limits what it may cost."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING

from allotment.exceptions import Denied

if TYPE_CHECKING:
    from allotment._allotment import Session

_ABOVE_EVERY_LIMIT = Decimal("18014398.509481985")
_one_at_a_time = threading.Lock()


def limits_cost(session: Session) -> bool:
    """Whether the session, what it was delegated from, its agent or its tenant has a budget or rate of cost.

    A snapshot shows the session's own only. For the others a reservation that no limit covers is asked for
    and given back; one at a time, because a meter without a limit cannot hold two of them either. Only models
    without a price come this way.
    """
    own = session.snapshot()["cost"]
    if own["limit"] is not None or own["rate"] is not None:
        return True
    try:
        with _one_at_a_time:
            session.reserve(cost_usd=_ABOVE_EVERY_LIMIT).release()
    except Denied as denied:
        return denied.resource == "cost"
    return False

"""One call asked for, as an application would: first what its model used, then the tool.

Usage whose kinds are told is a model's. Its price is known only afterwards: such a call is made while
anything is left of each budget, charged in full, and may so overrun; whatever it overran refuses the next.
The tool that a refused model call would have asked for is not called. Other tokens and cost are known to be
the tool call's, and are asked for with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any

from allotment import Decision, Denied, Enforcer, InvalidPolicy, Session
from allotment.cli.replay.verdicts import Noted
from allotment.cli.trace.calls import UNKNOWN_KINDS, Call

_NANO_USD = Decimal(1).scaleb(-9)
_MOST_APPROVALS = 8
"""For one call. Each budget can be in its way once; there are five."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call, or a whole session, was refused."""

    reason: str
    detail: str
    retry_after: float | None

    @classmethod
    def by(cls, denial: Denied | Decision) -> Refused:
        """The refusal that a denial is."""
        return cls(str(denial.reason), denial.detail, denial.retry_after)


class Asking:
    """Asks the sessions of an enforcer, and counts what it hears."""

    def __init__(self, enforcer: Enforcer, approves: bool) -> None:
        """`approves`: a session that a used up budget has paused is given as much again, and goes on."""
        self._enforcer, self._approves = enforcer, approves
        self.decisions = 0
        """How many tool calls were decided."""
        self.seconds = 0.0
        """How long the engine took for them."""
        self._drifting: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._overruns = self._pauses = self._exhausted = self._approved = 0
        self._awaiting: set[str] = set()

    def ask(self, session: Session, call: Call) -> Refused | None:
        """Asks for `call`; None if it may be made."""
        denial = self._ask(session, call)
        for _ in range(_MOST_APPROVALS):
            if denial is None or denial.reason != "paused" or denial.resource is None:
                break
            # With a resource it is a budget that pauses the session; without, the session was paused before.
            self._awaiting.add(session.id)
            self._exhausted += 1
            if not self._approves or not _approve(session, denial):
                break
            self._approved += 1
            denial = self._ask(session, call)
        self._hear()
        return None if denial is None else Refused.by(denial)

    def noted(self) -> Noted:
        """What was heard so far, besides denials."""
        return Noted(
            drifting=self._drifting,
            warnings=self._warnings,
            overruns=self._overruns,
            for_approval=len(self._awaiting),
            approved=self._approved,
            for_drift=self._pauses - self._exhausted,
        )

    def _ask(self, session: Session, call: Call) -> Denied | Decision | None:
        of_model = call.tool is None or call.kinds is not UNKNOWN_KINDS
        if of_model:
            try:
                _use(session, call)
            except Denied as denied:
                return denied
        if call.tool is None:
            return None
        tokens, cost_nano_usd = (0, 0) if of_model else (call.tokens, call.cost_nano_usd)
        cost = Decimal(cost_nano_usd).scaleb(-9)
        began = perf_counter()
        decision = session.decide(call.tool, arguments=call.arguments, tokens=tokens, cost_usd=cost)
        self.seconds += perf_counter() - began
        self.decisions += 1
        if decision.drift is not None:
            self._drifting[call.tool] += 1
        return None if decision.allowed else decision

    def _hear(self) -> None:
        for event in self._enforcer.events():
            if event.warning is not None:
                low = event.warning
                own = low.account == "session"
                self._warnings[low.resource if own else f"{low.account} {low.resource}"] += 1
            self._overruns += event.kind == "overrun"
            self._pauses += event.kind == "paused"


def _use(session: Session, call: Call) -> None:
    """Charges what a model used, if it may be called. Raises `Denied` if nothing is left to call it with."""
    kinds = call.kinds
    cost = Decimal(call.cost_nano_usd).scaleb(-9)
    used: dict[str, Any] = {
        "tokens": call.tokens - sum(kinds),
        "cost_usd": cost,
        "input_tokens": kinds.input,
        "output_tokens": kinds.output,
        "cached_tokens": kinds.cached,
    }
    if not call.tokens and not call.cost_nano_usd:
        return
    least = {"tokens": min(1, call.tokens), "cost_usd": min(_NANO_USD, cost)}
    session.reserve(**used, at_least=least).settle(**used)


def _approve(session: Session, pause: Denied | Decision) -> bool:
    """Raises the budget that paused `session` by as much again and resumes it; whether that could be done."""
    limit, used, requested = pause.limit, pause.used, pause.requested
    if pause.account != "session" or limit is None or used is None or requested is None:
        return False
    lacking = Decimal(used) + Decimal(requested) - Decimal(limit)
    more = max(Decimal(limit), lacking)
    try:
        if pause.resource == "cost":
            session.top_up(cost_usd=more)
        else:
            session.top_up(**{str(pause.resource): int(more)})
        session.resume()
    except (Denied, InvalidPolicy):
        return False
    return True

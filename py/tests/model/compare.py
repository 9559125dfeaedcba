"""Asking the product and the model the same, and comparing all that the one says and shows with the other."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from accounts import RESOURCES, SECOND, Session
from deciding import Granted, Model
from draws import keywords
from hypothesis.stateful import RuleBasedStateMachine, invariant
from policies import both
from world import Refusal

import allotment
from allotment import Denied, Enforcer, InvalidPolicy
from allotment.testing import ManualClock

MOST = 6
"""How many sessions the enforcer holds."""
CLASS_OF = {
    each.reason: each
    for name in allotment.__all__
    if isinstance(each := getattr(allotment, name), type) and issubclass(each, Denied)
}
UNITS = {"cost": lambda nanos: Decimal(nanos).scaleb(-9), "time": lambda nanos: pytest.approx(nanos / SECOND)}


def shown(resource: str | None, amount: int | None) -> Any:
    """An amount as Python shows it."""
    return None if amount is None else UNITS.get(resource or "", int)(amount)


class Both(RuleBasedStateMachine):
    """An enforcer and the model of it, side by side."""

    def __init__(self) -> None:
        super().__init__()
        policy, counted = both(0)
        self.clock = ManualClock()
        self.enforcer = Enforcer(policy, self.clock, max_sessions=MOST)
        self.model = Model(counted, MOST)
        self.all: list[tuple[Any, Session]] = []
        self.kept: list[Any] = []

    # Both at once.

    def same(self, ask: Any, predict: Any, *, tool: str | None = None, of: Session | None = None) -> Any:
        """What both say; where they raise, ``None``, and both raise the same."""
        try:
            predicted = predict()
        except Refusal as refusal:
            try:
                said = ask()
            except Denied as denied:
                assert type(denied) is CLASS_OF[refusal.reason], (denied.detail, refusal.args)
                for field in ("reason", "limit", "used", "retry_after", "resource", "account"):
                    assert getattr(denied, field) == getattr(denied.decision, field)
                self.check_denial(denied.decision, refusal, tool, of)
                return None
            except InvalidPolicy as error:
                assert refusal.reason == "invalid", (error, refusal.args)
                return None
            raise AssertionError(f"{said!r}, and not {refusal.args}") from None
        return ask(), predicted

    def check_denial(self, said: Any, refusal: Refusal, tool: str | None, of: Session | None) -> None:
        figures = refusal.evidence
        resource = figures["resource"]
        assert (said.allowed, said.reason, said.account, said.resource) == (
            False,
            refusal.reason,
            figures["account"],
            resource,
        ), said.detail
        for field in ("limit", "used", "requested"):
            assert getattr(said, field) == shown(resource, figures[field]), (field, said.detail)
        assert said.retry_after_ns == figures["retry"], said.detail
        assert (said.retry_after is None) == (figures["retry"] is None)
        wait = figures["retry"]
        assert wait is None or 0 <= Decimal(said.retry_after) * SECOND - wait < 2
        always = refusal.reason == "too_many_sessions"
        assert said.retryable == (figures["retry"] is not None or always)
        assert said.tool == (tool or figures["tool"])
        assert said.warnings == ()
        assert said.remaining == (of.left("calls") if of else None)
        if of is None:
            assert said.seconds_remaining is None
        else:
            over = of.status(self.model.now) in ("expired", "closed")
            left = 0 if over else of.deadline - self.model.now
            assert round(said.seconds_remaining * SECOND) == left

    def check_grant(self, said: Any, granted: Granted, tool: str | None, of: Session) -> None:
        assert (said.allowed, said.reason, said.tool) == (True, None, tool)
        assert (said.remaining, said.drift) == (granted.remaining, granted.drift)
        assert round(said.seconds_remaining * SECOND) == max(0, of.deadline - self.model.now)
        low = [(each.account, each.resource, each.remaining, each.limit) for each in said.warnings]
        assert low == [(a, r, shown(r, n), shown(r, m)) for a, r, n, m in granted.warnings]
        for each, (*_, remaining, limit) in zip(said.warnings, granted.warnings, strict=True):
            assert each.percent == (remaining * 100 // limit if limit else 0)

    def ask(self, verb: str, pair: Any, caller: str, tools: list[str], usage: dict[str, int]) -> None:
        """Ask by handle, by id, or as somebody else by id; for a value or an exception."""
        session, known = pair
        batch, preview = verb.endswith("batch"), verb == "preview"
        given = (tools,) if batch else tuple(tools)
        only = None if batch else tools[0]
        agent = known.agent if caller == "id" else "somebody"

        def ask() -> Any:
            if caller == "handle":
                return getattr(session, verb)(*given, **keywords(usage))
            return getattr(self.enforcer, verb)(session.id, *given, agent=agent, **keywords(usage))

        def predict() -> Any:
            if caller != "handle" and known.id not in self.model.held:
                refusal = Refusal("not_found")
                if not preview:
                    self.model.tell_stranger(known.id, agent, None, refusal)
                raise refusal
            if caller == "stranger":
                told = only if not usage else None
                raise self.mismatch(known, preview, told)
            return self.model.decide(known, tools, usage, preview)

        def value() -> Any:
            """A denial that is returned, raised as the exception that carries it."""
            said = ask()
            if said is not None and not said.allowed:
                raise CLASS_OF[said.reason](said)
            return said

        theirs = caller == "stranger" or (caller == "id" and known.id not in self.model.held)
        both = self.same(value, predict, tool=only, of=None if theirs else known)
        if both is not None and not verb.startswith("authorize"):
            self.check_grant(both[0], both[1], tools[0] if len(tools) == 1 and not batch else only, known)

    def mismatch(self, known: Session, preview: bool, tool: str | None) -> Refusal:
        try:
            self.model.standing(known)
            refusal = Refusal("agent_mismatch")
        except Refusal as standing:
            refusal = standing
        if not preview:
            known.denied += 1
            self.model.tell("denied", known, tool, refusal.figures())
        return refusal

    # After every step.

    @invariant()
    def every_event_was_told(self) -> None:
        told, waiting = self.enforcer.events(), Counter(self.model.events)
        self.model.events.clear()
        assert Counter(map(plain, told)) == waiting

    @invariant()
    def everything_shown_is_what_the_model_has(self) -> None:
        model = self.model
        stats = self.enforcer.stats()
        scopes = Counter(scope for scope, _ in model.parties)
        assert stats == {
            "sessions": len(model.held),
            "max_sessions": MOST,
            "agents": scopes["agent"],
            "tenants": scopes["tenant"],
            "events_waiting": 0,
            "events_dropped": 0,
        }
        assert {each.id for each in self.enforcer.sessions()} == set(model.held)
        for session, known in self.all:
            self.check_snapshot(session.snapshot(), known)
            assert session.status == known.status(model.now)
            for resource in RESOURCES:
                limited = [*known.path(), *model.parties_of(known)]
                limits = any(resource in each.budgets or resource in each.buckets for each in limited)
                assert known.ended or session.is_limited(resource) == limits

    def check_snapshot(self, said: dict[str, Any], known: Session) -> None:
        for resource in RESOURCES:
            money = resource == "cost"
            figure = {
                key: nanos(each) if money else each for key, each in said[resource].items() if key != "rate"
            }
            limit, spent = known.budgets.get(resource), known.spent(resource)
            assert figure == {
                "spent": spent,
                "reserved": known.reserved[resource],
                "limit": limit,
                "remaining": known.left(resource),
            }, (resource, known.id)
            assert (said[resource]["rate"] is None) == (resource not in known.buckets)
            # The promise itself: never above a limit, but for what was spent anyway and was reported.
            assert limit is None or spent <= limit or resource in known.overran
        assert (said["denied"], said["drifts"]) == (known.denied, known.drifts)
        assert said["tokens_by_kind"] == known.kinds
        assert (said["status"], said["agent"], said["tenant"]) == (
            known.status(self.model.now),
            known.agent,
            known.tenant,
        )
        caps = {tool: each and (each["spent"], each["limit"]) for tool, each in said["tools"].items()}
        assert caps == {
            tool: None if cap is None else (known.capped.get(tool, 0), cap)
            for tool, cap in known.tools.items()
        }
        assert said["parent"] == (known.parent and known.parent.id)
        assert said["delegation_chain"] == [each.id for each in known.path()[:0:-1]]
        assert said["intent_tier"] == known.tier


def nanos(text: Any) -> int | None:
    return None if text is None else int(Decimal(text).scaleb(9))


def count_of(resource: str | None, amount: Any) -> Any:
    """An amount that Python shows, as the model counts it."""
    if amount is None:
        return None
    return round(amount * SECOND) if resource in ("cost", "time") else amount


def plain(event: Any) -> tuple[Any, ...]:
    """An event as the model tells it."""
    matter: Any = None
    if (decision := event.decision) is not None:
        figures = (
            count_of(decision.resource, getattr(decision, key)) for key in ("limit", "used", "requested")
        )
        matter = (decision.reason, decision.account, decision.resource, *figures, decision.retry_after_ns)
    elif (low := event.warning) is not None:
        matter = (
            low.account,
            low.resource,
            *(count_of(low.resource, each) for each in (low.remaining, low.limit)),
        )
    elif event.kind in ("overrun", "forfeited", "topped_up"):
        matter = tuple(sorted((key, count_of(key, amount)) for key, amount in event.amounts.items()))
    return (event.kind, event.session, event.agent, event.tenant, event.tool, matter)

"""The naive model of a decision: who is charged, who refuses first, what runs low; and of reservations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts import RESOURCES, SCOPES, Party, Session
from world import Refusal, World

Account = Session | Party
Usage = dict[str, int]
"""Amounts by resource; tokens by kind under ``input``, ``output`` and ``cached``."""


@dataclass
class Charge:
    """What one account is charged of one resource: of its budget, and of its bucket."""

    scope: str
    account: Account
    resource: str
    units: int
    paced: int
    tool: str | None = None

    def budget(self) -> int | None:
        if self.tool is None:
            return self.account.budgets.get(self.resource)
        assert isinstance(self.account, Session)
        return self.account.tools[self.tool]

    def spent(self) -> int:
        if self.tool is None:
            return self.account.spent(self.resource)
        assert isinstance(self.account, Session)
        return self.account.capped.get(self.tool, 0)

    def bucket(self) -> Any:
        return None if self.tool else self.account.buckets.get(self.resource)

    def lack(self, now: int) -> tuple[Any, ...] | None:
        """Why it cannot be charged: ``(kind, limit, used, wait)``."""
        if self.scope == "ancestor" and isinstance(self.account, Session) and self.account.gate != "active":
            return ("paused", None, None, None)
        budget, spent, bucket = self.budget(), self.spent(), self.bucket()
        if self.units and budget is not None and spent + self.units > budget:
            return ("budget_exceeded", budget, spent, None)
        if self.paced and bucket and not bucket.covers(self.paced, now):
            used = bucket.size - bucket.holds(now)
            return ("rate_limited", bucket.limit, used, bucket.wait(self.paced, now))
        return None


@dataclass(eq=False)
class Hold:
    """A reservation: what was charged whom, and where each bucket stood then."""

    session: Session
    granted: Usage
    charges: list[tuple[Charge, int]]
    ended: bool = False
    said: Usage | None = None


@dataclass
class Granted:
    """What a grant says."""

    remaining: int | None
    warnings: list[tuple[Any, ...]]
    drift: str | None = None
    caps: list[str] = field(default_factory=list)


class Model(World):
    """The whole surface: a ``World`` that decides."""

    def charges(self, session: Session, demand: Usage, tools: list[str], paced: bool = True) -> list[Charge]:
        """Everything that is charged, in naming order."""
        charges, handed = [], set()
        for place, node in enumerate(session.path()):
            scope = "ancestor" if place else "session"
            for tool in dict.fromkeys(tools):
                if node.tools.get(tool) is not None:
                    charges.append(Charge("tool", node, "calls", tools.count(tool), tools.count(tool), tool))
            for resource in RESOURCES:
                amount = demand.get(resource, 0)
                units = 0 if resource in handed else amount
                pace = amount if paced else 0
                if resource == "calls" or units or (pace and resource in node.buckets):
                    charges.append(Charge(scope, node, resource, units, pace))
            handed |= node.carved
        if paced:
            for party in self.parties_of(session):
                for resource in RESOURCES:
                    if demand.get(resource) and party.limits(resource):
                        amount = demand[resource]
                        charges.append(Charge(party.scope, party, resource, amount, amount))
        return charges

    def parties_of(self, session: Session) -> list[Party]:
        """The agents of its path, each once, then the tenant."""
        agents = dict.fromkeys(each.parties[0] for each in session.path())
        return [*agents, *session.parties[1:]]

    def refused(self, session: Session, charges: list[Charge]) -> Refusal | None:
        """The first that refuses names the denial; the wait is the longest, never if one is never over."""
        lacks = [(charge, lack) for charge in charges if (lack := charge.lack(self.now))]
        if not lacks:
            return None
        charge, (reason, limit, used, _) = lacks[0]
        waits = [lack[3] for _, lack in lacks]
        wait = None if None in waits else max(waits)
        if reason != "rate_limited" or (wait is not None and self.now + wait >= session.deadline):
            wait = None
        asked = max(charge.units, charge.paced)
        evidence = {"account": charge.scope, "resource": charge.resource, "limit": limit, "used": used}
        return Refusal(reason, **evidence, requested=asked, retry=wait, tool=charge.tool)

    # What runs low.

    def is_low(self, remaining: int, limit: int) -> bool:
        ppm: int = self.policy["warn_ppm"]
        return ppm > 0 and remaining * 1_000_000 <= limit * ppm

    def low(self, session: Session, charges: list[Charge], tentative: bool) -> list[tuple[Any, ...]]:
        """Of everything but the session's own calls and time: ``(account, resource, remaining, limit)``."""
        found = []
        own = {charge.resource for charge in charges if charge.scope == "session"}
        beside = [Charge("session", session, each, 0, 0) for each in RESOURCES if each not in own]
        for charge in charges + beside:
            limit = charge.budget()
            if limit is not None and (charge.scope, charge.resource) != ("session", "calls"):
                remaining = max(0, limit - charge.spent() - (charge.units if tentative else 0))
                if self.is_low(remaining, limit):
                    found.append((charge.scope, charge.resource, remaining, limit))
        return sorted(found, key=lambda low: (SCOPES.index(low[0]), RESOURCES.index(low[1])))

    def own_low(self, session: Session, calls: int) -> list[tuple[Any, ...]]:
        """Of the session's own calls, so many of them spent, and time."""
        limit, time = session.budgets.get("calls"), session.time_limit
        found = [] if limit is None else [("session", "calls", max(0, limit - calls), limit)]
        found.append(("session", "time", max(0, session.deadline - self.now), time))
        return [low for low in found if self.is_low(low[2], low[3])]

    def note_low(self, session: Session, low: tuple[Any, ...], tool: str | None) -> None:
        """Once at the crossing; of an ancestor or a cap once in each session that notices."""
        scope, resource = low[:2]
        told, mark = session.told, resource
        if scope in ("agent", "tenant"):
            told = next(party for party in self.parties_of(session) if party.scope == scope).told
        elif scope == "ancestor":
            mark = "above " + resource
        elif scope == "tool":
            capped = sorted(name for name, cap in session.tools.items() if cap is not None)
            mark = f"cap {capped.index(tool) if tool in capped else 0}"
        if mark not in told:
            told.add(mark)
            self.tell("warning", session, tool, low)

    # Deciding.

    def deny(self, session: Session, refusal: Refusal, tool: str | None) -> Refusal:
        """Count it and tell it, and pause where the policy wants an approval."""
        session.denied += 1
        denied = self.as_told(refusal)
        if denied is not refusal and session.gate == "active":
            session.gate = "paused"
            self.tell("paused", session)
        session.drifts += denied.reason == "intent_drift"
        self.tell("denied", session, denied.evidence["tool"] or tool, denied.figures())
        return denied

    def as_told(self, refusal: Refusal) -> Refusal:
        """A budget that is used up is a pause where the policy wants an approval; not so a tool's cap."""
        wanted = self.policy["approval"] and refusal.evidence["account"] != "tool"
        if refusal.reason == "budget_exceeded" and wanted:
            return Refusal("paused", **refusal.evidence)
        return refusal

    def fits(self, session: Session, tools: list[str]) -> str | None:
        """How the call drifts from what a session on the path is for, where that is only warned of."""
        drift = None
        tiers = {"read": 0, "write": 1, "admin": 2}
        for node in session.path():
            for tool in tools:
                known = self.policy["tools"].get(tool, {})
                kind = CLASSES.get(tool, "write")
                if node.tier != "unknown" and tiers[kind] > tiers[node.tier]:
                    if self.policy["deny_drift"]:
                        raise Refusal("intent_drift", account="session", tool=tool)
                    drift = drift or f"intent drift: the intent is {node.tier}, the tool {kind}"
                if known.get("sensitivity") == "restricted" and node.sensitivity != "restricted":
                    raise Refusal("sensitivity_exceeded", account="session", tool=tool)
                if node.air_gap and known.get("network") is not False:
                    raise Refusal("network_denied", account="session", tool=tool)
        return drift

    def decide(self, session: Session, tools: list[str], usage: Usage, preview: bool = False) -> Granted:
        """Admit one call of each tool and the usage, all of it or nothing; or raise the refusal."""
        only = tools[0] if len(tools) == 1 else None
        try:
            self.standing(session)
            for node in session.path():
                for tool in tools:
                    if tool not in node.tools and "*" not in node.tools:
                        raise Refusal("tool_not_authorized", account="session", tool=tool)
            drift = self.fits(session, tools)
            weights = (self.policy["tools"].get(tool, {}).get("weight", 1) for tool in tools)
            demand = {"calls": sum(weights), **usage}
            charges = self.charges(session, demand, tools)
            # Nothing is asked of a session that stands alone.
            nothing = not any(demand.values()) and not session.parent
            if not nothing and (refusal := self.refused(session, charges)):
                raise refusal
        except Refusal as refusal:
            raise self.as_told(refusal) if preview else self.deny(session, refusal, only) from None
        if not preview:
            self.take(session, charges, demand)
        low = self.low(session, charges, tentative=preview)
        calls = session.spent("calls") + (demand["calls"] if preview else 0)
        warnings = self.own_low(session, calls) + low
        if not preview:
            if drift:
                session.drifts += 1
                self.tell("drift", session, tools[0])
            self.tell("granted", session, only)
            for each in warnings:
                self.note_low(session, each, only)
        limit = session.budgets.get("calls")
        return Granted(None if limit is None else max(0, limit - calls), warnings, drift)

    def take(self, session: Session, charges: list[Charge], demand: Usage) -> None:
        """Debit it; what the ancestors have spent follows from what the session has."""
        for resource in RESOURCES:
            session.own[resource] += demand.get(resource, 0)
        for charge in charges:
            if isinstance(charge.account, Party):
                charge.account.totals[charge.resource] += charge.units
            elif charge.tool:
                charge.account.capped[charge.tool] = charge.spent() + charge.units
            if charge.paced and (bucket := charge.bucket()):
                bucket.take(charge.paced, self.now)

    # What is used.

    def weighed(self, usage: Usage) -> Usage:
        """Its tokens of each kind as what they count for, rounded up once."""
        sum_ = sum(usage.get(kind, 0) * weight for kind, weight in self.policy["weights"].items())
        tokens = usage.get("tokens", 0) - (-sum_ // 1000)
        return {**{each: usage.get(each, 0) for each in RESOURCES[1:]}, "tokens": tokens}

    def charge(self, session: Session, usage: Usage, kinds: Usage) -> bool:
        """What was spent, whatever the limits; whether that overran one."""
        for node in session.path():
            for kind in node.kinds:
                node.kinds[kind] += kinds.get(kind, 0)
        if not any(usage.values()):
            return False
        charges = self.charges(session, usage, [])
        return self.correct(session, usage, [(charge, charge.units, charge.paced) for charge in charges])

    def correct(self, session: Session, more: Usage, changes: list[tuple[Charge, int, int]]) -> bool:
        """Change what is spent by so much; whether more is spent of a budget now than there was."""
        lines = [(node, resource) for node in session.path() for resource in RESOURCES]
        before = {line: line[0].spent(line[1]) for line in lines}
        for resource, amount in more.items():
            session.own[resource] += amount
        overrun = False
        for charge, units, paced in changes:
            account = charge.account
            if isinstance(account, Party):
                account = self.party(account.scope, account.name) if account.forgotten else account
                account.totals[charge.resource] += units
                budget = account.budgets.get(charge.resource)
                overrun |= units > 0 and budget is not None and account.spent(charge.resource) > budget
            if paced > 0 and (bucket := account.buckets.get(charge.resource)):
                bucket.take(paced, self.now)
            if isinstance(account, Party) and account is not charge.account:
                self.forget(account)
        for node, resource in lines:
            budget, spent = node.budgets.get(resource), node.spent(resource)
            if budget is not None and spent > max(budget, before[node, resource]):
                overrun = True
                node.overran.add(resource)
        return overrun

    def record(self, session: Session, usage: Usage) -> bool:
        counted = self.weighed(usage)
        overrun = self.charge(session, counted, usage)
        if overrun:
            self.tell("overrun", session, matter=amounts(counted))
        return overrun

    def reserve(self, session: Session, usage: Usage, least: Usage | None) -> Hold:
        """Hold an estimate, or of each resource as much as there is, down to the least."""
        try:
            self.standing(session)
            wanted = self.weighed(usage)
            charges = self.charges(session, wanted, [])
            granted = dict(wanted)
            for resource, floor in (self.weighed(least) if least is not None else wanted).items():
                there = [self.there_is(charge) for charge in charges if charge.resource == resource]
                granted[resource] = min(wanted[resource], max(floor, min([wanted[resource], *there])))
            for charge in charges:
                charge.units = min(charge.units, granted.get(charge.resource, 0))
                charge.paced = min(charge.paced, granted.get(charge.resource, 0))
            if refusal := self.refused(session, charges):
                raise refusal
        except Refusal as refusal:
            raise self.deny(session, refusal, None) from None
        taken = [charge for charge in charges if charge.units or charge.paced]
        stood = [(each, b.minted(self.now) if (b := each.bucket()) else 0) for each in taken]
        self.take(session, charges, granted)
        for low in self.low(session, charges, tentative=False):
            self.note_low(session, low, None)
        for charge in taken:
            if isinstance(charge.account, Session):
                charge.account.reserved[charge.resource] += charge.units
        return Hold(session, granted, stood)

    def there_is(self, charge: Charge) -> int:
        budget, bucket = charge.budget(), charge.bucket()
        units = budget - charge.spent() if charge.units and budget is not None else 2**60
        return max(0, min(units, bucket.holds(self.now) if charge.paced and bucket else 2**60))

    def settle(self, hold: Hold, usage: Usage) -> bool:
        """End it at the actual price."""
        if hold.ended:
            raise Refusal("invalid")
        hold.ended = True
        counted = self.weighed(usage)
        changes, more = [], {}
        for charge, stood in hold.charges:
            held = max(charge.units, charge.paced)
            change = counted[charge.resource] - held
            if isinstance(charge.account, Session):
                charge.account.reserved[charge.resource] -= charge.units
            if charge.account is hold.session:
                more[charge.resource] = change
            units, paced = change if charge.units else 0, change if charge.paced else 0
            bucket = charge.bucket()
            if paced < 0 and bucket and not (isinstance(charge.account, Party) and charge.account.forgotten):
                bucket.give_back(-paced, charge.paced, stood, self.now)
            changes.append((charge, units, paced))
        overrun = self.correct(hold.session, more, changes)
        rest = {each: 0 if hold.granted[each] else amount for each, amount in counted.items()}
        overrun |= self.charge(hold.session, rest, usage)
        if overrun:
            self.tell("overrun", hold.session, matter=amounts(counted))
        return overrun

    def forfeit(self, hold: Hold) -> None:
        """Its holder has vanished."""
        if hold.ended:
            return
        unsaid = {} if self.policy["release"] else hold.granted
        said = unsaid if hold.said is None else hold.said
        self.settle(hold, said)
        self.tell("forfeited", hold.session, matter=amounts(self.weighed(said)))

    def hand_over(self, parent: Session, budgets: dict[str, int]) -> None:
        """Raise where the parent or an ancestor has less left; what they have spent follows from it."""
        if refusal := self.refused(parent, self.charges(parent, budgets, [], paced=False)):
            raise refusal


def amounts(usage: Usage) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((resource, amount) for resource, amount in usage.items() if amount))


CLASSES = {"search": "read", "delete_row": "admin"}
"""What the names of the tools tell; of any other name that it writes."""

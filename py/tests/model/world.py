"""The naive model of an enforcer: who is there, under which policy, and what was told.

Whatever it is asked it answers from scratch and one after the other; it knows no
threads, holds, words or caches.
Not modelled: executions (idle time, depth, repetitions, memory), which have tests of their own.
"""

from __future__ import annotations

from typing import Any

from accounts import Party, Session, buckets


class Refusal(Exception):
    """A denial that the model predicts, with its evidence; or misuse, where the reason is ``invalid``."""

    def __init__(self, reason: str, **evidence: Any) -> None:
        super().__init__(reason, evidence)
        self.reason = reason
        self.evidence: dict[str, Any] = {
            **dict.fromkeys(("account", "resource", "limit", "used", "requested", "retry", "tool")),
            **evidence,
        }

    def figures(self) -> tuple[Any, ...]:
        """What an event of it shows."""
        return (self.reason, *(self.evidence[key] for key in FIGURES))


FIGURES = ("account", "resource", "limit", "used", "requested", "retry")


class World:
    """Sessions by id while they are held, agents and tenants by name while they are remembered."""

    def __init__(self, policy: dict[str, Any], most: int) -> None:
        self.policy, self.most, self.now = policy, most, 0
        self.held: dict[str, Session] = {}
        self.parties: dict[tuple[str, str], Party] = {}
        self.ever: list[Party] = []
        """Also those that were forgotten: a session that has ended keeps its own."""
        self.filling: set[tuple[int, Party]] = set()
        """Those without sessions whose buckets are filling, and when they will be full."""
        self.events: list[tuple[Any, ...]] = []

    # What is told.

    def tell(self, kind: str, who: Session, tool: str | None = None, matter: Any = None) -> None:
        if kind != "granted" or self.policy["grants"]:
            self.events.append((kind, who.id, who.agent, who.tenant, tool, matter))

    def tell_stranger(self, session: str | None, agent: str, tenant: str | None, refusal: Refusal) -> None:
        self.events.append(("denied", session, agent, tenant, None, refusal.figures()))

    # Agents and tenants.

    def party(self, scope: str, name: str) -> Party:
        key = (scope, name)
        if key not in self.parties:
            self.parties[key] = Party(name, scope)
            self.parties[key].follow(self.terms(scope, name), self.now)
            self.ever.append(self.parties[key])
        return self.parties[key]

    def terms(self, scope: str, name: str) -> dict[str, Any]:
        named: dict[str, Any] = self.policy[scope]
        return named.get(name, named["*"])

    def forget(self, party: Party) -> None:
        """Where nobody is in it and nothing would be lost; or later, where only its buckets have to fill."""
        full_at = party.blank_at(self.now)
        if party.live or party.forgotten or full_at is None:
            return
        if full_at <= self.now:
            party.forgotten = True
            del self.parties[party.scope, party.name]
        else:
            self.filling.add((full_at, party))

    def set_policy(self, policy: dict[str, Any]) -> None:
        self.policy = policy
        for party in self.ever:
            party.follow(self.terms(party.scope, party.name), self.now)

    # Lives.

    def create(self, session: Session) -> None:
        """Give it its places, or raise why there is none."""
        session.parties = [agent := self.party("agent", session.agent)]
        most = self.terms("agent", session.agent).get("max_sessions", 10)
        if agent.live >= most:
            self.reap([each for each in self.held.values() if each.agent == session.agent])
        if agent.live >= most:
            raise self.no_place(session, "too_many_sessions", "agent", most, agent.live)
        agent.live += 1
        tenant = self.party("tenant", session.tenant) if session.tenant else None
        if tenant:
            session.parties.append(tenant)
            most = self.terms("tenant", tenant.name).get("max_sessions", 10**9)
            if tenant.live >= most:
                self.reap(list(self.held.values()))
            if tenant.live >= most:
                refusal = self.no_place(session, "too_many_sessions", "tenant", most, tenant.live)
                self.leave(agent)
                raise refusal
            tenant.live += 1
        if len(self.held) >= self.most:
            self.sweep()
        if len(self.held) >= self.most:
            refusal = self.no_place(session, "store_full", "store", self.most, len(self.held))
            for party in session.parties:
                self.leave(party)
            raise refusal
        self.held[session.id] = session
        if session.parent:
            session.parent.children.append(session)

    def no_place(self, session: Session, reason: str, account: str, limit: int, used: int) -> Refusal:
        refusal = Refusal(reason, account=account, resource="sessions", limit=limit, used=used, requested=1)
        self.tell_stranger(None, session.agent, session.tenant, refusal)
        return refusal

    def leave(self, party: Party) -> None:
        party.live -= 1
        self.forget(party)

    def end(self, session: Session, how: str) -> None:
        """Once: its places are given back, and what was delegated from it ends the same way."""
        session.gate = how
        self.tell(how, session)
        for party in session.parties:
            party.live -= 1
        for child in session.children:
            if not child.ended:
                self.end(child, how)

    def reap(self, sessions: list[Session]) -> None:
        for session in sessions:
            if not session.ended and self.now >= session.deadline:
                self.end(session, "expired")

    def standing(self, session: Session) -> None:
        """Raise what it is instead of active; whoever looks ends one that is past its deadline."""
        self.reap([session])
        if session.gate != "active":
            raise self.as_it_stands(session)

    def as_it_stands(self, session: Session) -> Refusal:
        if session.gate != "expired":
            return Refusal(session.gate, account="session")
        lived = self.now - session.born
        return Refusal("expired", account="session", resource="time", limit=session.time_limit, used=lived)

    def sweep(self) -> int:
        self.reap(list(self.held.values()))
        gone = [session for session in self.held.values() if session.ended]
        for session in gone:
            del self.held[session.id]
        due = {line for line in self.filling if line[0] <= self.now}
        self.filling -= due
        for party in [party for session in gone for party in session.parties] + [each for _, each in due]:
            self.forget(party)
        return len(gone)

    def close(self, session: Session) -> None:
        self.reap([session])
        if session.ended:
            raise self.as_it_stands(session)
        self.end(session, "closed")

    def pause(self, session: Session) -> None:
        self.standing(session)
        session.gate = "paused"
        self.tell("paused", session)

    def resume(self, session: Session) -> None:
        self.reap([session])
        if session.ended:
            raise self.as_it_stands(session)
        if session.gate == "paused":
            session.gate = "active"
            self.tell("resumed", session)

    def top_up(self, session: Session, more: dict[str, int], time: int) -> None:
        for resource, amount in more.items():
            limit = session.budgets.get(resource)
            if resource in session.carved or limit is None:
                raise Refusal("invalid")
            above = [each.budgets[resource] for each in session.path()[1:] if resource in each.budgets]
            if above and limit + amount > min(above):
                raise Refusal("invalid")
        if session.parent and time and session.deadline + time > session.parent.deadline:
            raise Refusal("invalid")
        self.reap([session])
        if session.ended:
            raise self.as_it_stands(session)
        session.time_limit += time
        if time:
            session.told.discard("time")
        for resource, amount in more.items():
            session.budgets[resource] += amount
            session.told.discard(resource)
            self.tell_anew(session, resource)
        amounts = more | ({"time": time} if time else {})
        self.tell("topped_up", session, matter=tuple(sorted(amounts.items())))

    def tell_anew(self, session: Session, resource: str) -> None:
        for child in session.children:
            if not child.ended:
                child.told.discard("above " + resource)
                self.tell_anew(child, resource)

    def delegate(self, parent: Session, spec: dict[str, Any]) -> Session:
        """A child that is nowhere wider than its parent; what is carved out leaves the parent's at once."""
        self.standing(parent)
        path, left = parent.path(), parent.deadline - self.now
        for tool, cap in spec["tools"].items():
            if tool not in parent.tools and "*" not in parent.tools:
                raise Refusal("invalid")
            caps = [each.tools[tool] for each in path if each.tools.get(tool) is not None]
            if cap is not None and caps and cap > min(caps):
                raise Refusal("invalid")
        for resource, asked in spec["budgets"].items():
            if any(asked > each.budgets.get(resource, asked) for each in path):
                raise Refusal("invalid")
        for resource, (limit, window, size) in spec["rates"].items():
            held = [each.buckets[resource] for each in path if resource in each.buckets]
            if any(size > each.size or limit * each.parts > each.speed * window for each in held):
                raise Refusal("invalid")
        time = left if spec["time_limit"] is None else spec["time_limit"]
        ceilings = ("public", "internal", "confidential", "restricted")
        sensitivity = spec["sensitivity"] or parent.sensitivity
        air_gap = parent.air_gap if spec["air_gap"] is None else spec["air_gap"]
        too_wide = ceilings.index(sensitivity) > ceilings.index(parent.sensitivity)
        if time > left or too_wide or (parent.air_gap and not air_gap):
            raise Refusal("invalid")
        carved = frozenset(spec["budgets"]) if spec["carve_out"] else frozenset()
        if spec["carve_out"]:
            if not carved:
                raise Refusal("invalid")
            self.hand_over(parent, spec["budgets"])
        child = Session(
            agent=spec["agent"],
            tenant=parent.tenant,
            tools=spec["tools"],
            budgets=dict(spec["budgets"]),
            buckets=buckets(spec["rates"]),
            born=self.now,
            time_limit=time,
            tier=spec["tier"],
            sensitivity=sensitivity,
            air_gap=air_gap,
            parent=parent,
            carved=carved,
        )
        self.create(child)
        return child

    def hand_over(self, parent: Session, budgets: dict[str, int]) -> None:
        raise NotImplementedError

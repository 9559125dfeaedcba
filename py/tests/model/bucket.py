"""A rate as DESIGN 3 words it, in fractions: what was minted since the epoch, and what of it is taken."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor


class Bucket:
    """Units come at ``limit`` per ``window_ns``, ``size`` at most at once; counted in parts of a unit."""

    def __init__(self, limit: int, window_ns: int, size: int, parts: int) -> None:
        self.limit, self.size, self.parts = limit, size, parts
        self.speed = Fraction(limit * parts, window_ns)
        self.full_at = 0
        """How much has to be minted until it is full again."""
        self.minted_before, self.since_ns = 0, 0

    def minted(self, now: int) -> int:
        return self.minted_before + floor((now - self.since_ns) * self.speed)

    def change(self, limit: int, window_ns: int, size: int, now: int) -> None:
        """Another rate from now on; what it owes it still owes."""
        self.minted_before, self.since_ns = self.minted(now), now
        self.limit, self.size, self.speed = limit, size, Fraction(limit * self.parts, window_ns)

    def owed(self, now: int) -> int:
        return max(0, self.full_at - self.minted(now))

    def holds(self, now: int) -> int:
        """Whole units that may be taken now."""
        return max(0, self.size * self.parts - self.owed(now)) // self.parts

    def covers(self, units: int, now: int) -> bool:
        return self.owed(now) + units * self.parts <= self.size * self.parts

    def wait(self, units: int, now: int) -> int | None:
        """How many nanoseconds until it covers so many units; ``None`` for never."""
        if units > self.size or not self.speed:
            return None
        lacking = self.full_at + (units - self.size) * self.parts - self.minted_before
        return self.since_ns + ceil(lacking / self.speed) - now

    def until_full(self, now: int) -> int:
        """How many nanoseconds until it owes nothing."""
        return 0 if not self.owed(now) else self.wait(self.size, now) or 0

    def take(self, units: int, now: int) -> None:
        """Also more than it has: that is owed."""
        self.full_at = max(self.full_at, self.minted(now)) + units * self.parts

    def give_back(self, unused: int, taken: int, minted_then: int, now: int) -> None:
        """Unused units of so many taken then, as far as they cannot have been refilled since."""
        refilled = self.minted(now) - minted_then
        self.full_at -= min(unused * self.parts, max(0, taken * self.parts - refilled))

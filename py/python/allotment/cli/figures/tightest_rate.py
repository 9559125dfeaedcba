"""The smallest rate per minute that admits every call of a session.

The engine's rate is a token bucket: at most `limit` tokens, refilled by `limit` a minute. Over any interval
it admits what the bucket holds and what was minted, `1000·n ≤ 1000·limit + ⌊minted⌋` in milli-tokens. As
`1000·(n - limit)` is whole, the floor can be left out, and as the engine may round in the session's favour
but never against it, the limit found here is enough wherever the session lies on the engine's clock.
"""

from __future__ import annotations

from collections.abc import Sequence

WINDOW_NS = 60_000_000_000
"""One minute, in nanoseconds."""


def tightest_per_minute(at_ns: Sequence[int]) -> int:
    """The smallest whole limit per minute that admits one call at each of `at_ns`, in nanoseconds, ascending.

    0 without calls; never more than their number, which a bucket of that size admits at once.
    """
    low, high = min(1, len(at_ns)), len(at_ns)
    while low < high:
        middle = (low + high) // 2
        if _admits(middle, at_ns):
            high = middle
        else:
            low = middle + 1
    return low


def _admits(limit: int, at_ns: Sequence[int]) -> bool:
    """The bucket's recurrence on exact integers: one token is `WINDOW_NS`, one nanosecond mints `limit`."""
    used = 0
    for now in at_ns:
        minted = (now - at_ns[0]) * limit
        used = max(used, minted) + WINDOW_NS
        if used - minted > limit * WINDOW_NS:
            return False
    return True

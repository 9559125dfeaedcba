"""The engine's defaults and bounds, as far as this package has to know them without asking it.

``test_replay_bounds.py`` asks the engine whether they are still true.
"""

from __future__ import annotations

MAX_COUNT = 2**48
"""The largest budget of calls or tokens."""

MAX_COST_NANO_USD = 2**54
"""The largest budget of money, in nano-dollars: about 18 million US dollars."""

MIN_TIME_LIMIT_S = 1
"""The shortest time limit, in seconds."""

LONGEST_SESSION_S = 365 * 86_400
"""The longest time limit that any policy can set, in seconds."""

MAX_TIME_LIMIT_S = 86_400
"""The longest time limit under a policy that does not set ``max_time_limit``, in seconds."""

DEFAULT_TIME_LIMIT_S = 3_600
"""The time limit of a session for which nobody sets one, in seconds."""

DEFAULT_MAX_SESSIONS = 10
"""How many sessions an agent may have at once where a policy says nothing about it."""

MAX_NAME_BYTES = 128
"""The longest name of an agent, a tenant or a tool, in bytes."""

MAX_INTENT_BYTES = 512
"""The longest intent, in bytes."""

MAX_REPETITIONS = 65_535
"""The largest limit of equal steps in a row."""

LONGEST_CLOCK_S = 3_155_760_000
"""How far a clock counts, in seconds: 100 years of 365.25 days."""

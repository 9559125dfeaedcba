"""For tests and replays: a clock that is moved by hand."""

from allotment._allotment import ManualClock

__all__ = ["ManualClock"]

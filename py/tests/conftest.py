"""Shared by the tests: a clock moved by hand, an enforcer on it, and a brief way to create a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer
from allotment.testing import ManualClock

if TYPE_CHECKING:
    from drive import Create


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until a test advances it."""
    return ManualClock()


@pytest.fixture
def enforcer(clock: ManualClock) -> Enforcer:
    """An enforcer with the default policy on that clock."""
    return Enforcer(clock=clock)


@pytest.fixture
def create(enforcer: Enforcer) -> Create:
    """Create a session of ``agent-7`` with the tools ``search`` and ``read``, unless told otherwise."""

    def session(**settings: Any) -> Any:
        return enforcer.create_session(**{"agent": "agent-7", "tools": ["search", "read"], **settings})

    return session

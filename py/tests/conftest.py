"""Shared by the tests: a clock moved by hand, an enforcer on it, and a brief way to create a session."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from allotment import Enforcer
from allotment.testing import ManualClock

if TYPE_CHECKING:
    from drive import Create

# How long an example takes says more of the machine than of the test.
settings.register_profile("allotment", deadline=None)
settings.load_profile("allotment")


def creator(enforcer: Enforcer) -> Create:
    def session(**settings: Any) -> Any:
        return enforcer.create_session(**{"agent": "agent-7", "tools": ["search", "read"], **settings})

    return session


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
    return creator(enforcer)


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker also where pytest-run-parallel is not installed."""
    config.addinivalue_line("markers", "thread_unsafe(reason): pytest-run-parallel runs it in one thread")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under pytest-run-parallel (`.ci/parallel`) give each thread fixtures of its own."""
    for item in items:
        if isinstance(item, pytest.Function) and {"clock", "enforcer", "create"} & set(item.fixturenames):
            item.obj = with_fixtures_of_its_own(item.obj)


def with_fixtures_of_its_own(test: Any) -> Any:
    """The test, which in a thread other than pytest's gets a clock, an enforcer and sessions of its own."""

    @functools.wraps(test)
    def run(*args: Any, **given: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            clock = ManualClock()
            enforcer = Enforcer(clock=clock)
            mine = {"clock": clock, "enforcer": enforcer, "create": creator(enforcer)}
            given.update((name, mine[name]) for name in mine.keys() & given.keys())
        test(*args, **given)

    return run

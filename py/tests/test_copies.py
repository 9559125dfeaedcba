"""What `copy` and `pickle` make of every public class: an equal value or a refusal; no second budget (V2)."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import allotment
from allotment import Denied, Enforcer, KeyedLimiter, Policy, Rate, StepTimedOut
from allotment.logging import EventLog
from allotment.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle-{p}": lambda it, p=p: pickle.loads(pickle.dumps(it, p)) for p in PROTOCOLS},
}
copied = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
ALIVE = ("Enforcer", "KeyedLimiter", "Reservation", "Descent", "StepTimer", "ManualClock", "EventLog")


def values() -> list[Any]:
    """One or more of each class of values."""
    enforcer = Enforcer(clock=ManualClock())
    session = enforcer.create_session(agent="a", tools=["search"], calls=5, tokens=10)
    low = session.decide("search", tokens=9)
    decisions = [low, session.decide("search", tokens=9), session.decide("unlisted")]
    return [*decisions, *low.warnings, *enforcer.events(), session.close(), Policy(), Rate(5, per=2)]


def alive() -> dict[str, Any]:
    """One of each class of what is alive, by name; but for sessions."""
    enforcer = Enforcer(clock=ManualClock())
    session = enforcer.create_session(agent="a", tools=["search"], calls=5, tokens=10)
    items = (enforcer, KeyedLimiter("5/s"), session.reserve(tokens=3), session.descend(), ManualClock())
    return {type(item).__name__: item for item in (*items, session.step_timer(5), EventLog(enforcer))}


def errors() -> list[Any]:
    """One of each exception, bare or with what it takes."""
    classes = [getattr(allotment, name) for name in allotment.__all__]
    found = [each for each in classes if isinstance(each, type) and issubclass(each, BaseException)]
    misuse = {allotment.InvalidPolicy: ("calls", "-1", "is negative"), StepTimedOut: (5.0, 6.5)}
    return [each(*misuse.get(each.__mro__[issubclass(each, allotment.InvalidType)], ())) for each in found]


@copied
def test_values_are_copied_whole(copied: Any) -> None:
    for value in values():
        assert copied(value) == value
        assert type(copied(value)) is type(value)


@copied
def test_exceptions_are_copied_whole(copied: Any) -> None:
    for error in errors():
        twin = copied(error)
        assert (type(twin), twin.args, str(twin)) == (type(error), error.args, str(error))
        assert vars(twin) == vars(error)
        assert not isinstance(error, Denied) or twin.decision == error.decision


@copied
@pytest.mark.parametrize("name", ALIVE)
def test_what_is_alive_refuses_and_says_so(copied: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^an? {name} cannot be copied or pickled: "):
        copied(alive()[name])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_session_is_not_pickled(protocol: int) -> None:
    session = Enforcer().create_session(agent="a", tools=["search"])
    with pytest.raises(TypeError, match=r"^a Session cannot be pickled: "):
        pickle.dumps(session, protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_session_spends_the_same_budget(copied: Any) -> None:
    """Frameworks copy what holds a session; the copy is the session itself, also inside of other things."""
    session = Enforcer().create_session(agent="a", tools=["search"], calls=2)
    assert copied(session) is session
    (twin,) = copied([session])
    assert [twin.decide("search").allowed, session.decide("search").allowed] == [True, True]
    assert not twin.decide("search").allowed
    with copied(session.activate()) as active:
        assert active is session


def test_what_refused_to_be_copied_works_on() -> None:
    items = alive()
    for item in items.values():
        for attempt in COPIES.values():
            with pytest.raises(TypeError):
                attempt(item)
    items["Reservation"].release()
    items["Descent"].leave()
    assert items["KeyedLimiter"].decide("a").allowed
    assert items["Enforcer"].stats()["sessions"] == 1


def test_every_public_class_is_spoken_of_here() -> None:
    """A new class must say which of them it is."""
    spoken = {type(each).__name__ for each in (*values(), *alive().values(), *errors())} | {"Session"}
    named = [getattr(allotment, name) for name in allotment.__all__]
    assert {each.__name__ for each in named if isinstance(each, type)} <= spoken
    assert set(alive()) == set(ALIVE)

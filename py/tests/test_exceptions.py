"""One exception per reason, under one root, with the denial's fields; copied and pickled whole (V10, B30)."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest

import allotment
from allotment import AllotmentError, Denied, Enforcer, InvalidPolicy, SessionExpired, StepTimedOut
from allotment._allotment import _reasons
from refusals import PROVOKED, denials

REASONS = {
    "not_found": "SessionNotFound",
    "closed": "SessionClosed",
    "paused": "SessionPaused",
    "expired": "SessionExpired",
    "idle_timeout": "IdleTimeout",
    "agent_mismatch": "AgentMismatch",
    "tool_not_authorized": "ToolNotAuthorized",
    "intent_drift": "IntentDrift",
    "sensitivity_exceeded": "SensitivityExceeded",
    "network_denied": "NetworkDenied",
    "same_step_loop": "SameStepLoop",
    "depth_exceeded": "DepthExceeded",
    "too_many_sessions": "TooManySessions",
    "store_full": "StoreFull",
    "budget_exceeded": "BudgetExceeded",
    "rate_limited": "RateLimited",
    "contended": "Contended",
    "forked": "Forked",
}

FIELDS = (
    "reason",
    "session",
    "tool",
    "limit",
    "used",
    "requested",
    "resource",
    "account",
    "retry_after",
    "retry_after_ns",
    "retryable",
    "http_status",
    "message",
    "detail",
)


def fields(denied: Denied) -> list[Any]:
    """All that the denial carries, with its types."""
    values = [getattr(denied, field) for field in FIELDS]
    return [(value, type(value)) for value in (*values, str(denied), repr(denied), denied.args)]


@pytest.mark.parametrize("name", REASONS.values())
def test_every_class_is_there_under_one_root(name: str) -> None:
    cls = getattr(allotment, name)
    assert [base for base in cls.__mro__[1:] if base is not SessionExpired][:3] == [
        Denied,
        AllotmentError,
        Exception,
    ]
    assert name in allotment.__all__
    assert cls.__module__.startswith("allotment")
    assert cls.__doc__


@pytest.mark.parametrize("name", REASONS.values())
def test_every_class_can_be_raised_bare_and_is_pickled_whole(name: str) -> None:
    """For those who test their handling of a denial."""
    denied = getattr(allotment, name)()
    assert (type(denied.reason), type(denied.http_status), type(denied.retryable)) == (str, int, bool)
    assert REASONS[denied.reason] == name
    assert str(denied) == denied.message
    for twin in (copy.copy(denied), copy.deepcopy(denied), pickle.loads(pickle.dumps(denied))):
        assert type(twin) is type(denied)
        assert fields(twin) == fields(denied)


# E3, E5
def test_e3_e5_every_reason_of_the_core_has_its_exception_and_they_agree() -> None:
    assert [name for name, *_ in _reasons()] == [name for name in REASONS if name != "forked"] + ["forked"]
    for name, status, retryable, sentence in _reasons():
        denied = getattr(allotment, REASONS[name])()
        said = sentence + (" Try again later." if retryable else "")
        assert (denied.reason, denied.http_status, denied.retryable) == (name, status, retryable)
        assert denied.message == said


def test_a_session_that_was_idle_for_too_long_can_be_caught_as_one_whose_time_is_over() -> None:
    assert allotment.IdleTimeout.__mro__[1] is SessionExpired
    assert (allotment.IdleTimeout().reason, SessionExpired().reason) == ("idle_timeout", "expired")


def test_a_step_that_takes_too_long_is_a_timeout_and_pickles() -> None:
    late = StepTimedOut(5.0, 6.5)
    assert StepTimedOut.__mro__[1:3] == (AllotmentError, TimeoutError)
    for twin in (late, copy.copy(late), copy.deepcopy(late), pickle.loads(pickle.dumps(late))):
        assert (type(twin), twin.limit, twin.elapsed) == (StepTimedOut, 5.0, 6.5)
        assert str(twin) == "step timed out: 6.5s / 5s"
        assert twin.errno is None


def test_the_root_and_misuse() -> None:
    assert issubclass(InvalidPolicy, AllotmentError)
    assert issubclass(InvalidPolicy, ValueError)
    assert not issubclass(InvalidPolicy, Denied)
    assert not issubclass(Denied, ValueError)


@pytest.mark.parametrize("reason", PROVOKED)
def test_a_denial_carries_its_fields(reason: str) -> None:
    denied = denials()[reason]
    assert type(denied) is getattr(allotment, REASONS[reason])
    assert denied.reason == reason
    assert (type(denied.retryable), type(denied.http_status)) == (bool, int)
    assert (type(denied.message), type(denied.detail)) == (str, str)


@pytest.mark.parametrize(
    "copied",
    [
        *(
            lambda denied, protocol=protocol: pickle.loads(pickle.dumps(denied, protocol))
            for protocol in range(6)
        ),
        copy.copy,
        copy.deepcopy,
    ],
)
@pytest.mark.parametrize("reason", PROVOKED)
def test_a_denial_is_pickled_and_copied_whole(reason: str, copied: Any) -> None:
    denied = denials()[reason]
    twin = copied(denied)
    assert type(twin) is type(denied)
    assert twin is not denied
    assert fields(twin) == fields(denied)


def test_a_denial_with_notes_and_attributes_of_the_users_keeps_them() -> None:
    denied = copy.copy(denials()["budget_exceeded"])
    denied.run = "run-7"  # type: ignore[attr-defined]
    if hasattr(denied, "add_note"):
        denied.add_note("while summarising")
    twin = pickle.loads(pickle.dumps(denied))
    assert twin.run == "run-7"
    assert getattr(twin, "__notes__", ["while summarising"]) == ["while summarising"]


def test_the_time_to_wait_survives_too(enforcer: Enforcer) -> None:
    session = enforcer.create_session(agent="a", tools=["search"], rate="7/min")
    session.authorize_batch(["search"] * 7)
    with pytest.raises(allotment.RateLimited) as caught:
        session.authorize("search")
    twin = pickle.loads(pickle.dumps(caught.value))
    assert twin.retry_after_ns == caught.value.retry_after_ns == 8_571_428_572
    assert twin.retry_after == caught.value.retry_after


def invalid() -> list[InvalidPolicy]:
    """One misuse of a value and one of a type."""
    caught = []
    for calls in (-1, "five"):
        with pytest.raises(InvalidPolicy) as info:
            Enforcer().create_session(agent="a", tools=[], calls=calls)  # type: ignore[arg-type]
        caught.append(info.value)
    return caught


@pytest.mark.parametrize(
    "copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy]
)
def test_misuse_is_pickled_and_copied_whole(copied: Any) -> None:
    for error in invalid():
        twin = copied(error)
        assert type(twin) is type(error)
        assert (twin.argument, twin.value, twin.problem) == (error.argument, error.value, error.problem)
        assert (str(twin), repr(twin)) == (str(error), repr(error))


def test_misuse_says_what_was_wrong() -> None:
    value, kind = invalid()
    assert (value.argument, value.value) == ("calls", "-1")
    assert str(value) == f"calls: -1 {value.problem}"
    assert isinstance(kind, TypeError)
    assert "five" in str(kind)


@pytest.mark.parametrize("reason", PROVOKED)
# B29
def test_b29_neither_str_nor_repr_nor_a_traceback_tells_a_model_more_than_the_message(reason: str) -> None:
    """Frameworks hand ``repr(error)`` of a failed tool to the model as well as ``str(error)``."""
    denied = denials()[reason]
    for text in (str(denied), repr(denied), "".join(traceback.format_exception_only(type(denied), denied))):
        told = text.replace(str(denied.tool), "what it asked for")
        assert "secret" not in told, text
        assert not any(character.isdigit() for character in told), text


def test_a_class_can_be_caught_by_its_parent() -> None:
    for denied in denials().values():
        for parent in (AllotmentError, Denied, Exception):
            with pytest.raises(parent):
                raise denied

"""Denials: who is told what (B25, B29, B30, B32, D17, V9, V10, G3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import allotment
from allotment import AgentMismatch, Denied, Enforcer
from allotment.testing import ManualClock
from drive import admitted, spent
from refusals import denials

if TYPE_CHECKING:
    from drive import Create


TABLE = {
    "not_found": ("SessionNotFound", 404, False),
    "closed": ("SessionClosed", 410, False),
    "paused": ("SessionPaused", 409, False),
    "expired": ("SessionExpired", 408, False),
    "agent_mismatch": ("AgentMismatch", 403, False),
    "tool_not_authorized": ("ToolNotAuthorized", 403, False),
    "too_many_sessions": ("TooManySessions", 429, True),
    "store_full": ("StoreFull", 503, False),
    "budget_exceeded": ("BudgetExceeded", 429, False),
    "rate_limited": ("RateLimited", 429, False),
    "idle_timeout": ("IdleTimeout", 408, False),
    "intent_drift": ("IntentDrift", 403, False),
    "sensitivity_exceeded": ("SensitivityExceeded", 403, False),
    "network_denied": ("NetworkDenied", 403, False),
    "same_step_loop": ("SameStepLoop", 403, False),
    "depth_exceeded": ("DepthExceeded", 429, False),
}


@pytest.mark.parametrize("reason", TABLE)
# B30
def test_b30_each_reason_has_its_class_its_status_and_whether_to_retry(reason: str) -> None:
    denied = denials()[reason]
    assert (type(denied).__name__, denied.http_status, denied.retryable) == TABLE[reason]
    assert denied.reason == reason


@pytest.mark.parametrize("reason", TABLE)
# B29
def test_b29_what_the_model_reads_has_no_figures_and_no_names(reason: str) -> None:
    denied = denials()[reason]
    text = str(denied)
    assert text == denied.message
    assert text
    assert not any(character.isdigit() for character in text)
    for name in ("secret", "tenant", "few", "caller", "allotment"):
        assert name not in text
    assert "\n" not in text
    assert denied.detail.startswith(reason)
    assert denied.detail != text


# B29
def test_b29_the_operator_reads_the_whole_truth() -> None:
    assert "secret_other" in denials()["tool_not_authorized"].detail
    assert "secret-caller" in denials()["agent_mismatch"].detail
    assert "secret-few" in denials()["too_many_sessions"].detail
    assert "4242" in denials()["rate_limited"].detail
    for reason in set(TABLE) - {"too_many_sessions", "store_full"}:
        assert str(denials()[reason].session) in denials()[reason].detail


# B29
def test_b29_a_name_that_the_model_made_up_is_escaped_and_cut_in_the_detail(create: Create) -> None:
    session = create()
    detail = session.decide("rm\n\x1b[31m" + "x" * 100_000).detail
    assert detail is not None
    assert len(detail) < 400
    assert detail.isprintable()


# B25, G3
def test_b25_g3_another_agents_session_is_not_to_be_used(create: Create, enforcer: Enforcer) -> None:
    session = create()
    for agent in ("agent-8", "Agent-7", "agent-7 ", "agent", "*"):
        with pytest.raises(AgentMismatch) as caught:
            enforcer.authorize(session.id, "search", agent=agent)
        assert (caught.value.http_status, caught.value.reason) == (403, "agent_mismatch")
        assert not enforcer.decide(session.id, "search", agent=agent).allowed
        assert not enforcer.preview(session.id, "search", agent=agent).allowed
    assert spent(session) == 0
    enforcer.authorize(session.id, "search", agent="agent-7")


# B25
def test_b25_a_name_that_is_no_unicode_is_nobody(enforcer: Enforcer) -> None:
    for agent in ("\ufffd", "\ufffd" * 3, "?", "???"):
        session = enforcer.create_session(agent=agent, tools=["search"])
        for forged in ("\ud800", "\udfff", "\udcff"):
            assert enforcer.decide(session.id, "search", agent=forged).reason == "agent_mismatch"
            assert enforcer.active_sessions(forged) == 0
            assert enforcer.close_agent(forged) == 0
        assert spent(session) == 0


# D17
def test_d17_by_id_the_agent_must_be_named(create: Create, enforcer: Enforcer) -> None:
    session = create()
    for method in (enforcer.authorize, enforcer.decide, enforcer.preview):
        with pytest.raises(TypeError):
            method(session.id, "search")  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            method(session.id, "search", agent=None)  # type: ignore[arg-type]
    for method in (enforcer.authorize_batch, enforcer.decide_batch):
        with pytest.raises(TypeError):
            method(session.id, ["search"])  # type: ignore[call-arg]
    assert spent(session) == 0


def test_the_order_of_the_checks(enforcer: Enforcer, create: Create, clock: ManualClock) -> None:
    """not found, closed, paused, expired, agent, tool, meters: the first that fails names the denial."""
    session = create(calls=0, time_limit=10)

    def ask(agent: str, tool: str) -> str | None:
        return enforcer.decide(session.id, tool, agent=agent).reason

    assert ask("agent-7", "search") == "budget_exceeded"
    assert ask("agent-7", "unlisted") == "tool_not_authorized"
    assert ask("agent-8", "unlisted") == "agent_mismatch"
    session.pause()
    assert ask("agent-8", "unlisted") == "paused"
    session.resume()
    clock.advance(10)
    assert ask("agent-8", "unlisted") == "expired"
    other = create(calls=0)
    other.close()
    assert enforcer.decide(other.id, "unlisted", agent="agent-8").reason == "closed"


# V10
def test_v10_decide_gives_a_value_where_authorize_raises_the_same(create: Create) -> None:
    session = create(calls=1)
    session.authorize("search")
    decision = session.decide("search")
    with pytest.raises(Denied) as caught:
        session.authorize("search")
    fields = (
        "reason",
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
    assert [getattr(decision, field) for field in fields] == [
        getattr(caught.value, field) for field in fields
    ]


def test_preview_says_what_decide_would_say_and_consumes_nothing(create: Create) -> None:
    session = create(calls=2, tools={"search": 1, "read": None})
    before = session.snapshot()
    for _ in range(5):
        assert session.preview("search").allowed
        assert session.preview("unlisted").reason == "tool_not_authorized"
    assert session.snapshot() == before
    session.authorize("search")
    assert session.preview("search").reason == "budget_exceeded"
    assert session.snapshot()["denied"] == 0
    assert admitted(session, 3, "read") == 1


# B32
def test_b32_sensitivities_are_four_words(create: Create) -> None:
    for level in ("public", "internal", "confidential", "restricted"):
        assert create(sensitivity=level).snapshot()["sensitivity"] == level


def test_every_denial_is_a_denied_with_a_class_of_its_own() -> None:
    classes = [getattr(allotment, name) for name, _, _ in TABLE.values()]
    assert len(set(classes)) == len(classes)
    assert all(issubclass(cls, Denied) and cls is not Denied for cls in classes)

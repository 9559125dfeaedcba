"""The traces in ``examples/traces`` are what their generator makes, and show what they are there to show."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from replay_samples import Run

TRACES = Path(__file__).parents[3] / "examples" / "traces"
SUPPORT_DESK = TRACES / "support-desk.jsonl"
RESEARCH_AGENTS = TRACES / "research-agents.jsonl"


def test_the_support_desk_is_what_its_generator_makes() -> None:
    made = runpy.run_path(str(TRACES / "make_support_desk.py"))["records"]()
    assert "".join(json.dumps(record) + "\n" for record in made) == SUPPORT_DESK.read_text(encoding="utf-8")


def test_the_support_desk_is_stopped_three_times_for_three_reasons(run: Run) -> None:
    limits = ["--calls", "20", "--rate", "10/min", "--per-tool", "refund=1"]
    found = json.loads(run("replay", str(SUPPORT_DESK), *limits, "--json").stdout)
    assert found["sessions"] == {"total": 12, "completed": 9, "stopped": 3}
    assert [(stop["session"], stop["tool"], stop["reason"]) for stop in found["stopped"]] == [
        ("ticket-1004", "search_articles", "rate_limited"),
        ("ticket-1007", "read_order", "budget_exceeded"),
        ("ticket-1010", "refund", "budget_exceeded"),
    ]
    assert json.loads(run("replay", str(SUPPORT_DESK), "--json").stdout)["sessions"]["stopped"] == 0


def test_the_chat_example_has_every_shape_of_call(run: Run) -> None:
    found = json.loads(run("replay", str(TRACES / "travel-chat.jsonl"), "--json").stdout)
    assert found["files"][0]["format"] == "messages"
    assert (found["sessions"]["total"], found["calls"]["total"]) == (3, 4)
    assert found["distribution"]["tokens"]["max"] == 653


def test_the_research_agents_are_what_their_generator_makes() -> None:
    made = runpy.run_path(str(TRACES / "make_research_agents.py"))["records"]()
    text = RESEARCH_AGENTS.read_text(encoding="utf-8")
    assert "".join(json.dumps(record) + "\n" for record in made) == text


def test_the_research_agents_loop_drift_and_overrun(run: Run) -> None:
    limits = ["--execution", "standard", "--on-drift", "deny", "--tokens", "20000"]
    found = json.loads(run("replay", str(RESEARCH_AGENTS), *limits, "--json").stdout)
    assert found["sessions"] == {"total": 10, "completed": 7, "stopped": 3}
    assert sorted((stop["session"], stop["tool"], stop["reason"]) for stop in found["stopped"]) == [
        ("report-3", "fetch_page", "same_step_loop"),
        ("report-6", "delete_note", "intent_drift"),
        ("report-9", None, "budget_exceeded"),
    ]
    assert found["noted"]["overruns"] == 1
    warned = json.loads(run("replay", str(RESEARCH_AGENTS), "--json").stdout)
    assert (warned["sessions"]["stopped"], warned["noted"]["drifting"]) == (0, {"delete_note": 3})

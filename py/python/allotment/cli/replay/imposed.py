"""What the options and the policy file impose, as the engine takes it: a policy, and a session's settings.

The engine judges every value; its error is told as that of the option or file which the value comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from allotment import Enforcer, InvalidPolicy, Policy
from allotment.cli.bounds import LONGEST_SESSION_S
from allotment.cli.errors import CommandError, OptionError, TraceError
from allotment.cli.printable import one_line
from allotment.cli.replay.limits import Limits

_OWN_NAME = re.compile(r"^[^:]*: ")
_NO_LIMITS = {"calls": "unlimited", "time_limit": LONGEST_SESSION_S, "max_time_limit": LONGEST_SESSION_S}
_COUNTED = {"warnings": True, "denials": False, "grants": False}


def sections_of(limits: Limits) -> dict[str, Any]:
    """The sections of the policy file; without one, of a policy that limits nothing."""
    return {"defaults": dict(_NO_LIMITS)} if limits.policy is None else _file_sections(limits.policy)


def _file_sections(path: str) -> dict[str, Any]:
    try:
        sections: dict[str, Any] = Policy.from_toml(path).to_dict()
    except InvalidPolicy as error:
        raise CommandError(one_line(str(error))) from None
    except OSError as error:
        raise TraceError(path, None, error.strerror or str(error)) from None
    return sections


def policy_of(sections: dict[str, Any], limits: Limits) -> Policy:
    """The policy of `sections` with the options laid over it.

    An agent may have any number of sessions at once unless `sections` say otherwise. Events are those that
    the replay counts, whatever `sections` say: they change no decision.
    """
    sections["events"] = _COUNTED
    if limits.approve:
        sections["approval"] = {"on_exhausted": "pause"}
    if limits.on_drift is not None:
        sections.setdefault("intent", {})["on_drift"] = limits.on_drift
    defaults = sections.setdefault("defaults", {})
    for option, key, value in _default_options(limits):
        _check(option, {"defaults": {"max_time_limit": LONGEST_SESSION_S, key: value}})
        defaults[key] = value
        if key == "time_limit":
            defaults["max_time_limit"] = LONGEST_SESSION_S
    if limits.agent_rate is not None:
        _check("--agent-rate", {"agents": {"*": {"rate": limits.agent_rate}}})
    agents = sections.setdefault("agents", {})
    agents.setdefault("*", {})
    for agent in agents.values():
        agent.setdefault("max_sessions", "unlimited")
        if limits.agent_rate is not None:
            agent["rate"] = limits.agent_rate
    return Policy.from_dict(sections)


def _default_options(limits: Limits) -> list[tuple[str, str, Any]]:
    """The options that are defaults of a policy: option, key, value."""
    cost = None if limits.cost_usd is None else f"{limits.cost_usd:f}"
    time_limit = None if limits.time_limit is None else f"{limits.time_limit:f}s"
    options = [
        ("--calls", "calls", limits.calls),
        ("--tokens", "tokens", limits.tokens),
        ("--cost-usd", "cost_usd", cost),
        ("--rate", "rate", limits.rate),
        ("--time-limit", "time_limit", time_limit),
    ]
    return [option for option in options if option[2] is not None]


def _check(option: str, sections: Mapping[str, Any]) -> None:
    """Let the engine judge one option alone, so that its error names the option."""
    try:
        Policy.from_dict(dict(sections))
    except InvalidPolicy as error:
        raise OptionError(option, _OWN_NAME.sub("", str(error))) from None


def settings_of(limits: Limits) -> dict[str, Any]:
    """What every session is created with, apart from its agent and what the trace says of it."""
    for tool in limits.per_tool:
        if limits.tools is not None and tool not in limits.tools:
            raise OptionError(
                "--per-tool", f"{tool}={limits.per_tool[tool]} caps a tool that --tools does not name"
            )
    named = ["*"] if limits.tools is None else limits.tools
    tools = {"tools": {**dict.fromkeys(named), **limits.per_tool}}
    given: dict[str, Any] = {
        "intent": limits.intent,
        "sensitivity": limits.sensitivity,
        "execution": limits.execution,
        "air_gap": limits.air_gap or None,
    }
    said = {name: value for name, value in given.items() if value is not None}
    _try("--tools", {"tools": list(named)})
    _try("--per-tool", tools)
    _try("--intent", {"tools": [], **said})
    return {**tools, **said}


def _try(option: str, settings: Mapping[str, Any]) -> None:
    """Let the engine judge one option of a session alone."""
    try:
        Enforcer().create_session(agent="trial", **settings)
    except InvalidPolicy as error:
        raise OptionError(option, _OWN_NAME.sub("", str(error))) from None

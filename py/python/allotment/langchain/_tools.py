"""Tools that ask before each execution of their body.

Authorising in the hook alone would be wrong: what stands inside of it in the list of middleware (a retry,
say) executes the tool as often as it likes. So the tool that goes in is a guarded copy, and so is every tool
that somebody inside puts in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain.tools.tool_node import ToolCallRequest
from langchain_core.tools import BaseTool

from allotment.exceptions import Denied
from allotment.langchain._denials import tool_denial

if TYPE_CHECKING:
    from langchain_core.messages import ToolCall, ToolMessage

    from allotment._allotment import Session

_GUARDS = "_allotment_guards"


class ToolGuard:
    """One tool call's permission, asked for at each execution.

    Attributes:
        denied: Why the last execution was refused; `None` if it was admitted.
    """

    def __init__(self, session: Session) -> None:
        """Ask `session`."""
        self.session = session
        self.denied: Denied | None = None
        self._calls: list[ToolCall] = []

    def expect(self, call: ToolCall) -> None:
        """Be told of the call as it may be executed: as the model said it, or as somebody changed it."""
        self._calls.append(call)

    def refuses(self, tool: str, call: Any) -> ToolMessage | str | None:
        """Admits one execution of `tool` and gives `None`, or says why not.

        It is said and not raised, or a retry inside would wait and try again.
        """
        is_call = isinstance(call, dict) and call.get("type") == "tool_call"
        try:
            self.session.authorize(tool, arguments=self._arguments(call["args"]) if is_call else call)
        except Denied as denied:
            self.denied = denied.with_traceback(None)  # a traceback would keep this alive in a circle
            return tool_denial(denied, tool, call["id"] or "") if is_call else denied.message
        self.denied = None
        return None

    def _arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """Without what LangChain injects: the state, for one, differs in calls that are the same."""
        said = {name for call in self._calls for name in call["args"]}
        return {name: value for name, value in given.items() if name in said}


def guarded(tool: BaseTool, guard: ToolGuard) -> BaseTool:
    """A copy of `tool` that asks `guard` first, or `tool` itself if it asks that session already.

    A copy of the same class with everything it had, since others in the list may look at it. Its two ways in
    are replaced; they hand over to the original, in whose name each execution is charged once.
    """
    guards: tuple[ToolGuard, ...] = vars(tool).get(_GUARDS, ())
    if any(known.session == guard.session for known in guards):
        return tool

    def invoke(input: Any, config: Any = None, **kwargs: Any) -> Any:
        refusal = guard.refuses(tool.name, input)
        if refusal is not None:
            return refusal
        # A sub-agent inside the tool finds the session that it works for.
        with guard.session.activate():
            return tool.invoke(input, config, **kwargs)

    async def ainvoke(input: Any, config: Any = None, **kwargs: Any) -> Any:
        refusal = guard.refuses(tool.name, input)
        if refusal is not None:
            return refusal
        with guard.session.activate():
            return await tool.ainvoke(input, config, **kwargs)

    copy: BaseTool = tool.model_copy()
    for name, value in (("invoke", invoke), ("ainvoke", ainvoke), (_GUARDS, (*guards, guard))):
        object.__setattr__(copy, name, value)
    return copy


@dataclass
class SealedRequest(ToolCallRequest):
    """A request out of which no unguarded tool comes, whatever `override` puts into it."""

    guards: tuple[ToolGuard, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Guard the tool."""
        object.__setattr__(self, "tool", self._guarded(self.tool))
        self._tell(self.tool_call)

    def __setattr__(self, name: str, value: Any) -> None:
        """Guard a tool that is set, too."""
        super().__setattr__(name, self._guarded(value) if name == "tool" else value)
        if name == "tool_call":
            self._tell(value)

    def _guarded(self, tool: Any) -> Any:
        if isinstance(tool, BaseTool):
            for guard in vars(self).get("guards", ()):
                tool = guarded(tool, guard)
        return tool

    def _tell(self, call: ToolCall) -> None:
        for guard in vars(self).get("guards", ()):
            guard.expect(call)


def sealed(request: ToolCallRequest, guard: ToolGuard) -> SealedRequest:
    """`request`, sealed by `guard` besides those who have sealed it already."""
    guards = (*request.guards, guard) if isinstance(request, SealedRequest) else (guard,)
    return SealedRequest(request.tool_call, request.tool, request.state, request.runtime, guards)

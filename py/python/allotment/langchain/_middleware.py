"""The middleware: where LangChain's hooks meet the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage

from allotment.exceptions import AllotmentError, Denied, InvalidPolicy, InvalidType
from allotment.langchain._denials import (
    denial,
    denials_in_a_row,
    is_model_denial,
    model_denial,
    tool_denial,
)
from allotment.langchain._estimate import count_input, estimate, model_name, output_bound
from allotment.langchain._holds import Hold
from allotment.langchain._models import ModelCalls, inside_of
from allotment.langchain._prices import Price
from allotment.langchain._sessions import SessionSource, checked, session_for
from allotment.langchain._tools import ToolGuard, sealed

if TYPE_CHECKING:
    from langchain.agents.middleware import (
        AgentState,
        ExtendedModelResponse,
        ModelRequest,
        ModelResponse,
        ToolCallRequest,
    )
    from langchain_core.messages import BaseMessage
    from langgraph.types import Command

    _ToolResult: TypeAlias = ToolMessage | Command[Any]
    _ModelResult: TypeAlias = ModelResponse[Any] | AIMessage | ExtendedModelResponse[Any]


class AllotmentMiddleware(AgentMiddleware[Any, Any]):
    """Holds a LangChain agent to the allotment of a session, wherever it stands in the list of middleware.

    Each execution of a tool's body is one call of the session, with the arguments that the model says; the
    same again is a repetition, of which an execution may make only so many in a row. Each model call is
    reserved before it is sent and settled by the usage that it reports, its tokens by kind. All that share
    the session share what is left: sub-agents, threads, tasks, streams.

    Args:
        session_or_resolver: The session; or a function that gives one, or `None`, for a request; or `None`
            for `allotment.current_session()`. No session is a denial.
        on_denied: `"message"`: a denied tool call is a tool error with a text that is safe for the model, and
            a denied model call ends the run with such a text. `"raise"`: both raise the `Denied`; middleware
            listed before this that catches every exception catches it too.
        stop_after: After how many denied tool calls in a row the run ends, `None` for never. Calls that the
            model asks for in one turn have no order: if one of them is admitted, the row begins anew.
        prices: `Price` by model name. A model without one is an error where something limits cost.
        max_output_tokens: What a model may write, in tokens, where neither the call nor the model bounds it.
        count_tokens: Counts the input of a model call (its messages and its tools) in tokens, for the
            estimate; unless given, characters are counted.
        name: Its name in the agent's graph; two in one agent need two names.

    Raises:
        InvalidPolicy: an argument that makes no sense; InvalidType for a wrong type.

    Example:
        >>> from allotment import Enforcer
        >>> from allotment.langchain import AllotmentMiddleware
        >>> session = Enforcer().create_session(agent="agent-7", tools=["search"], calls=3)
        >>> AllotmentMiddleware(session).name
        'AllotmentMiddleware'
    """

    def __init__(
        self,
        session_or_resolver: SessionSource = None,
        on_denied: Literal["message", "raise"] = "message",
        stop_after: int | None = 3,
        *,
        prices: Mapping[str, Price] | None = None,
        max_output_tokens: int = 4096,
        count_tokens: Callable[[Sequence[BaseMessage], Sequence[Any]], int] | None = None,
        name: str | None = None,
    ) -> None:
        """Keep the settings."""
        super().__init__()
        self._source = checked(session_or_resolver)
        if on_denied not in ("message", "raise"):
            raise InvalidPolicy("on_denied", repr(on_denied)[:80], "is neither 'message' nor 'raise'")
        self._raises = on_denied == "raise"
        self._stop_after = None if stop_after is None else _positive("stop_after", stop_after)
        self._prices = dict(prices or {})
        for model, price in self._prices.items():
            if not isinstance(price, Price):
                raise InvalidType(f"prices[{model!r}]", repr(price)[:80], "is not a Price")
        self._max_output_tokens = _positive("max_output_tokens", max_output_tokens)
        self._count_tokens = count_tokens or count_input
        self._name = name or type(self).__name__

    @property
    def name(self) -> str:
        """Its name in the agent's graph."""
        return self._name

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], _ToolResult]
    ) -> _ToolResult:
        """Guard the tool."""
        guard = self._guard(request)
        if isinstance(guard, ToolMessage):
            return guard
        return self._tool_result(guard, handler(sealed(request, guard)))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[_ToolResult]]
    ) -> _ToolResult:
        """Guard the tool."""
        guard = self._guard(request)
        if isinstance(guard, ToolMessage):
            return guard
        return self._tool_result(guard, await handler(sealed(request, guard)))

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> _ModelResult:
        """Reserve, call, settle."""
        calls = self._model_calls(request)
        if calls is None:
            return handler(request)
        if isinstance(calls, AIMessage):
            return calls
        with calls:
            result = handler(request)
        return result if calls.refused is None else self._model_refused(calls.refused)

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> _ModelResult:
        """Reserve, call, settle."""
        calls = self._model_calls(request)
        if calls is None:
            return await handler(request)
        if isinstance(calls, AIMessage):
            return calls
        with calls:
            result = await handler(request)
        return result if calls.refused is None else self._model_refused(calls.refused)

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """End the run of a model that keeps asking for what it is denied."""
        messages = state["messages"]
        # An agent that owes a structured answer would ask again at once.
        if messages and is_model_denial(messages[-1]):
            return {"jump_to": "end"}
        row = denials_in_a_row(messages)
        if self._stop_after is None or len(row) < self._stop_after:
            return None
        return {"jump_to": "end", "messages": [AIMessage(row[0].content)]}

    def _guard(self, request: ToolCallRequest) -> ToolGuard | ToolMessage:
        """The guard for this call; or the denial, where no guard would be asked."""
        tool = request.tool_call["name"]
        try:
            session = session_for(self._source, request)
            # What the agent does not know has no body to guard; it may still not be asked for.
            if request.tool is None:
                decision = session.preview(tool, arguments=request.tool_call["args"])
                if not decision:
                    raise denial(decision)
        except Denied as denied:
            if self._raises:
                raise
            return tool_denial(denied, tool, request.tool_call["id"] or "")
        return ToolGuard(session)

    def _tool_result(self, guard: ToolGuard, result: _ToolResult) -> _ToolResult:
        if self._raises and guard.denied is not None:
            raise guard.denied
        return result

    def _model_calls(self, request: ModelRequest[Any]) -> ModelCalls | AIMessage | None:
        """The reserved call; or the denial; or `None`, where it is accounted for already."""
        try:
            session = session_for(self._source, request)
            if inside_of(session):
                return None
            bound = output_bound(request.model_settings, request.model, self._max_output_tokens)

            def reserve(model: str, messages: Sequence[BaseMessage]) -> Hold:
                tokens = self._count_tokens(messages, request.tools)
                return Hold(session, model, self._prices, estimate(tokens, bound))

            system = [SystemMessage(request.system_prompt)] if request.system_prompt else []
            messages = [*system, *request.messages]
            return ModelCalls(session, reserve(model_name(request.model), messages), reserve)
        except Denied as denied:
            return self._model_refused(denied)

    def _model_refused(self, refused: AllotmentError) -> AIMessage:
        if self._raises or not isinstance(refused, Denied):
            raise refused
        return model_denial(refused)


def _positive(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidType(name, repr(value)[:80], "is not an int")
    if value < 1:
        raise InvalidPolicy(name, repr(value), "is less than 1")
    return value

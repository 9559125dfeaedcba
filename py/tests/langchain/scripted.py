"""A chat model that follows a script, and what else the tests run agents with. Nothing here needs a network.

The script sees the conversation and keeps no state, so that one model serves many runs at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

if TYPE_CHECKING:
    from allotment import Session

Script = Callable[[Sequence[BaseMessage]], AIMessage]


def usage(input: int, output: int, **details: int) -> dict[str, Any]:
    """``usage_metadata`` as a provider reports it."""
    said: dict[str, Any] = {"input_tokens": input, "output_tokens": output, "total_tokens": input + output}
    return said | ({"input_token_details": details} if details else {})


def asks(*tools: str, turns: int = 1, then: str = "done", said: dict[str, Any] | None = None) -> Script:
    """Asks for these tools at once, this many turns long in each run, and is done ``then``."""

    def script(messages: Sequence[BaseMessage]) -> AIMessage:
        start = max(place for place, message in enumerate(messages) if isinstance(message, HumanMessage))
        turn = sum(isinstance(message, AIMessage) for message in messages[start:])
        if turn >= turns or not tools:
            return AIMessage(then, usage_metadata=said)
        calls = [
            {"name": tool, "args": {}, "id": f"{turn}.{number}", "type": "tool_call"}
            for number, tool in enumerate(tools)
        ]
        return AIMessage("", tool_calls=calls, usage_metadata=said)

    return script


class Scripted(BaseChatModel):
    """The model. ``sync_gate`` and ``async_gate`` run inside each call, before the answer."""

    script: Script
    model: str = "scripted"
    max_tokens: int | None = 100
    sync_gate: Callable[[], Any] | None = None
    async_gate: Callable[[], Any] | None = None
    heard: Any = Field(default_factory=list)  # Any, or pydantic would keep a copy

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.heard.append(messages)
        if self.sync_gate is not None:
            self.sync_gate()
        return ChatResult(generations=[ChatGeneration(message=self.script(messages))])

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.heard.append(messages)
        if self.async_gate is not None:
            await self.async_gate()
        return ChatResult(generations=[ChatGeneration(message=self.script(messages))])


class Streamed(Scripted):
    """The same in pieces: one chunk a word, then what is asked for and used."""

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.heard.append(messages)
        for chunk in _chunks(self.script(messages)):
            yield chunk
            if self.sync_gate is not None:
                self.sync_gate()

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.heard.append(messages)
        for chunk in _chunks(self.script(messages)):
            yield chunk
            if self.async_gate is not None:
                await self.async_gate()


def _chunks(reply: AIMessage) -> Iterator[ChatGenerationChunk]:
    for word in (*str(reply.content).split(), ""):
        yield ChatGenerationChunk(message=AIMessageChunk(content=word))
    last = AIMessageChunk(content="", tool_calls=reply.tool_calls, usage_metadata=reply.usage_metadata)
    yield ChatGenerationChunk(message=last)


def gates(gate: Callable[[], Any]) -> dict[str, Any]:
    """``gate`` for sync and async calls of the model."""

    async def async_gate() -> None:
        gate()

    return {"sync_gate": gate, "async_gate": async_gate}


def thousand(*_: Any) -> int:
    """What every input is estimated at, to have round figures."""
    return 1000


def tokens(session: Session) -> tuple[int, int]:
    """Spent and reserved."""
    held = session.snapshot()["tokens"]
    return held["spent"], held["reserved"]


def broken() -> None:
    raise OSError("the line is dead")


class Body:
    """A tool's body that counts how often it runs."""

    def __init__(self, fails: bool = False) -> None:
        self.ran = 0
        self.fails = fails
        self._lock = threading.Lock()

    def run(self) -> str:
        with self._lock:
            self.ran += 1
        if self.fails:
            raise OSError("out of order")
        return "worked"

    def tool(self, name: str = "work", **settings: Any) -> BaseTool:
        """A tool with this body, sync and async."""

        async def arun() -> str:
            await asyncio.sleep(0)
            return self.run()

        return StructuredTool.from_function(self.run, arun, name=name, description="Works.", **settings)


class Meeting:
    """An async barrier: nobody goes on until this many are there. (``asyncio`` has one from 3.11 on.)"""

    def __init__(self, parties: int) -> None:
        self._missing = parties
        self._all_here = asyncio.Event()

    async def wait(self) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self._all_here.set()
        await self._all_here.wait()


def agent(script: Script, tools: Sequence[Any], *middleware: Any, **settings: Any) -> Any:
    """An agent of a scripted model."""
    model = {key: settings.pop(key) for key in [*settings] if key in Scripted.model_fields}
    kind = Streamed if settings.pop("streamed", False) else Scripted
    return create_agent(kind(script=script, **model), list(tools), middleware=list(middleware), **settings)


ASK: Any = {"messages": [("user", "go")]}


def run(how: str, agent: Any, config: Any = None) -> Any:
    """The final state of one run, ``"sync"`` or ``"async"``."""
    return agent.invoke(ASK, config) if how == "sync" else asyncio.run(agent.ainvoke(ASK, config))


def denied(state: Any) -> list[ToolMessage]:
    """The tool calls of this conversation that the middleware refused."""
    return [m for m in state["messages"] if isinstance(m, ToolMessage) and m.artifact is not None]

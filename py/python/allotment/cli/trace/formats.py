"""From files to a `Trace`: a file's format is told by its first value, never by its name.

===========  =========================================================================================
format       what it looks like
===========  =========================================================================================
messages     a list of chat messages, alone or as ``traj`` or ``messages`` of an object (which may name
             its ``session``, ``agent``, ``intent``, ``tenant`` and ``sensitivity``); in JSON one of them or
             an array of them, in JSONL one a line
records      call records, in JSONL one a line, or an array of them
===========  =========================================================================================

A file has one format throughout. A session belongs to its file: the same session id in two files means two
sessions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from os.path import basename, splitext
from typing import Any

from allotment.cli.errors import TraceError, Unfit
from allotment.cli.trace.calls import Call, Session, SourceFile, Trace
from allotment.cli.trace.declared import UNDECLARED, Declared, declared_of
from allotment.cli.trace.fields import name_field, shown, text_field
from allotment.cli.trace.messages import calls_of, is_message
from allotment.cli.trace.records import is_record, record_of
from allotment.cli.trace.source import STDIN, Value, Values, open_values
from allotment.cli.trace.usage import Used

MESSAGES, RECORDS = "messages", "records"

_WRAPPERS = ("traj", "messages")
_KNOWN = (
    "a call record (session, agent, tool, ts), a list of chat messages, or an object with traj or messages"
)


def read_trace(paths: Sequence[str], agent: str, on_bytes: Callable[[int], None]) -> Trace:
    """Read all of `paths` (``-`` is stdin). `agent` is who the calls of chat messages are attributed to.

    `on_bytes` is told how many bytes each read took. Raises `TraceError` for the first thing that cannot be
    used.
    """
    reader = _Reader(agent)
    for path in paths:
        reader.read(path, on_bytes)
    return Trace(tuple(reader.files), tuple(reader.sessions), tuple(reader.calls))


class _Reader:
    def __init__(self, agent: str) -> None:
        self._agent = agent
        self.files: list[SourceFile] = []
        self.sessions: list[Session] = []
        self.calls: list[Call] = []
        self._model_calls = 0
        self._arguments: dict[bytes, bytes] = {}

    def read(self, path: str, on_bytes: Callable[[int], None]) -> None:
        """Append what one file holds."""
        file = "<stdin>" if path == STDIN else path
        sessions, calls = len(self.sessions), self._tool_calls()
        with open_values(path, file, on_bytes) as values:
            found = self._append(file, values)
        self.files.append(SourceFile(file, found, len(self.sessions) - sessions, self._tool_calls() - calls))

    def _append(self, file: str, values: Values) -> str:
        first = next(values.values, None)
        if first is None:
            raise TraceError(file, None, "nothing to replay: the file holds an empty list")
        rest: Iterator[Value] = chain([first], values.values)
        if values.array and is_message(first.value):
            whole = Value(first.line, [value.value for value in rest])
            rest = iter([whole])
            first = whole
        found = _format_of(file, first)
        append = self._conversations if found == MESSAGES else self._records
        append(file, _all_of(file, found, rest))
        return found

    def _conversations(self, file: str, values: Iterator[Value]) -> None:
        stem = splitext(basename(file))[0]
        for number, value in enumerate(values, 1):
            index = len(self.sessions)
            name, agent, messages = f"{stem}#{number}", self._agent, value.value
            declared = UNDECLARED
            try:
                if isinstance(messages, Mapping):
                    name = name_field(messages, "session") if "session" in messages else name
                    agent = text_field(messages, "agent") if "agent" in messages else agent
                    declared = declared_of(messages)
                    messages = _wrapped(messages)
                self.sessions.append(Session(name, sys.intern(agent), file, value.line, False, *declared))
                for call in calls_of(messages):
                    self._add(index, call.tool, None, call.used, call.arguments)
            except Unfit as error:
                raise TraceError(file, value.line, str(error)) from None

    def _records(self, file: str, values: Iterator[Value]) -> None:
        known: dict[str, int] = {}
        for value in values:
            try:
                record = record_of(value.value)
            except Unfit as error:
                raise TraceError(file, value.line, str(error)) from None
            index = known.setdefault(record.session, len(self.sessions))
            if index == len(self.sessions):
                agent = sys.intern(record.agent)
                self.sessions.append(Session(record.session, agent, file, value.line, timed=True))
            session = self.sessions[index]
            if session.agent != record.agent:
                raise TraceError(
                    file,
                    value.line,
                    f"session {shown(record.session)} is {shown(session.agent)}'s since line {session.line}, "
                    f"found {shown(record.agent)}: a session has one agent",
                )
            if record.declared is not UNDECLARED:
                self.sessions[index] = _declaring(session, record.declared)
            self._add(index, record.tool, record.ts_ns, record.used, record.arguments)

    def _add(
        self, session: int, tool: str | None, ts_ns: int | None, used: Used, arguments: bytes | None
    ) -> None:
        if tool is None:
            self._model_calls += 1
        else:
            tool = sys.intern(tool)
        if arguments is not None:
            arguments = self._arguments.setdefault(arguments, arguments)
        self.calls.append(Call(session, tool, ts_ns, used.tokens, used.cost_nano_usd, used.kinds, arguments))

    def _tool_calls(self) -> int:
        return len(self.calls) - self._model_calls


def _declaring(session: Session, found: Declared) -> Session:
    """`session` with what it has not declared before; what comes first holds."""
    before = (session.intent, session.tenant, session.sensitivity)
    intent, tenant, sensitivity = (
        first if first is not None else later for first, later in zip(before, found, strict=True)
    )
    if (intent, tenant, sensitivity) == before:
        return session
    return replace(session, intent=intent, tenant=tenant, sensitivity=sensitivity)


def _format_of(file: str, value: Value) -> str:
    found = _kind(value.value)
    if found is None:
        raise TraceError(
            file, value.line, f"unknown format: expected {_KNOWN}, found {_described(value.value)}"
        )
    return found


def _all_of(file: str, expected: str, values: Iterator[Value]) -> Iterator[Value]:
    """`values`, each of the format `expected`."""
    names = {MESSAGES: "chat messages", RECORDS: "a call record"}
    for value in values:
        found = _kind(value.value)
        if found != expected:
            what = names[found] if found else _described(value.value)
            raise TraceError(file, value.line, f"expected {names[expected]} as before, found {what}")
        yield value


def _kind(value: object) -> str | None:
    if isinstance(value, list):
        return MESSAGES if not value or is_message(value[0]) else None
    if isinstance(value, Mapping) and "tool" not in value and _wrapped(value) is not None:
        return MESSAGES
    return RECORDS if is_record(value) else None


def _wrapped(value: Mapping[str, Any]) -> list[Any] | None:
    return next((value[name] for name in _WRAPPERS if isinstance(value.get(name), list)), None)


def _described(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object with " + (", ".join(shown(str(key)) for key in list(value)[:6]) or "no fields")
    if isinstance(value, list):
        return f"a list that begins with {shown(value[0])}"
    return shown(value)

"""The JSON values of a file, one at a time, each with the line on which it begins.

Whether a file is one JSON document or has a value on every line is found from its content: it is JSONL when
its first line is a whole value and another line follows. JSONL is streamed. Of a document that is an array
the elements come one at a time, so that only its text and one element are in memory.

Numbers with a point are read as `Decimal`; money never passes through a float. ``NaN`` and ``Infinity`` are
refused.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any, BinaryIO, NoReturn

from allotment.cli.errors import TraceError

STDIN = "-"

_BLANK = " \t\r\n"
"""JSON's white space. Python knows more, such as form feeds and no-break spaces; in JSON they are errors."""


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value that begins on `line` (from 1)."""

    line: int
    value: Any


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a file. `array`: they are the elements of one array, which is the whole file."""

    array: bool
    values: Iterator[Value]


@contextmanager
def open_values(path: str, file: str, on_bytes: Callable[[int], None]) -> Iterator[Values]:
    """Open `path` (``-`` is stdin) and give its values; `on_bytes` is told how many bytes each read took.

    Raises `TraceError`, naming `file`, here and while the values are drawn, when the file cannot be read, is
    empty, is not UTF-8 or is not JSON.
    """
    try:
        with _opened(path) as stream:
            yield _values(file, _lines(file, stream, on_bytes))
    except OSError as error:
        raise TraceError(file, None, error.strerror or str(error)) from None


class _NotJson(Exception):
    def __init__(self, position: int, what: str) -> None:
        self.position, self.what = position, what
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
    else:
        with open(path, "rb") as stream:
            yield stream


def _lines(file: str, stream: BinaryIO, on_bytes: Callable[[int], None]) -> Iterator[_Line]:
    """The lines that are not blank."""
    for number, raw in enumerate(stream, 1):
        on_bytes(len(raw))
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise TraceError(file, number, f"not UTF-8 (byte {error.start + 1} of the line)") from None
        if text.strip(_BLANK):
            yield _Line(number, text)


def _values(file: str, lines: Iterator[_Line]) -> Values:
    first, second = next(lines, None), next(lines, None)
    if first is None:
        raise TraceError(file, None, "nothing to replay: the file is empty")
    if second is None or not _stands_alone(first, second):
        return _document(file, [first, *([second] if second else []), *lines])
    return Values(array=False, values=(_only(file, line) for line in chain([first, second], lines)))


def _stands_alone(first: _Line, second: _Line) -> bool:
    """Whether the first line is a value of its own, perhaps a broken one, not the start of a longer one."""
    text = first.text.strip(_BLANK)
    try:
        _decode(text, 0)
    except _NotJson as error:
        if error.position < len(text):
            return True  # broken inside, whatever follows
        # Cut off, in a file that goes on with whole lines; or the first line of a document.
        return text not in {"[", "{"} and _is_whole(second.text)
    return True


def _is_whole(text: str) -> bool:
    try:
        return _decode(text.strip(_BLANK), 0)[1] == len(text.strip(_BLANK))
    except _NotJson:
        return False


def _only(file: str, line: _Line) -> Value:
    text = line.text.strip(_BLANK)
    try:
        value, end = _decode(text, 0)
    except _NotJson as error:
        raise TraceError(file, line.number, f"{error.what} (column {error.position + 1})") from None
    if end < len(text):
        column = _skip(text, end) + 1
        raise TraceError(file, line.number, f"not JSON: something follows the value (column {column})")
    return Value(line.number, value)


def _document(file: str, lines: list[_Line]) -> Values:
    text = "".join(line.text for line in lines)
    lines_of = _LineOf(text, [line.number for line in lines])
    array = text.lstrip(_BLANK).startswith("[")
    return Values(array, _walk(file, text, lines_of, array))


def _walk(file: str, text: str, line_of: _LineOf, array: bool) -> Iterator[Value]:
    """The elements of the array that `text` is, or the one value that it is."""
    try:
        start = _skip(text, 0)
        if not array:
            value, position = _decode(text, start)
            yield Value(line_of(start), value)
        else:
            position = _skip(text, start + 1)
            more = text[position : position + 1] != "]"
            while more:
                value, end = _decode(text, position)
                yield Value(line_of(position), value)
                position = _skip(text, end)
                mark = text[position : position + 1]
                if mark not in {",", "]"}:
                    raise _NotJson(position, "not JSON: expected , or ] after an element")
                more = mark == ","
                position = _skip(text, position + 1) if more else position
            position += 1
        position = _skip(text, position)
        if position < len(text):
            raise _NotJson(position, "not JSON: something follows the end of the document")
    except _NotJson as error:
        raise TraceError(file, line_of(error.position), error.what) from None


class _LineOf:
    """The number of the line that holds a position; positions may only grow."""

    def __init__(self, text: str, numbers: list[int]) -> None:
        self._text, self._numbers = text, numbers
        self._counted = self._index = 0

    def __call__(self, position: int) -> int:
        self._index += self._text.count("\n", self._counted, position)
        self._counted = max(self._counted, position)
        return self._numbers[min(self._index, len(self._numbers) - 1)]


def _decode(text: str, position: int) -> tuple[Any, int]:
    """The value at `position` and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise _NotJson(error.pos, f"not JSON: {error.msg}") from None
    except RecursionError:
        raise _NotJson(position, "not usable JSON: nested too deeply") from None
    except ValueError as error:
        raise _NotJson(position, f"not usable JSON: {error}") from None
    except InvalidOperation:
        raise _NotJson(position, "not usable JSON: a number's exponent has too many digits") from None
    return value, end


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


_SPACE = re.compile(f"[{_BLANK}]*")
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)

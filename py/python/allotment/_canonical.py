"""A call's arguments as one text, the same for equal arguments, so that a repeated call can be recognised."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Set

DEPTH_MAX = 64
"""How deep the text goes; what lies deeper is `...`."""

TEXT_MAX = 65_536
"""The longest text of a part, in characters; for a longer one stands its SHA-256, which is of all of it."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}(?![0-9a-fA-F])")
"""What may be an address in a `repr`."""


def canonical(arguments: object) -> str:
    """`arguments` as compact ASCII JSON with sorted keys.

    Where JSON has no word for a value, the name of its type stands before what it consists of: `set[1,2]`,
    `bytes"00ff"`, `Point{"x":1}`, `Decimal"Decimal('1.5')"`. Lists and tuples are the same; `1`, `1.0` and
    `true` are not. Objects that are neither dataclasses nor have a `model_dump` (pydantic) are told apart by
    their `repr`, without the addresses in it; those that show nothing of themselves by their type only.

    It raises no `Exception`, whatever the arguments do; it reads no iterator; and it ends, also on arguments
    that contain themselves, as long as every collection in them does.
    """
    return _Writer().text(arguments, 0)


class _Writer:
    """Writes one call's arguments. What is contained several times at one depth is written once."""

    def __init__(self) -> None:
        # With the object itself, because the id of one that is gone may be another's.
        self._written: dict[tuple[int, int], tuple[object, str]] = {}

    def text(self, value: object, depth: int) -> str:
        """The text of `value`, which stands `depth` levels deep."""
        if depth > DEPTH_MAX:
            return "..."
        place = id(value), depth
        if place not in self._written:
            try:
                text = self._describe(value, depth)
            except Exception:  # a hostile object; all of its type look the same
                text = _name(value) + "?"
            if len(text) > TEXT_MAX:
                text = f'sha256"{hashlib.sha256(text.encode("ascii")).hexdigest()}"'
            self._written[place] = value, text
        return self._written[place][1]

    def _describe(self, value: object, depth: int) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return _integer(value)
        if value is None or isinstance(value, (bool, float, str)):
            return json.dumps(value)
        if isinstance(value, (list, tuple)):
            return f"[{','.join([self.text(item, depth + 1) for item in value])}]"
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, Set):
            return f"set[{','.join(sorted(self.text(item, depth + 1) for item in value))}]"
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f'bytes"{bytes(value).hex()}"'
        kind = type(value)
        if dataclasses.is_dataclass(kind):
            fields = [field.name for field in dataclasses.fields(kind) if field.compare]
            return _name(value) + self._mapping({name: getattr(value, name) for name in fields}, depth)
        if callable(dump := getattr(kind, "model_dump", None)):
            return _name(value) + self.text(dump(value), depth + 1)
        shown = _ADDRESS.sub("0x", repr(value)).replace(str(id(value)), "")
        return _name(value) + json.dumps(shown)

    def _mapping(self, value: Mapping[object, object], depth: int) -> str:
        # Keys that are strings in the order of JSON; others, which JSON does not have, by their text.
        entries = sorted(
            (key if type(key) is str else "", self.text(key, depth + 1), self.text(item, depth + 1))
            for key, item in list(value.items())
        )
        return f"{{{','.join([f'{key}:{item}' for _, key, item in entries])}}}"


def _integer(value: int) -> str:
    try:
        return int.__repr__(value)
    except ValueError:  # more digits than Python converts
        return int.__format__(value, "#x")


def _name(value: object) -> str:
    # Past whatever a metaclass makes of it.
    name: str = type.__dict__["__qualname__"].__get__(type(value))
    return name.encode("ascii", "backslashreplace").decode()

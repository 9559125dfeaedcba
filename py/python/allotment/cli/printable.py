"""Text from outside (names in a trace, paths, messages of other libraries) made safe to print.

Such text may hold terminal escapes, line breaks or a megabyte; nothing of that may reach a terminal or break
the promise of one line per error.
"""

from __future__ import annotations

_LONGEST = 60


def printable(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, unprintable characters as escapes, cut to `longest` characters with an ellipsis."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else _escaped(char) for char in cut)


def one_line(text: str) -> str:
    """`text` of any length on one line: white space becomes single spaces, other unprintables escapes."""
    return printable(" ".join(text.split()), longest=max(len(text), _LONGEST))


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")

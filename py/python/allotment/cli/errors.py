"""What the user has to correct: every failure of the command becomes one line on stderr."""

from __future__ import annotations

from allotment.cli.printable import one_line, printable


class CommandError(Exception):
    """Base of the failures that end the command with status 2. Its text is one printable line."""


class TraceError(CommandError):
    """Something in an input file cannot be used: ``FILE:LINE: what``, or ``FILE: what`` for the whole file.

    `line` counts from 1. For a value that spans several lines it is the line on which the value begins.
    """

    def __init__(self, file: str, line: int | None, what: str) -> None:
        """`what` may be any text; it is made printable."""
        self.file, self.line, self.what = file, line, what
        place = printable(file, longest=max(len(file), 1))
        super().__init__(f"{place}{'' if line is None else f':{line}'}: {one_line(what)}")


class OptionError(CommandError):
    """An option's value cannot be used: ``OPTION: what``, where `what` shows the value."""

    def __init__(self, option: str, what: str) -> None:
        """`what` may be any text; it is made printable."""
        self.option, self.what = option, what
        super().__init__(f"{option}: {one_line(what)}")


class Unfit(Exception):
    """A value of a trace cannot be used; who knows the file and the line makes a `TraceError` of it."""

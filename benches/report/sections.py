"""Which subjects stand in which table, by what names, and as a multiple of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import tomli

from report.reading import Measurements


@dataclass(frozen=True)
class Row:
    """One subject: how it is called, and what it is a multiple of."""

    name: str
    says: str
    under: str | None


@dataclass(frozen=True)
class Section:
    """One table of subjects."""

    title: str
    text: str
    files: tuple[str, ...]
    rows: tuple[Row, ...]
    multiple: str
    throughput: bool
    beside: bool
    plot: str | None


def read_sections(path: Path, measured: Measurements) -> list[Section]:
    """The tables of a file, patterns replaced by what was measured; last, what no row names."""
    sections = [_section(table) for table in tomli.loads(path.read_text(encoding="utf-8"))["table"]]
    named = {(file, row.name) for section in sections for file in section.files for row in section.rows}
    shown: set[tuple[str, str]] = set()
    whole = []
    for section in sections:
        rows = [row for each in section.rows for row in _expand(each, section.files, named, measured)]
        shown.update((file, row.name) for file in section.files for row in rows)
        whole.append(replace(section, rows=tuple(rows)))
    return whole + list(_others(shown, measured))


def _section(table: Mapping[str, Any]) -> Section:
    under = table.get("under", "")
    rows = [Row(row["name"], row.get("says", ""), row.get("under", under) or None) for row in table["rows"]]
    return Section(
        table["title"],
        table.get("text", "").strip(),
        tuple(table["files"]),
        tuple(rows),
        table["multiple"],
        table.get("throughput", False),
        table.get("beside", False),
        table.get("plot"),
    )


def _expand(
    row: Row, files: Sequence[str], named: Iterable[tuple[str, str]], measured: Measurements
) -> Iterator[Row]:
    """The row, or one for each subject that its pattern matches and that no row of its file names."""
    if "*" not in row.name:
        yield row
        return
    names = dict.fromkeys(
        name for file in files if file in measured.runs for name in measured.runs[file].subjects
    )
    taken = {name for file, name in named if file in files}
    for name in names:
        if fnmatchcase(name, row.name) and name not in taken:
            yield Row(name, row.says.replace("{case}", case(name)) or case(name), row.under)


def _others(shown: set[tuple[str, str]], measured: Measurements) -> Iterator[Section]:
    """Subjects that no table shows, a table for each file."""
    for file, run in measured.runs.items():
        rows = [Row(name, f"`{name}`", None) for name in run.subjects if (file, name) not in shown]
        if rows:
            yield Section(f"Also in {file}.json", "", (file,), tuple(rows), "", False, False, None)


def case(name: str) -> str:
    """What a subject's name says after its suite, in words: ``child 2`` of ``chain/child_2``."""
    return name.partition("/")[2].replace("_", " ")

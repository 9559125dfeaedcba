"""Reading JSON and JSONL: the layout is found from the content, and every error names its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allotment.cli.errors import TraceError
from allotment.cli.trace.source import Value, open_values

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
OBJECTS = st.dictionaries(
    TEXT, st.one_of(st.integers(), TEXT, st.lists(st.none(), max_size=2)), min_size=1, max_size=3
)
LISTS = st.lists(st.one_of(st.integers(), TEXT), max_size=3)


def read(path: Path, content: bytes | str) -> tuple[bool, list[tuple[int, Any]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_values(str(path), "t", lambda _: None) as values:
        return values.array, [(value.line, value.value) for value in values.values]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source") / "t"


@given(st.lists(st.one_of(OBJECTS, LISTS), min_size=2, max_size=5), st.integers(0, 2))
def test_a_value_a_line_is_jsonl_with_the_line_of_each(path: Path, values: list[Any], blank: int) -> None:
    gap = "\n" * (blank + 1)
    array, found = read(path, gap.join(map(json.dumps, values)))
    assert not array
    assert found == [(1 + number * (blank + 1), value) for number, value in enumerate(values)]


@given(st.lists(OBJECTS, max_size=5), st.sampled_from([None, 0, 1, 4]))
def test_an_array_is_a_document_with_the_line_of_each_element(
    path: Path, values: list[Any], indent: int | None
) -> None:
    text = json.dumps(values, indent=indent)
    array, found = read(path, text)
    assert array
    assert [value for _, value in found] == values
    lines = text.split("\n")
    for line, value in found:
        assert json.dumps(value, indent=indent)[:1] in lines[line - 1]
    if indent is not None:
        heads = [number for number, line in enumerate(lines, 1) if line == " " * indent + "{" or line == "{"]
        assert [line for line, _ in found] == [head for head in heads if lines[head - 2][-1:] in ("[", ",")][
            : len(found)
        ]


@given(OBJECTS, st.sampled_from([None, 2]))
def test_one_object_is_one_value_however_it_is_printed(path: Path, value: Any, indent: int | None) -> None:
    assert read(path, "\n" + json.dumps(value, indent=indent) + "\n\n") == (False, [(2, value)])


def test_decimal_points_never_become_floats(path: Path) -> None:
    _, found = read(path, '{"a": 0.1, "b": 1e-9, "c": 3}')
    assert found[0][1] == {"a": Decimal("0.1"), "b": Decimal("1e-9"), "c": 3}
    assert not any(isinstance(value, float) for value in found[0][1].values())


def test_a_byte_order_mark_is_no_part_of_the_first_value(path: Path) -> None:
    assert read(path, b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n')[1] == [(1, {"a": 1}), (2, {"a": 2})]


def test_jsonl_is_streamed(path: Path) -> None:
    """What is broken far down does not keep the values before it from being read."""
    path.write_text('{"a": 1}\n{"a": 2}\n{"a": 3}\n{"a"\n')
    told: list[int] = []
    with open_values(str(path), "t", told.append) as values:
        for drawn in (1, 2, 3):
            assert next(values.values) == Value(drawn, {"a": drawn})
            assert len(told) == max(2, drawn), "the layout takes two lines, then each value one"
        with pytest.raises(TraceError, match=r"^t:4: "):
            next(values.values)


BROKEN: list[tuple[str | bytes, int, str]] = [
    ("no json at all\n", 1, "not JSON"),
    ('{"a": 1}\n{"a": 2\n', 2, "not JSON"),
    ('{"a": 1\n{"a": 2}\n', 1, "not JSON"),
    ('{"a": "x\n{"a": 2}\n', 1, "not JSON"),
    ('{"a": 1} {"b": 2}\n{"a": 2}\n', 1, "something follows the value (column 10)"),
    ('{"a": 1}\n\n\n{"a": }\n', 4, "column 7"),
    ('[\n  {"a": 1},\n  {"a" 2}\n]\n', 3, "not JSON"),
    ('[\n\n  {"a": 1}\n  {"b": 2}\n]\n', 4, "expected , or ]"),
    ('[\n  {"a": 1},\n', 2, "not JSON"),
    ('[{"a": 1},', 1, "not JSON"),
    ('[{"a": 1},]', 1, "not JSON"),
    ('[\n{"a": 1}\n]\nmore\n', 4, "follows the end"),
    ('{\n"a": 1\n}\n{\n"a": 2\n}', 4, "follows the end"),
    ('{"a": NaN}\n', 1, "NaN is no number"),
    ('{"a": 1}\n{"a": -Infinity}\n', 2, "Infinity is no number"),
    ('{"a": 1}\n' + "[" * 100_000 + "\n", 2, "nested too deeply"),
    (b'{"a": 1}\n{"a": "\xff"}\n', 2, "not UTF-8 (byte 8 of the line)"),
    ('{"a": 1}\n{"a": ' + "9" * 5000 + "}\n", 2, "not usable JSON"),
    ('[\n{"a": 1},\x0c\n{"a": 2}]\n', 2, "not JSON"),
    ('{"a": 1}\n\xa0\n{"a": 2}\n', 2, "not JSON"),
    ('\u2003[{"a": 1}]', 1, "not JSON"),
    ('{"a": 1}\n{"a": 1e9999999999999999999}\n', 2, "exponent has too many digits"),
    ('[\n{"a": 1},\n{"a": -1E-9999999999999999999}]\n', 3, "exponent has too many digits"),
]


@pytest.mark.parametrize(
    ("content", "line", "what"), BROKEN, ids=[str(number) for number in range(len(BROKEN))]
)
def test_what_is_broken_is_named_with_its_line(
    path: Path, content: str | bytes, line: int, what: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read(path, content)
    assert caught.value.line == line
    assert what in caught.value.what
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_an_error(path: Path, content: str) -> None:
    with pytest.raises(TraceError, match=r"^t: nothing to replay"):
        read(path, content)


def test_progress_is_told_every_byte(path: Path) -> None:
    path.write_text('{"a": 1}\n\n{"b": "ü"}\n')
    told: list[int] = []
    with open_values(str(path), "t", told.append) as values:
        assert len(list(values.values)) == 2
    assert sum(told) == path.stat().st_size


def test_a_file_that_cannot_be_read_is_an_error_without_a_line(tmp_path: Path) -> None:
    cases: list[tuple[Path, Callable[[str], bool]]] = [
        (tmp_path / "missing", lambda text: "No such file" in text),
        (tmp_path, lambda text: "directory" in text),
    ]
    for path, told in cases:
        with pytest.raises(TraceError) as caught, open_values(str(path), "t", lambda _: None):
            pass
        assert caught.value.line is None
        assert told(str(caught.value))

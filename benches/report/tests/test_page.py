"""The page shows everything that was measured, and says what was not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from report import machine
from report.tests.conftest import Write


def test_every_subject_is_on_the_page(everything: dict[str, Any], written: Write) -> None:
    everything["rust"]["subjects"].append({"name": "novel/thing", "threads": 1, "ns": [12_345.0] * 21})
    everything["rust"]["subjects"].append({"name": "denied/for_fun", "threads": 1, "ns": [54_321.0] * 21})
    _, page = written(everything)
    assert "## Also in rust.json" in page
    assert "| `novel/thing` | 12,345 [12,345, 12,345] |" in page
    assert "| denied: for fun | 54,321 [54,321, 54,321] |" in page
    figures = sum(len(everything[file]["subjects"]) for file in ("rust", "peers"))
    assert len(re.findall(r"^\| .* \[.*\] ", page, re.MULTILINE)) >= figures


def test_what_was_not_measured_says_so(everything: dict[str, Any], written: Write) -> None:
    del everything["python_free_threaded"], everything["instructions"], everything["growth"]
    _, page = written(everything)
    assert "Not measured: without the GIL" in page
    assert "ns, without the GIL" not in page
    assert "## Instructions" in page
    assert page.rstrip().endswith("Not measured.")


def test_nothing_at_all_is_a_page_too(written: Write) -> None:
    result, page = written({})
    assert result.exit_code == 0, result.output
    assert "0 met, 0 not met" in page


def test_what_admitted_too_much_stands_out(everything: dict[str, Any], written: Write) -> None:
    _, page = written(everything)
    assert "| 8 threads, one session | 1,000 | 1,000 | **1,017** (+17) |" in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rust", {"subjects": [{"name": "a", "threads": 1, "ns": []}]}, "rust.json: entry 0 (a): 'ns' is []"),
        ("rust", {"subjects": [{"name": "a", "threads": 1, "ns": [0]}]}, "'ns' has 0.0"),
        ("rust", {"subject": []}, "rust.json: no 'subjects'"),
        ("peers", {"subjects": [{"name": "a", "threads": 1.5, "ns": [1]}]}, "'threads' is 1.5"),
        ("growth", [{"what": "sweep", "ns": [1]}], "growth.json: entry 0 (sweep): no 'x'"),
        ("memory", {}, "memory.json: not a list of objects"),
        ("instructions", {"handle": "many"}, "instructions.json: 'handle' is 'many'"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_an_error(
    name: str, content: object, said: str, written: Write
) -> None:
    result, page = written({name: content})
    assert result.exit_code == 1
    assert said in result.output
    assert page == ""


def test_facts_are_told_once_or_by_step() -> None:
    stamps = {
        "rust": {"commit": "aaa", "cores": "2", "rustc": "1.95"},
        "peers": {"commit": "bbb", "cores": "2", "rustc": ""},
        "memory": {"commit": "aaa", "cores": "2"},
    }
    assert machine.told(stamps) == {
        "commit": "aaa (rust, memory); bbb (peers)",
        "cores": "2",
        "rustc": "1.95",
    }

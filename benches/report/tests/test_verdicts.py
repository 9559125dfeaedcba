"""Every bound can be met, can be missed, and says when it was not measured."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from report.bounds import Bound, GrowthRatio, MemoryFigure, Outcome, SubjectRatio, Verdict, read_bounds
from report.cli import HERE
from report.reading import Growth, Measurements, ReadingError, Run, Subject, read
from report.tests import synthetic
from report.tests.conftest import Write

BOUNDS = read_bounds(HERE / "bounds.toml")
WORKS = [bound.work for bound in BOUNDS]


def read_growth(files: dict[str, Any]) -> list[Growth]:
    return [Growth(point["what"], point["x"], tuple(point["ns"])) for point in files["growth"]]


def judge(bound: Bound, files: dict[str, Any], folder: Path) -> Verdict:
    synthetic.write(folder, files)
    return bound.judge(read(folder)).verdict


def spoil(bound: Bound, files: dict[str, Any], factor: float) -> None:
    """Multiply what the bound is about, so that its figure is ``factor`` times what it was."""
    figure = bound.figure
    if isinstance(figure, SubjectRatio):
        entries = files[figure.file]["subjects"]
        over = next(entry for entry in entries if entry["name"] == figure.over)
        over["ns"] = [ns / factor if figure.throughput else ns * factor for ns in over["ns"]]
    elif isinstance(figure, GrowthRatio):
        over = figure.over.find(read_growth(files))
        (entry,) = [p for p in files["growth"] if over and (p["what"], p["x"]) == (over.what, over.x)]
        entry["ns"] = [ns * factor for ns in entry["ns"]]
    elif isinstance(figure, MemoryFigure):
        (entry,) = [entry for entry in files["memory"] if entry["what"] == figure.what]
        entry[figure.key] = int(entry[figure.key] * factor)


@pytest.mark.parametrize("bound", BOUNDS, ids=WORKS)
def test_a_bound_is_met_missed_and_not_measured(
    bound: Bound, everything: dict[str, Any], tmp_path: Path
) -> None:
    assert judge(bound, everything, tmp_path / "as it should be") is Verdict.MET
    planted = deepcopy(everything)
    spoil(bound, planted, 100 if bound.at_most is not None else 1 / 100)
    assert judge(bound, planted, tmp_path / "planted") is Verdict.NOT_MET
    assert bound.judge(Measurements()).verdict is Verdict.NOT_MEASURED


@pytest.mark.parametrize("bound", BOUNDS, ids=WORKS)
def test_a_planted_miss_is_on_the_page(bound: Bound, everything: dict[str, Any], written: Write) -> None:
    spoil(bound, everything, 100 if bound.at_most is not None else 1 / 100)
    result, page = written(everything)
    assert result.exit_code == 0, result.output
    (missed,) = [line for line in page.splitlines() if line.startswith("Not met: ")]
    assert bound.work in missed
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {bound.work} | {bound.text} |")]
    assert row.endswith("| **not met** |")
    assert [line for line in result.output.splitlines() if line.startswith("not met ") and bound.work in line]


def outcome(at_most: float, ratios: list[float]) -> Outcome:
    ones = tuple(1.0 for _ in ratios)
    run = Run("rust", {"a": Subject("a", 1, tuple(ratios)), "b": Subject("b", 1, ones)})
    bound = Bound("work", "text", SubjectRatio("rust", "a", "b", False), at_most, None, "x")
    return bound.judge(Measurements({"rust": run}))


def test_the_verdict_is_the_medians_and_the_bound_itself_is_met() -> None:
    assert outcome(1.3, [1.0, 1.3, 9.0]).verdict is Verdict.MET
    assert outcome(1.3, [1.0, 1.3001, 9.0]).verdict is Verdict.NOT_MET


@pytest.mark.parametrize(
    ("over", "under", "throughput", "best"),
    [("peer", "ours", False, 20.0), ("ours", "peer", True, 40.0)],
    ids=["time", "throughput"],
)
def test_what_could_be_had_at_best_is_the_same_with_the_floor(
    over: str, under: str, throughput: bool, best: float
) -> None:
    subjects = [Subject("peer", 1, (100.0,)), Subject("ours", 2, (10.0,)), Subject("floor", 2, (5.0,))]
    measured = Measurements({"peers": Run("peers", {subject.name: subject for subject in subjects})})
    figure = SubjectRatio("peers", over, under, throughput, "floor")
    judged = Bound("work", "text", figure, None, 50, "x").judge(measured)
    assert judged.at_best is not None and judged.at_best.median == best
    without = SubjectRatio("peers", over, under, throughput)
    assert Bound("work", "text", without, None, 50, "x").judge(measured).at_best is None


def test_quartiles_on_both_sides_of_the_bound_are_close() -> None:
    assert outcome(1.3, [1.0, 1.1, 1.2, 1.4, 1.5]).close
    assert outcome(1.3, [1.0, 1.2, 1.35, 1.4, 1.5]).close
    assert not outcome(1.3, [1.0, 1.1, 1.1, 1.2, 9.0]).close
    assert not outcome(1.3, [1.0, 1.4, 1.5, 1.6, 9.0]).close


def test_a_bound_without_a_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bounds.toml"
    path.write_text(
        '[[bound]]\nwork = "w"\ntext = "t"\nform = "time"\nfile = "rust"\nover = "a"\nunder = "b"\n'
    )
    with pytest.raises(ReadingError, match="one of at_most and at_least"):
        read_bounds(path)

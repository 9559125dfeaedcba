"""Medians and ratios, against figures done by hand."""

from __future__ import annotations

import pytest

from report.reading import ReadingError, Run, Subject
from report.spread import Spread, quotients


def run(**subjects: tuple[int, list[float]]) -> Run:
    return Run("rust", {name: Subject(name, threads, tuple(ns)) for name, (threads, ns) in subjects.items()})


def test_quartiles_are_those_of_pairs_rs() -> None:
    assert Spread.of([5, 1, 4, 2, 3]) == Spread(2, 3, 4)
    assert Spread.of([4, 3, 2, 1]) == Spread(1, 2, 3)  # of an even number, the lower
    assert Spread.of([7]) == Spread(7, 7, 7)


def test_no_figures_have_no_median() -> None:
    with pytest.raises(ValueError, match="no figures"):
        Spread.of([])


def test_a_ratio_is_taken_in_each_round_and_not_of_two_medians() -> None:
    over, under = [20.0, 100.0, 60.0], [10.0, 100.0, 20.0]
    assert quotients(over, under) == Spread(1, 2, 2)
    assert Spread.of(over).median / Spread.of(under).median == 3


def test_a_slow_round_slows_both_sides_and_leaves_the_ratio() -> None:
    found = run(a=(1, [20.0, 60.0, 21.0]), b=(1, [10.0, 30.0, 10.5])).ratio("a", "b")
    assert found == Spread(2, 2, 2)


def test_throughput_counts_all_threads() -> None:
    measured = run(one=(1, [24.0, 24.0]), two=(2, [25.0, 30.0]))
    found = measured.ratio("two", "one", throughput=True)
    assert found is not None
    assert found.high == pytest.approx(2 * 24 / 30)  # of two rounds, the lower is all three
    assert measured.ratio("two", "one") == Spread(25 / 24, 25 / 24, 25 / 24)


def test_what_was_not_measured_has_no_ratio() -> None:
    assert run(a=(1, [1.0])).ratio("a", "b") is None


def test_other_rounds_have_no_ratio() -> None:
    with pytest.raises(ReadingError, match=r"rust\.json: a ÷ b: 2 rounds over 1"):
        run(a=(1, [1.0, 2.0]), b=(1, [1.0])).ratio("a", "b")

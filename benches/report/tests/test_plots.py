"""What every plot has to be: readable on both pages, and of no machine."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from report.plots.style import COLOURS, PAGES, apart, numbered
from report.tests.conftest import Write


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's contrast."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_stands_out_from_both_pages(name: str, page: str) -> None:
    assert contrast(COLOURS[name], page) >= 4


def test_plots_have_no_background_and_say_nothing_of_where_they_were_made(
    everything: dict[str, Any], drawn: Write, tmp_path: Path
) -> None:
    drawn(everything)
    for path in (tmp_path / "out/plots").iterdir():
        svg = path.read_text(encoding="utf-8")
        assert "<dc:date>" not in svg
        assert "<dc:creator>" not in svg
        assert "matplotlib.org" not in svg
        assert str(tmp_path) not in svg
        assert "fill: #ffffff" not in svg
        assert "font-family" not in svg


def test_the_same_figures_are_the_same_files(
    everything: dict[str, Any], drawn: Write, tmp_path: Path
) -> None:
    _, page = drawn(everything)
    plots = {path.name: path.read_bytes() for path in (tmp_path / "out/plots").iterdir()}
    assert set(plots) == {f"{name}.svg" for name in ("sessions", "threads", "peers", "python", "growth")}
    _, again = drawn(everything)
    assert again == page
    assert {path.name: path.read_bytes() for path in (tmp_path / "out/plots").iterdir()} == plots


def test_a_plot_without_figures_is_removed(everything: dict[str, Any], drawn: Write, tmp_path: Path) -> None:
    drawn(everything)
    (tmp_path / "figures/growth.json").unlink()
    del everything["growth"]
    _, page = drawn(everything)
    assert "plots/growth.svg" not in page
    assert not (tmp_path / "out/plots/growth.svg").exists()


def test_names_keep_their_distance_and_their_order() -> None:
    assert apart([0.1, 0.9], 0.2) == [0.1, 0.9]
    assert apart([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    places = apart([0.5, 0.1, 0.52, 0.48, 0.3], 0.15)
    ranked = sorted(places)
    assert all(above - below >= 0.15 - 1e-9 for below, above in pairwise(ranked))
    assert [places.index(place) for place in ranked] == [1, 4, 3, 0, 2]


def test_clip_paths_are_called_by_their_order_and_nothing_else_is_renamed() -> None:
    named = '<g clip-path="url(#p{0})"/><g clip-path="url(#p{1})"/><a id="pffffffffff"/>'
    named += '<clipPath id="p{1}"/><clipPath id="p{0}"/>'
    one, other = (
        numbered(named.format(*names)) for names in (("0123456789", "abcdef0123"), ("a" * 10, "b" * 10))
    )
    assert one == other
    assert 'url(#clip-1)"/><g clip-path="url(#clip-0)' in one
    assert "pffffffffff" in one

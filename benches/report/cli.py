"""The command: ``stamp`` notes where a step is measured, ``write`` makes the page and the plots."""

from __future__ import annotations

from pathlib import Path

import click

from report import machine
from report.bounds import Verdict, read_bounds
from report.layout import read_layout
from report.page import page
from report.plots import draw
from report.reading import ReadingError, read
from report.sections import read_sections

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
COLOURS = {Verdict.MET: "green", Verdict.NOT_MET: "red", Verdict.NOT_MEASURED: "yellow"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """What was measured, as a page of tables and plots."""


@cli.command()
@click.argument("step")
@click.option(
    "--figures", type=click.Path(path_type=Path), default=ROOT / "target/bench", show_default="target/bench"
)
def stamp(step: str, figures: Path) -> None:
    """Note that STEP was measured now, from this checkout, on this machine."""
    machine.stamp(figures, step, ROOT)


@cli.command()
@click.option(
    "--figures", type=click.Path(path_type=Path), default=ROOT / "target/bench", show_default="target/bench"
)
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "benches", show_default="benches")
def write(figures: Path, out: Path) -> None:
    """Write RESULTS.md and plots/*.svg, and print the verdict on each bound."""
    try:
        measured = read(figures)
        outcomes = [bound.judge(measured) for bound in read_bounds(HERE / "bounds.toml")]
        sections = read_sections(HERE / "tables.toml", measured)
        facts = machine.told(machine.read_stamps(figures)) or {"measured": "nobody noted where or when"}
        plots = draw(out / "plots", measured, sections, read_layout(HERE / "tables.toml"))
        text = page(measured, outcomes, sections, facts, plots)
    except ReadingError as error:
        raise click.ClickException(str(error)) from error
    out.mkdir(parents=True, exist_ok=True)
    (out / "RESULTS.md").write_text(text, encoding="utf-8")
    for outcome in outcomes:
        colour = {Verdict.MET: "green", Verdict.NOT_MET: "red", Verdict.NOT_MEASURED: "yellow"}[
            outcome.verdict
        ]
        found = "" if outcome.spread is None else f"{outcome.spread.median:.3f} {outcome.bound.unit}"
        verdict = click.style(f"{outcome.verdict.value:<13}", fg=colour)
        click.echo(f"{verdict} {found:>14}  {outcome.bound.work}: {outcome.bound.text}")

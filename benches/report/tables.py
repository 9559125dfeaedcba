"""The page's tables, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from report.bounds import MIB, Outcome, Verdict
from report.markdown import ABSENT, count, duration, exact, figure, spread, table, times
from report.reading import Measurements
from report.sections import Row, Section
from report.spread import Spread, quotients

TITLES = {"python": "with the GIL", "python_free_threaded": "without the GIL"}
"""How two files that stand side by side are told apart."""


def bounds(outcomes: Sequence[Outcome]) -> str:
    """Every bound, what was measured and the verdict."""
    rows = []
    for outcome in outcomes:
        found, unit = outcome.spread, outcome.bound.unit
        measured = ABSENT if found is None else f"{exact(found.median)} {unit}"
        # A figure that was taken once has no quartiles.
        quartiles = (
            ABSENT
            if found is None or found.low == found.high
            else f"{exact(found.low)} to {exact(found.high)}"
        )
        verdict = outcome.verdict.value if outcome.verdict is Verdict.MET else f"**{outcome.verdict.value}**"
        verdict += ", within the spread" if outcome.close else ""
        best = ABSENT if outcome.at_best is None else f"{exact(outcome.at_best.median)} {unit}"
        rows.append([outcome.bound.work, outcome.bound.text, measured, quartiles, best, verdict])
    return table(["work", "bound", "median", "quartiles", "were it the floor", "verdict"], rows, texts=2)


def tally(outcomes: Sequence[Outcome]) -> str:
    """How many bounds are met, and which are not."""
    by = {verdict: [o.bound.work for o in outcomes if o.verdict is verdict] for verdict in Verdict}
    parts = [f"{len(works)} {verdict.value}" for verdict, works in by.items()]
    lines = [f"Of {len(outcomes)} bounds: {', '.join(parts)}."]
    for verdict in (Verdict.NOT_MET, Verdict.NOT_MEASURED):
        if by[verdict]:
            lines.append(f"{verdict.value.capitalize()}: {'; '.join(by[verdict])}.")
    return "\n".join(lines)


def subjects(section: Section, measured: Measurements) -> str:
    """A section's subjects; those of two files side by side."""
    apart = len(section.files) > 1
    files = [file for file in section.files if file in measured.runs]
    headings = [""]
    for file in files:
        behind = f", {TITLES[file]}" if apart else ""
        headings.append(f"ns{behind}")
        headings += [f"million a second{behind}"] if section.throughput else []
        headings += [f"allotment, ns{behind}"] if section.beside else []
        headings += [f"{section.multiple}{behind}"] if section.multiple else []
    rows = []
    for row in section.rows:
        if any(row.name in measured.runs[file].subjects for file in files):
            cells = [cell for file in files for cell in _cells(row, file, section, measured)]
            rows.append([row.says, *cells])
    return table(headings, rows) if rows else "Not measured."


def _cells(row: Row, file: str, section: Section, measured: Measurements) -> list[str]:
    run = measured.runs.get(file)
    subject = run.subjects.get(row.name) if run else None
    cells = [spread(subject.time if subject else None)]
    if section.throughput:
        cells.append(figure(1e3 * Spread.of(subject.per_ns).median) if subject else ABSENT)
    if section.beside:
        other = run.subjects.get(row.under) if run and row.under else None
        cells.append(spread(other.time if other else None))
    if section.multiple:
        under = row.under if row.under != row.name else None
        ratio = run.ratio(row.name, under, throughput=section.throughput) if run and under else None
        cells.append(spread(ratio))
    return cells


def overshoot(measured: Measurements) -> str:
    """How many calls each system admitted, and how many of them past the limit or short of it."""
    systems = list(dict.fromkeys(case.system for case in measured.overshoot))
    cases: dict[tuple[str, int], dict[str, int]] = {}
    for case in measured.overshoot:
        cases.setdefault((case.what, case.limit), {})[case.system] = case.admitted
    rows = [
        [what, count(limit), *(_admitted(admitted.get(system), limit) for system in systems)]
        for (what, limit), admitted in cases.items()
    ]
    return table(["", "limit", *systems], rows) if rows else "Not measured."


def _admitted(admitted: int | None, limit: int) -> str:
    if admitted is None:
        return ABSENT
    if admitted == limit:
        return count(admitted)
    return f"**{count(admitted)}** ({admitted - limit:+,})"


def memory(measured: Measurements) -> str:
    """What sessions occupy."""
    rows = [
        [
            case.what,
            count(case.sessions),
            figure(case.heap_bytes_per_session) if case.sessions else ABSENT,
            figure(case.resident_bytes / MIB),
        ]
        for case in measured.memory
    ]
    return table(["", "sessions", "heap bytes a session", "resident MiB"], rows) if rows else "Not measured."


def growth(measured: Measurements) -> str:
    """How long things take at each size, one line for each kind."""
    rows = []
    for what in dict.fromkeys(point.what for point in measured.growth):
        points = sorted((point for point in measured.growth if point.what == what), key=lambda point: point.x)
        cells = [f"{count(point.x)}: {duration(point.time.median)}" for point in points]
        last, first = points[-1], points[0]
        alike = last != first and len(last.ns) == len(first.ns)
        longer = spread(quotients(last.ns, first.ns)) if alike else ABSENT
        rows.append(
            [what, "; ".join(cells), times(last.x / first.x) if first.x and last != first else ABSENT, longer]
        )
    return (
        table(["", "median at each size", "largest ÷ smallest size", "its time ÷ its time"], rows)
        if rows
        else "Not measured."
    )


def instructions(measured: Measurements) -> str:
    """How many instructions a decision is."""
    rows = [[f"`{case}`", count(counted)] for case, counted in measured.instructions.items()]
    return table(["", "instructions a decision"], rows) if rows else "Not measured."


def rounds(measured: Measurements) -> str:
    """How often everything was timed, and how far the rounds are apart."""
    rows = []
    for file, run in measured.runs.items():
        each = [subject.time.relative for subject in run.subjects.values()]
        taken = sorted({len(subject.ns) for subject in run.subjects.values()})
        widest = max(run.subjects.values(), key=lambda subject: subject.time.relative, default=None)
        rows.append(
            [
                f"{file}.json",
                str(len(each)),
                " to ".join(map(str, dict.fromkeys((taken[0], taken[-1])))) if taken else ABSENT,
                f"{median(each):.1%}" if each else ABSENT,
                f"{widest.time.relative:.1%} (`{widest.name}`)" if widest else ABSENT,
            ]
        )
    headings = ["", "subjects", "rounds", "quartiles apart, typically", "at the widest"]
    return table(headings, rows) if rows else "Nothing was timed."

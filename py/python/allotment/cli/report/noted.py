"""What a replay noted besides its denials, as sentences; one each, and none for what did not occur."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allotment.cli.figures.summary import Summary, by_count


def noted(summary: Summary) -> Iterator[str]:
    """The sentences, in a fixed order."""
    models, found = summary.models, summary.noted
    if models.calls:
        denied = (
            f", {sum(models.denied.values()):,} denied: {_listed(models.denied)}" if models.denied else ""
        )
        yield f"Model calls: {models.calls:,}{denied}."
    if models.tokens > models.other:
        kinds = {"input": models.input, "output": models.output, "cached": models.cached}
        told = {**kinds, "of no known kind": models.other}
        yield f"Tokens: {_listed({kind: count for kind, count in told.items() if count})}."
    if found.drifting:
        calls = counted(found.drifting.total(), "allowed call")
        yield f"Drift: {calls} did not fit the session's intent; --on-drift deny would refuse them."
    if found.warnings:
        yield f"Warnings of what ran low: {_listed(by_count(found.warnings))}."
    if found.overruns:
        yield f"Overruns: {counted(found.overruns, 'model call')} used more than was left."
    if found.for_approval:
        approved = f", approved {counted(found.approved, 'time')}" if found.approved else ""
        yield f"Paused for approval: {counted(found.for_approval, 'session')}{approved}."
    if found.for_drift:
        yield f"Paused for drift: {counted(found.for_drift, 'time')}."


def counted(count: int, noun: str) -> str:
    """``1 call``, ``2,000 calls``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in counts.items())

"""The command ``allotment``: replay recorded agent conversations under limits.

This file imports neither click nor rich, so that the base package (which needs neither) can say how to get
them. Data flows one way through this package::

    source -> formats (messages, records) -> calls -> timeline -> simulate -> summary -> report, report_json
    timeline -> measures -> spread, suggest -> report, report_json, policy_file

Only ``imposed`` (policy and settings), ``simulate`` and ``asking`` talk to the engine.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_NEEDED = frozenset({"click", "rich"})


def main() -> int:
    """Run the command line; the entry point of ``allotment`` and of ``python -m allotment.cli``.

    Returns the exit status: 0 when the work was done, 2 for anything the user has to correct, including a
    missing ``allotment[cli]`` extra.
    """
    try:
        from allotment.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        print(
            'allotment: the command line needs click and rich: pip install "allotment[cli]"', file=sys.stderr
        )
        return 2
    return run()

"""What a decision costs from Python, beside a call that does nothing and other packages, in one process."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import ours
import pairs
import peers

RESULTS = Path(__file__).parents[2] / "target" / "bench"


def main() -> None:
    """Measure, make sure that nothing was refused, print and write."""
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="how often each subject is timed (41)")
    name = "python.json" if gil else "python_free_threaded.json"
    parser.add_argument(
        "--out", type=Path, default=RESULTS / name, help=f"where the figures go (target/bench/{name})"
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is below 1")

    tasks = asyncio.new_event_loop()
    subjects = [*ours.ours(tasks), *peers.all_peers(tasks), *ours.two_threads(), *peers.pure_two_threads()]
    run = pairs.measure(subjects, options.rounds)
    for subject in subjects:
        subject.sure()
        subject.end()
    tasks.close()
    print(f"CPython {sys.version.split()[0]}, GIL {'on' if gil else 'off'}, {options.rounds} rounds")
    run.print(floor="python/noop", product="python/authorize")
    run.write(options.out)


if __name__ == "__main__":
    main()

"""Any bytes as a trace file: `allotment replay` works, with totals that add up, or says in one line why not.

Beside the Rust targets because the parser of traces is Python: atheris instead of cargo-fuzz. Held against
any input:

- status 0, nothing on stderr and a whole report; or status 2, nothing on stdout and one printable line on
  stderr. Whatever else gets out (a traceback, another status) is a crash; longer than 10 s is a hang;
- totals: nothing negative, parts add up to wholes, no more allowed than the options allow;
- call records: calls, tools, sessions and tokens are those that a naive reader of the file counts (`naive`);
- a policy that is suggested is one that the engine takes.

Which options the input is replayed under follows from its checksum, so that a seed is a plain trace file.
"""

from __future__ import annotations

import io
import json
import sys
import zlib
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import atheris
import tomllib

with atheris.instrument_imports(include=["allotment"]):
    # The command imports these only when it needs them; not instrumented, they would not count as covered.
    import allotment.cli.replay.simulate
    import allotment.cli.report.as_json
    import allotment.cli.report.text  # noqa: F401
    from allotment import Policy
    from allotment.cli.app import cli

CALLS, CAP = 3, 1
OPTIONS = (
    ("--json",),
    ("--json", "--calls", str(CALLS), "--per-tool", f"search={CAP}", "--tokens", "100", "--cost-usd", "0.01"),
    ("--json", "--rate", "2/min", "--agent-rate", "5/min", "--execution", "standard", "--time-limit", "60"),
    ("--json", "--calls", "1", "--tokens", "10", "--approve", "--on-drift", "deny"),
    (
        "--json",
        "--intent",
        "read things",
        "--sensitivity",
        "internal",
        "--air-gap",
        "--seconds-per-call",
        "0.5",
    ),
    (),
    ("--suggest",),
)


def replay(data: bytes, options: tuple[str, ...]) -> tuple[object, str, str]:
    """The status, and what was printed where."""
    out, err, stdin = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main(["replay", "-", *options])
    except SystemExit as ended:
        return ended.code, out.getvalue(), err.getvalue()
    finally:
        sys.stdin = stdin
    raise AssertionError("it ends without a status")


def naive(data: bytes) -> list[dict[str, Any]]:
    """The call records of a file that was found to hold such."""
    text = data.decode("utf-8-sig")
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def tokens_of(record: dict[str, Any]) -> int:
    """All tokens of a record."""
    kinds = sum(record.get(f"{kind}_tokens") or 0 for kind in ("input", "output", "cached"))
    return max(record.get("tokens") or 0, kinds)


def check_verdicts(part: dict[str, Any], total: int) -> None:
    """Allowed and denied are `total`, and the reasons are the denied."""
    assert part["allowed"] >= 0 and part["denied"] >= 0, part
    assert part["allowed"] + part["denied"] == total, part
    assert sum(part["denied_by_reason"].values()) == part["denied"], part
    assert all(count > 0 for count in part["denied_by_reason"].values()), part


def check_totals(report: dict[str, Any], options: tuple[str, ...]) -> None:
    """The figures of a report agree with each other and keep to `options`."""
    calls, tools, models = report["calls"], report["tools"], report["models"]
    sessions, stopped = report["sessions"], report["stopped"]
    for part, total in (
        (calls, calls["total"]),
        (models, models["total"]),
        *((it, it["calls"]) for it in tools),
    ):
        check_verdicts(part, total)
    assert sum(tool["calls"] for tool in tools) == calls["total"]
    assert sum(tool["allowed"] for tool in tools) == calls["allowed"]
    assert sessions["completed"] + sessions["stopped"] == sessions["total"]
    assert sessions["stopped"] == len(stopped) <= calls["denied"] + models["denied"]
    for stop in stopped:
        assert 1 <= stop["call"] <= stop["calls"] and (stop["retry_after"] or 0) >= 0, stop
        assert stop["detail"].isprintable(), stop
    kinds = models["tokens"]
    assert all(count >= 0 for count in kinds.values()), kinds
    assert sum(kinds.values()) == 2 * kinds["total"], kinds
    for spread in filter(None, report["distribution"].values()):
        points = [float(spread[point]) for point in ("p50", "p95", "p99", "max")]
        assert points == sorted(points) and points[0] >= 0, spread
    if str(CALLS) in options and "--approve" not in options:
        assert calls["allowed"] <= CALLS * sessions["total"], calls
        assert all(it["allowed"] <= CAP * sessions["total"] for it in tools if it["tool"] == "search"), tools


def check_counts(report: dict[str, Any], records: list[dict[str, Any]]) -> None:
    """The figures of a report are those of `records`."""
    assert report["calls"]["total"] + report["models"]["total"] == len(records)
    assert report["sessions"]["total"] == len({str(record["session"]) for record in records})
    named = Counter(record["tool"] for record in records if record.get("tool") is not None)
    assert {tool["tool"]: tool["calls"] for tool in report["tools"]} == named
    assert report["models"]["tokens"]["total"] == sum(map(tokens_of, records))


def one_input(data: bytes) -> None:
    """Replays `data`; what fails is printed too: an alarm may end the process before it is in a file."""
    try:
        check(data)
    except BaseException:
        print(f"fuzz: {data!r}", file=sys.stderr, flush=True)
        raise


def check(data: bytes) -> None:
    """Replays `data` and looks at what comes of it."""
    options = OPTIONS[zlib.crc32(data) % len(OPTIONS)]
    status, out, err = replay(data, options)
    if status != 0:
        assert status == 2 and out == "", (status, out)
        assert err.startswith("allotment: ") and err.endswith("\n") and err[:-1].isprintable(), err
        return
    assert err == "" and out, err
    if "--json" in options:
        report = json.loads(out)
        check_totals(report, options)
        if report["files"][0]["format"] == "records":
            check_counts(report, naive(data))
    elif "--suggest" in options:
        Policy.from_dict(tomllib.loads(out))
    else:
        assert all(line.isprintable() for line in out.split("\n")), out


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

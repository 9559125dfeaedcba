"""`allotment.logging.EventLog`: events as log records. Nothing sleeps: `flush`, or a wait for the thread."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from allotment import Enforcer, InvalidPolicy, InvalidType
from allotment.logging import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drive import Create

pytestmark = pytest.mark.thread_unsafe(reason="it counts the records of the process's logger")


class Records(logging.Handler):
    """Keeps what it is given, and says when something came."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.came = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.came.set()

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(record.levelname, record.getMessage().split(" [")[0]) for record in self.records]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("allotment.test")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers.clear()
    logger.filters.clear()


@pytest.fixture
def seen(logger: logging.Logger) -> Records:
    records = Records()
    logger.addHandler(records)
    return records


def allotment_of(record: logging.LogRecord) -> dict[str, Any]:
    plain: dict[str, Any] = vars(record)["allotment"]
    return plain


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_denials_are_warnings_and_lifecycle_is_info(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    session = create()
    session.decide("wire")
    session.close()
    log = EventLog(enforcer, logger)
    assert log.flush() == 2
    assert seen.lines == [("WARNING", "denied: tool_not_authorized"), ("INFO", "closed")]
    assert [allotment_of(record)["kind"] for record in seen.records] == ["denied", "closed"]
    assert allotment_of(seen.records[0])["tool"] == "wire"
    assert log.flush() == 0
    assert not log.running


def test_the_logger_is_allotment_unless_told_otherwise(
    create: Create, enforcer: Enforcer, caplog: pytest.LogCaptureFixture
) -> None:
    create().decide("wire")
    with caplog.at_level(logging.INFO, logger="allotment"):
        EventLog(enforcer).flush()
    assert [record.name for record in caplog.records] == ["allotment"]


def test_what_the_logger_does_not_want_is_drained_all_the_same(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    logger.setLevel(logging.WARNING)
    session = create()
    session.close()
    assert EventLog(enforcer, logger).flush() == 1
    assert seen.records == []


def test_drops_are_reported_once_a_batch(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    session, log = create(), EventLog(enforcer, logger)
    for _ in range(4096 + 7):
        session.decide("wire")
    assert log.flush() == 4096
    assert seen.lines[-1] == ("WARNING", "dropped: 7 events found the queue full")
    assert allotment_of(seen.records[-1]) == {"kind": "dropped", "dropped": 7}
    session.decide("wire")
    assert log.flush() == 1
    assert seen.lines[-1] == ("WARNING", "denied: tool_not_authorized")


def test_a_tool_that_a_model_made_up_forges_no_line(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    seen.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
    session, open_session = create(), create(tools="*", calls=0)
    forged = "x\nINFO:allotment:all is well %s %(levelname)s \r\u2028WARNING:\x85\x1b[2K\u202e"
    session.decide(forged)
    open_session.decide(forged)
    enforcer.decide(session.id, forged, agent=forged)
    EventLog(enforcer, logger).flush()
    lines = [seen.format(record) for record in seen.records]
    assert len(lines) == 3
    for line in lines:
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        assert line.startswith("WARNING:allotment.test:denied: ")


def test_an_exception_in_a_filter_or_handler_loses_that_event_only(
    create: Create,
    enforcer: Enforcer,
    logger: logging.Logger,
    seen: Records,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fussy(record: logging.LogRecord) -> bool:
        if allotment_of(record).get("tool") == "wire-1":
            raise RuntimeError("no")
        return True

    logger.addFilter(fussy)
    session = create()
    for number in range(3):
        session.decide(f"wire-{number}")
    assert EventLog(enforcer, logger).flush() == 3
    assert [allotment_of(record)["tool"] for record in seen.records] == ["wire-0", "wire-2"]
    assert "RuntimeError: no" in capsys.readouterr().err


def test_the_thread_logs_by_itself_and_outlives_an_exception(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records, monkeypatch: Any
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    failed = threading.Event()

    def fussy(record: logging.LogRecord) -> bool:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("no")
        return True

    logger.addFilter(fussy)
    session = create()
    with EventLog(enforcer, logger, every=0.001) as log:
        assert log.running
        session.decide("wire-0")
        assert failed.wait(30)
        session.decide("wire-1")
        assert seen.came.wait(30)
        assert log.running
    assert not log.running
    assert [allotment_of(record)["tool"] for record in seen.records] == ["wire-1"]


def test_stop_logs_what_still_waits_and_start_begins_again(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    session = create()
    log = EventLog(enforcer, logger, every=10**9)
    before = threading.active_count()
    log.stop()
    for number in range(3):
        assert log.start() is log.start()
        assert threading.active_count() == before + 1
        session.decide(f"wire-{number}")
        log.stop()
        log.stop()
        assert (threading.active_count(), len(seen.records)) == (before, number + 1)


def test_a_handler_may_use_the_log_itself(
    create: Create, enforcer: Enforcer, logger: logging.Logger, seen: Records
) -> None:
    session = create()
    log = EventLog(enforcer, logger, every=0.001)

    def nosy(record: logging.LogRecord) -> bool:
        log.flush()
        log.stop()
        return True

    logger.addFilter(nosy)
    log.start()
    session.decide("wire")
    assert seen.came.wait(30)
    log.stop()
    assert not log.running


def test_misuse_is_named(enforcer: Enforcer) -> None:
    wrong: Any
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InvalidPolicy, match="every"):
            EventLog(enforcer, every=wrong)
    for wrong in ("1", True, None):
        with pytest.raises(InvalidType, match="every"):
            EventLog(enforcer, every=wrong)
    for wrong in (None, 7):
        with pytest.raises(InvalidType, match="logger"):
            EventLog(enforcer, wrong)
    with pytest.raises(InvalidType, match="enforcer"):
        EventLog("enforcer")  # type: ignore[arg-type]


def test_importing_starts_no_thread_and_shadows_nothing() -> None:
    done = run(
        "import threading, allotment, allotment.logging, logging\n"
        "assert threading.active_count() == 1\n"
        "assert logging.getLogger and not hasattr(allotment.logging, 'getLogger')\n"
        "assert 'allotment.logging' in repr(allotment.logging)\n"
    )
    assert done.returncode == 0, done.stderr


BEGIN = """
import logging, os, sys, threading
from allotment import Enforcer
from allotment.logging import EventLog
logging.basicConfig(level=logging.INFO, format="%(message)s")
enforcer = Enforcer()
session = enforcer.create_session(agent="a", tools=["search"])
"""


def test_the_end_of_the_interpreter_logs_what_waits_and_does_not_hang() -> None:
    done = run(BEGIN + "EventLog(enforcer, every=1e9).start()\nsession.decide('wire')\n")
    assert done.returncode == 0
    assert done.stderr.count("denied: tool_not_authorized") == 1


def test_the_end_of_the_interpreter_does_not_wait_for_a_handler_that_never_returns() -> None:
    script = """
inside = threading.Event()
def stuck(record):
    inside.set()
    threading.Event().wait()
logging.getLogger("allotment").addFilter(stuck)
EventLog(enforcer, every=0.001).start()
session.decide("wire")
inside.wait()
"""
    assert run(BEGIN + script).returncode == 0


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork here")
def test_a_forked_child_has_no_thread_logs_nothing_twice_and_may_start_its_own() -> None:
    script = """
log = EventLog(enforcer, every=1e9).start()
session.decide("wire")
for then in ("exit", "stop", "start"):
    child = os.fork()
    if child == 0:
        assert not log.running and threading.active_count() == 1
        if then == "stop":
            log.stop()
        if then == "start":
            enforcer.events()
            with log:
                assert log.running
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
assert log.running
"""
    done = run(BEGIN + script)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("denied: tool_not_authorized") == 1

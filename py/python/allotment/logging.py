"""Events in the log: `with EventLog(enforcer):` hands what an enforcer tells to the standard `logging`.

A thread of its own does it, started by `start` only: no decision waits for a handler.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from allotment._allotment import Enforcer
from allotment.exceptions import InvalidPolicy, InvalidType

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import NoReturn, ParamSpec

    from allotment._allotment import Event

    _P = ParamSpec("_P")

__all__ = ["EventLog"]

_LEVELS = {
    "denied": logging.WARNING,
    "warning": logging.WARNING,
    "drift": logging.WARNING,
    "overrun": logging.WARNING,
    "forfeited": logging.WARNING,
    "granted": logging.DEBUG,
}
"""The level of each kind of event; `INFO` for what becomes of sessions."""

_PATIENCE = 1.0
"""How many seconds the end of the interpreter waits for a handler."""


class EventLog:
    """Drains the events of an enforcer and logs each as one line, with all of it in `record.allotment`.

    Denials, warnings, drift, overruns and forfeits are warnings, what becomes of sessions is `INFO`, grants
    are `DEBUG`. Events that the queue had no room for are reported once a batch, by number. A handler that
    raises loses that event only. While it runs it keeps the enforcer alive; at the end of the interpreter
    it logs what still waits. A forked child has no such thread until it calls `start` itself.

    Args:
        enforcer: Whose events. Of several logs on one enforcer each gets a part.
        logger: The name of a logger, or a logger.
        every: Seconds between two batches; above 0.

    Raises:
        InvalidPolicy: `every` is not above 0 and finite; InvalidType for a wrong type.

    Example:
        >>> from allotment import Enforcer
        >>> enforcer = Enforcer()
        >>> with EventLog(enforcer):
        ...     session = enforcer.create_session(agent="agent-7", tools=["search"])
    """

    def __init__(
        self, enforcer: Enforcer, logger: str | logging.Logger = "allotment", every: float = 1.0
    ) -> None:
        """Prepare the log; nothing runs before `start`."""
        if not isinstance(enforcer, Enforcer):
            raise InvalidType("enforcer", repr(enforcer), "is not an Enforcer")
        if not isinstance(logger, (str, logging.Logger)):
            raise InvalidType("logger", repr(logger), "is not a str or a logging.Logger")
        if isinstance(every, bool) or not isinstance(every, (int, float)):
            raise InvalidType("every", repr(every), "is not a number of seconds")
        if not (every > 0 and math.isfinite(every)):
            raise InvalidPolicy("every", repr(every), "is not above 0 and finite")
        self._enforcer = enforcer
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._every = min(float(every), threading.TIMEOUT_MAX)
        self._reported = 0
        self._begin()

    def _begin(self) -> None:
        """Begin with no thread and no lock held, as made or as in a forked child."""
        self._process = os.getpid()
        self._flushing = threading.RLock()
        self._starting = threading.RLock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def _notice_fork(self) -> None:
        # A forked child has no such thread, perhaps a lock that nobody will release, and a copy of the queue,
        # whose events are the parent's to log.
        if self._process != os.getpid():
            self._begin()

    @property
    def running(self) -> bool:
        """Whether the thread is there; it is not in a forked child."""
        thread = self._thread
        return thread is not None and thread.is_alive() and self._process == os.getpid()

    def start(self) -> EventLog:
        """Start the thread, if it does not run. Gives the log itself."""
        self._notice_fork()
        with self._starting:
            if not self.running:
                self._stopped = threading.Event()
                arguments = (self._stopped,)
                self._thread = threading.Thread(
                    target=self._run, args=arguments, name="allotment-events", daemon=True
                )
                self._thread.start()
                atexit.unregister(self._exit)
                atexit.register(self._exit)
        return self

    def stop(self) -> None:
        """Stop the thread and log what still waits. Nothing happens where it does not run."""
        self._stop(None)

    def flush(self) -> int:
        """Log what waits now, in the calling thread.

        Returns:
            How many events that were.
        """
        self._notice_fork()
        return self._flush(None)

    def __enter__(self) -> EventLog:
        """Start the thread."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the thread and log what still waits."""
        self.stop()

    def __repr__(self) -> str:
        """The logger, the interval, and whether it runs."""
        return f"<EventLog logger={self._logger.name!r} every={self._every!r} running={self.running}>"

    def __reduce__(self) -> NoReturn:
        """Refuse: two logs with one thread and one lock would each stop the other."""
        raise TypeError("an EventLog cannot be copied or pickled: its thread and its locks are its own")

    def _exit(self) -> None:
        self._stop(_PATIENCE)

    def _stop(self, patience: float | None) -> None:
        self._notice_fork()
        with self._starting:
            thread, self._thread = self._thread, None
            self._stopped.set()
            atexit.unregister(self._exit)
        if thread is None:
            return
        if thread is not threading.current_thread():
            thread.join(patience)
        self._flush(patience)

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._every):
            self._flush(None)

    def _flush(self, patience: float | None) -> int:
        if not self._flushing.acquire(timeout=-1 if patience is None else patience):
            return 0
        try:
            events = self._enforcer.events()
            for event in events:
                _survive(self._log, event)
            _survive(self._report_drops)
            return len(events)
        finally:
            self._flushing.release()

    def _log(self, event: Event) -> None:
        level = _LEVELS.get(event.kind, logging.INFO)
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", event.detail, extra={"allotment": event.to_dict()})

    def _report_drops(self) -> None:
        dropped = self._enforcer.stats()["events_dropped"]
        new, self._reported = dropped - self._reported, dropped
        if new > 0:
            said = {"kind": "dropped", "dropped": new}
            self._logger.warning("dropped: %d events found the queue full", new, extra={"allotment": said})


def _survive(log: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
    """`log(...)`; what a filter or handler raises is shown as `logging` shows it, and goes no further."""
    try:
        log(*args, **kwargs)
    except Exception:
        if logging.raiseExceptions and sys.stderr is not None:
            traceback.print_exc()

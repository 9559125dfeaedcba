"""A WSGI application that asks first, with an enforcer from before the fork or one of its worker's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from allotment import Enforcer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CALLS = 3

inherited = Enforcer().create_session(agent="a", tools=["search"], calls=CALLS)
"""Made where the server preloads the application: before the fork."""

own = inherited


def post_fork(server: object, worker: object) -> None:
    """What the server calls in each worker: from here on the worker has an enforcer of its own."""
    global own
    own = Enforcer().create_session(agent="a", tools=["search"], calls=CALLS)


def application(
    environ: dict[str, str], respond: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Says the worker and the verdict."""
    session = inherited if environ["PATH_INFO"] == "/inherited" else own
    decision = session.decide("search")
    respond("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {decision.reason or 'allowed'}".encode()]

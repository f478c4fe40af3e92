"""The backend's connections: Django's, which never wait for ever.

A peer can fall silent in three ways. Where packets are lost, TCP itself gives up (`tcp_user_timeout` for what was sent,
keepalives while an answer is awaited). Where a proxy takes what we send and passes nothing on, TCP sees no fault, so
psycopg2 waits through a function of ours that has a deadline: a little more than the server's own limit for a
statement, so that the server's word comes first. Where we are the silent ones, the server ends our transaction.

Limits are set after connecting rather than in the start-up packet, which PgBouncer refuses.
"""

import select
import threading
import time
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from psycopg2 import extensions

from common.deadlines import statement_limit

CONNECT_SECONDS = 5.0
PING_SECONDS = 3.0  # of an old connection, before it is used again
MARGIN_SECONDS = 5.0  # the server ends a statement this much earlier

# What notices a peer that is gone, on both sides: seconds, and milliseconds for the last.
TCP = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}

_HANDSHAKE_IS_OVER = {extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED}


class _Override(threading.local):
    """A shorter deadline than the usual one, for this thread."""

    seconds: float | None = None


_override = _Override()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with deadlines."""

    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": int(CONNECT_SECONDS), **TCP, **super().get_connection_params()}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        limit = statement_limit()
        milliseconds = int(limit * 1000) if limit else 0
        given: dict[str, int] = {
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            **{name if name.startswith("tcp_") else f"tcp_{name}": value for name, value in TCP.items()},
        }
        # Past Django's own cursor, which counts statements.
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(given)),
                [part for name, value in given.items() for part in (name, str(value))],
            )

    def is_usable(self) -> bool:
        _override.seconds = PING_SECONDS
        try:
            return bool(super().is_usable())
        finally:
            _override.seconds = None


def wait(connection: Any) -> None:
    """Wait until the server has answered; raises OperationalError after the deadline, which ends the connection."""
    seconds = _seconds(connection)
    until = None if seconds is None else time.monotonic() + seconds
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        left = None if until is None else (until - time.monotonic()) * 1000
        if left is not None and (left <= 0 or not poller.poll(left)):
            raise psycopg2.OperationalError(f"the database did not answer within {seconds:g} s")
        if left is None:
            poller.poll()


def _seconds(connection: Any) -> float | None:
    """Return how long this wait may take; None: as long as it takes."""
    if connection.status not in _HANDSHAKE_IS_OVER:
        return CONNECT_SECONDS
    if _override.seconds is not None:
        return _override.seconds
    limit = statement_limit()
    return None if limit is None else limit + MARGIN_SECONDS


extensions.set_wait_callback(wait)

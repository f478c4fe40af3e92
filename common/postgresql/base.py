"""Database connections that never wait forever.

A peer can stop responding in three ways, and each has its own timeout:

- Packets are lost: TCP gives up (`tcp_user_timeout` for sent data, keepalives while waiting for an answer).
- A proxy accepts our data but forwards nothing: TCP sees no fault, so psycopg2 waits in our own function (`wait`), a
  few seconds longer than the server's statement timeout, so that normally the server reports the error.
- This process hangs inside a transaction: the server ends the transaction (`idle_in_transaction_session_timeout`).

The settings are made after connecting, because PgBouncer refuses them in the startup packet.
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
PING_SECONDS = 3.0  # for the check of an old connection before it is used again
MARGIN_SECONDS = 5.0  # the server ends a statement this much earlier than we give up

# TCP settings that detect a lost peer, used on both sides. Seconds; the last one in milliseconds.
TCP = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}

_CONNECTED_STATUSES = {extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED}


class _Override(threading.local):
    """A shorter timeout than usual, for this thread."""

    seconds: float | None = None


_override = _Override()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with our timeouts."""

    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": int(CONNECT_SECONDS), **TCP, **super().get_connection_params()}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        limit = statement_limit()
        milliseconds = int(limit * 1000) if limit else 0
        options: dict[str, int] = {
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            **{name if name.startswith("tcp_") else f"tcp_{name}": value for name, value in TCP.items()},
        }
        # With psycopg2's cursor: Django's would count this statement, and tests count statements.
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(options)),
                [part for name, value in options.items() for part in (name, str(value))],
            )

    def is_usable(self) -> bool:
        _override.seconds = PING_SECONDS
        try:
            return bool(super().is_usable())
        finally:
            _override.seconds = None


def wait(connection: Any) -> None:
    """Wait until the server has answered. Raise OperationalError after the timeout, which ends the connection."""
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
    """Return how many seconds this wait may take; None: no limit."""
    if connection.status not in _CONNECTED_STATUSES:
        return CONNECT_SECONDS
    if _override.seconds is not None:
        return _override.seconds
    limit = statement_limit()
    return None if limit is None else limit + MARGIN_SECONDS


extensions.set_wait_callback(wait)

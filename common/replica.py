"""A read replica for what may lag by some seconds: leaderboards and standings.

`read` runs a function whose queries go to the replica, if one is configured (DATABASE_REPLICA_URL), answers, and is not
too far behind; else to the primary. Everything outside of such a function uses the primary.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.models import Model

from common import clock

logger = logging.getLogger(__name__)

T = TypeVar("T")

ALIAS = "replica"
CHECKED_EVERY = 2.0  # seconds
GIVEN_UP_FOR = 30.0  # seconds, after which a replica that failed is tried again
# A replica that has replayed all that it received, and goes on receiving, is up to date, however long ago the last write was.
LAG = """
SELECT CASE
    WHEN NOT pg_is_in_recovery() THEN 0
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0
    ELSE EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp())
END
"""

_is_reading: ContextVar[bool] = ContextVar("is_reading_from_replica", default=False)


class Router:
    """Sends the queries within `read` to the replica, and all others to the primary."""

    def db_for_read(self, model: type[Model], **_: Any) -> str:
        return alias()

    def db_for_write(self, model: type[Model], **_: Any) -> str:
        return DEFAULT_DB_ALIAS  # also for a row that was read from the replica

    def allow_relation(self, first: Model, second: Model, **_: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


class _Replica:
    """What this process knows of the replica."""

    def __init__(self) -> None:
        self.is_usable = True
        self.next_check = 0.0  # clock.monotonic

    def check(self) -> bool:
        """Return whether the replica can be read, asking it every few seconds; log when that changes."""
        if clock.monotonic() < self.next_check:
            return self.is_usable
        self.next_check = clock.monotonic() + CHECKED_EVERY
        try:
            lag = measure_lag()
        except (OperationalError, InterfaceError) as error:
            self.give_up(f"it does not answer: {error}")
            return False
        if lag is None or lag > settings.REPLICA_MAX_LAG:
            self.give_up(
                f"it is {'unknown' if lag is None else f'{lag.total_seconds():.0f} s'} behind", wait=CHECKED_EVERY
            )
            return False
        if not self.is_usable:
            logger.warning("the replica is read again")
        self.is_usable = True
        return True

    def give_up(self, reason: str, *, wait: float = GIVEN_UP_FOR) -> None:
        """Read from the primary for a while."""
        if self.is_usable:
            logger.warning("the primary is read instead of the replica: %s", reason)
        self.is_usable, self.next_check = False, clock.monotonic() + wait


_replica = _Replica()


def read(function: Callable[[], T]) -> T:
    """Return the result of a function that only reads, from the replica if possible.

    If the replica fails meanwhile, the function is called again, for the primary.
    """
    if ALIAS not in connections.settings or not _replica.check():
        return function()
    token = _is_reading.set(True)
    try:
        return function()
    except (OperationalError, InterfaceError) as error:
        _replica.give_up(f"a query failed: {error}")
    finally:
        _is_reading.reset(token)
    return function()


def alias() -> str:
    """Return the alias of the database that is to be read at the moment."""
    return ALIAS if _is_reading.get() else DEFAULT_DB_ALIAS


def measure_lag() -> timedelta | None:
    """Return how far the replica is behind; None: it has not replayed anything yet. Raises OperationalError."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(LAG)
        [seconds] = cursor.fetchone()
    return None if seconds is None else timedelta(seconds=max(0.0, float(seconds)))


def forget() -> None:
    """Ask the replica at the next reading (for tests)."""
    _replica.is_usable, _replica.next_check = True, 0.0

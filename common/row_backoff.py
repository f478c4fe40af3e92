"""Skip rows that failed because of a bug, so that one bad row does not stop a loop over many."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

from django.db import InterfaceError, OperationalError

from common.backoff import MAX_BACKOFF, backoff

logger = logging.getLogger(__name__)

MAX_ROWS = 10_000  # remembered per kind; beyond that the oldest are retried at once


class RowBackoff:
    """The rows of one kind that failed in this process; each is retried after 5 s, doubling up to 15 minutes.

    Other processes keep their own list. A backoff that must survive a restart is stored in columns instead
    (notifications.reminders.planning).
    """

    _all: ClassVar[list["RowBackoff"]] = []

    def __init__(self, what: str) -> None:
        self._all.append(self)
        self._what = what
        self._failed: dict[int, tuple[int, datetime]] = {}  # consecutive failures, and the time of the next try

    def waiting(self, *, now: datetime) -> list[int]:
        """Return the ids of the rows to skip at `now`.

        A wait longer than the longest backoff was set while the clock was ahead, and is ignored.
        """
        return [pk for pk, (_, until) in self._failed.items() if now < until <= now + MAX_BACKOFF]

    @contextmanager
    def attempt(self, pk: int, *, now: datetime) -> Iterator[None]:
        """Run the block for one row; log an exception, swallow it and let the row wait.

        Open the transaction inside the block, so that a failure rolls it back. Database errors are raised again:
        they are usually not the row's fault, and the next row would meet them too.
        """
        try:
            yield
        except (OperationalError, InterfaceError):
            self._add_failure(pk, now)
            raise
        except Exception:  # any bug: it must not stop the other rows
            logger.exception("%s %s fails and is skipped for a while", self._what, pk)
            self._add_failure(pk, now)
        else:
            self._failed.pop(pk, None)

    def _add_failure(self, pk: int, now: datetime) -> None:
        failures = self._failed.pop(pk, (0, now))[0] + 1
        self._failed[pk] = failures, now + backoff(failures)
        while len(self._failed) > MAX_ROWS:
            del self._failed[next(iter(self._failed))]

    @classmethod
    def clear_all(cls) -> None:
        """Retry all rows of all kinds at once (for tests)."""
        for each in cls._all:
            each._failed.clear()


class FailureCounter:
    """Counts failures per row in this process, for loops that skip a row for good once it keeps failing."""

    MAX_DATABASE_FAILURES = 3

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}

    def should_skip(self, pk: int, error: Exception) -> bool:
        """Count a failure; return True to skip the row: at once after a bug, after the third database error.

        A database error is usually not the row's fault, so it is retried; if it is, the row must not block the others.
        """
        failures = self._failures.pop(pk, 0) + 1
        if isinstance(error, (OperationalError, InterfaceError)) and failures < self.MAX_DATABASE_FAILURES:
            self._failures[pk] = failures
            return False
        return True

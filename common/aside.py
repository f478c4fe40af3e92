"""Rows that fail by a fault of ours step aside, so that a loop over many holds nobody up."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

from django.db import InterfaceError, OperationalError

from common.backoff import MAX_BACKOFF, backoff

logger = logging.getLogger(__name__)

MAX_ROWS = 10_000  # remembered of a kind; of more the oldest are tried again at once


class Aside:
    """The rows of one kind that failed in this process, each left alone with backoff: 5 s, doubling up to 15 minutes.

    Another process learns by itself. What has to outlive a process has columns instead (notifications.plans).
    """

    _all: ClassVar[list["Aside"]] = []

    def __init__(self, what: str) -> None:
        self._all.append(self)
        self._what = what
        self._failed: dict[int, tuple[int, datetime]] = {}  # how often in a row, and until when it waits

    def ids(self, *, now: datetime) -> list[int]:
        """Return the rows that wait; a wait longer than any was set by a clock that ran ahead, and is none."""
        return [pk for pk, (_, until) in self._failed.items() if now < until <= now + MAX_BACKOFF]

    @contextmanager
    def passing(self, pk: int, *, now: datetime) -> Iterator[None]:
        """Log what goes wrong with a row, and have it wait. The caller's transaction is within.

        The database's own trouble is raised all the same: it is not the row's, as far as one can see.
        """
        try:
            yield
        except (OperationalError, InterfaceError):
            self._step(pk, now)
            raise
        except Exception:  # whatever it is, it must not hold the others up
            logger.exception("%s %s fails, and steps aside", self._what, pk)
            self._step(pk, now)
        else:
            self._failed.pop(pk, None)

    def _step(self, pk: int, now: datetime) -> None:
        failures = self._failed.pop(pk, (0, now))[0] + 1
        self._failed[pk] = failures, now + backoff(failures)
        while len(self._failed) > MAX_ROWS:
            del self._failed[next(iter(self._failed))]

    @classmethod
    def forget_all(cls) -> None:
        """Let all rows be tried again (tests)."""
        for each in cls._all:
            each._failed.clear()


class Tries:
    """How often the database failed with a row in this process, for loops that pass over what fails for good."""

    MAX = 3

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}

    def are_spent(self, pk: int, error: Exception) -> bool:
        """Note a failure; return whether to pass over the row: for a fault of ours, or at the third of the database's.

        The database's own trouble is mostly not the row's; where it is, the row must not hold the others up.
        """
        failures = self._failures.pop(pk, 0) + 1
        if isinstance(error, (OperationalError, InterfaceError)) and failures < self.MAX:
            self._failures[pk] = failures
            return False
        return True

"""The service's one clock: the database's time, so that web, worker, beat and bot agree on what is due.

The database is asked once a minute; in between, a monotonic counter is added to the last reading, so setting this
machine's clock has no effect. With SQLite the database is on this machine and the machine's clock is used.
"""

import logging
import mmap
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

READ_EVERY = 60.0  # seconds
RETRY_AFTER = 5.0  # seconds, after the database did not answer
MAX_ROUND_TRIP = 1.0  # seconds; with a slower answer it is unclear which moment it describes
LOG_THRESHOLD = timedelta(seconds=2)  # difference between the database's clock and this machine's
TOLERANCE = timedelta(seconds=10)  # a stored time further in the future than this comes from a clock that ran ahead

# The database's time minus the counter, as last read by any process of the same worker; 0: not read yet.
# Anonymous shared memory: created before the pool's processes are forked, so they all share it.
_shared = mmap.mmap(-1, 8)

# CLOCK_BOOTTIME keeps counting while the machine sleeps. Without it, the next reading corrects the time.
_COUNTER = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's time, and this process's counter (seconds) at that moment."""

    at: datetime
    counter: float


class Clock:
    """Extrapolates the database's time between readings. One instance serves all threads of a process."""

    def __init__(self) -> None:
        self._reading: Reading | None = None
        self._due = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the current instant.

        Until this process has read the database's time, use the reading of another process of the same worker, or else
        this machine's clock.
        """
        if connection.vendor == "sqlite":
            return machine_now()
        # Before the first reading, threads wait for it: this machine's clock may be off by a year. Later, one thread
        # reads and the others keep using the last reading.
        if monotonic() >= self._due and self._lock.acquire(blocking=self._reading is None):
            try:
                if monotonic() >= self._due:
                    self._read()
            finally:
                self._lock.release()
        reading = self._reading
        if reading is None:
            return estimated_now() or machine_now()
        return reading.at + timedelta(seconds=monotonic() - reading.counter)

    def _read(self) -> None:
        before = monotonic()
        self._due = before + RETRY_AFTER if self._reading else 0.0
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                [at] = cursor.fetchone()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("cannot read the database's clock: %s", type(error).__name__)
            return
        after = monotonic()
        if after - before > MAX_ROUND_TRIP and self._reading is not None:
            return
        reading = Reading(at.astimezone(UTC), (before + after) / 2)
        _report(self._reading, reading)
        self._reading, self._due = reading, after + READ_EVERY
        struct.pack_into("d", _shared, 0, reading.at.timestamp() - reading.counter)


def machine_now() -> datetime:
    """Return the current instant by this machine's clock, for code that waits by that clock."""
    return datetime.now(UTC)


def estimated_now() -> datetime | None:
    """Return the current instant without asking the database, based on the last reading of any process of this worker.

    None: no process has read it yet.
    """
    if connection.vendor == "sqlite":
        return machine_now()
    [offset] = struct.unpack_from("d", _shared)
    return datetime.fromtimestamp(offset + monotonic(), UTC) if offset else None


def monotonic() -> float:
    """Return the seconds of a counter that only goes forward and that setting the clock does not change."""
    return time.clock_gettime(_COUNTER)


def _report(last: Reading | None, reading: Reading) -> None:
    """Log the offset of this machine's clock after the first reading, later every step of the database's clock."""
    if last is None:
        off = datetime.now(UTC) - reading.at
        if abs(off) > LOG_THRESHOLD:
            logger.warning("this machine's clock differs from the database's by %+.0f s", off.total_seconds())
        return
    step = reading.at - (last.at + timedelta(seconds=reading.counter - last.counter))
    if abs(step) > LOG_THRESHOLD:
        logger.warning("the database's clock was changed by %+.0f s", step.total_seconds())


_clock = Clock()


END_OF_TIME = datetime(9999, 12, 1, tzinfo=UTC)
_rollback_check: Callable[[datetime], bool] | None = None


def set_rollback_check(check: Callable[[datetime], bool]) -> None:
    """Set the function that returns whether the clock is known to have run ahead and to have been set back."""
    global _rollback_check
    _rollback_check = check


def future_cutoff(now: datetime) -> datetime:
    """Return the instant after which stored times were written by a clock that ran ahead.

    The end of time, unless the clock is known to have run ahead. Otherwise a clock that is behind, for example on a
    machine that has just booted, would take every stored time for one from the future and undo correct data.
    """
    return now + TOLERANCE if _rollback_check is not None and _rollback_check(now) else END_OF_TIME


def now_at_least(instant: datetime) -> datetime:
    """Return the current instant, or `instant` if that is later because the clock was set back since it was read.

    After waiting for a lock, compare stored times with this value: a row written meanwhile is not from the future.
    """
    return max(instant, now())


def now() -> datetime:
    """Return the current instant by the database's clock, in UTC. Costs one query a minute per process."""
    return _clock.now()

"""The service's one clock: the database's time, so that web, worker, beat and bot agree on what is due.

Between two readings time is carried on by a counter that nobody sets: a step of this machine's clock changes
nothing. On SQLite the database is on this machine, and its time is the machine's.
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
RETRY_AFTER = 5.0  # seconds, where the database did not answer
MAX_ROUND_TRIP = 1.0  # seconds; a slower answer says too little of when it was given
WORTH_A_LINE = timedelta(seconds=2)  # between the database's clock and this machine's
NOISE = timedelta(seconds=10)  # what was computed later than now by more was computed by a clock that ran ahead

# The database's time less the counter, as this process or another of the same worker read it last; 0: not yet.
# Shared memory without a name: made before a pool's processes are forked, it is theirs as well.
_shared = mmap.mmap(-1, 8)

# CLOCK_BOOTTIME goes on while the machine sleeps; elsewhere a reading is due after waking up all the same.
_COUNTER = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's time, and this process's counter (seconds) at that moment."""

    at: datetime
    counter: float


class Clock:
    """Carries the database's time on between readings. One for all threads of a process."""

    def __init__(self) -> None:
        self._reading: Reading | None = None
        self._due = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the current instant; where this process never read it, as another of its worker did, or this machine's."""
        if connection.vendor == "sqlite":
            return machine_now()
        # Until there is a reading nobody goes on without having asked: this machine's clock may be a year off.
        if counter() >= self._due and self._lock.acquire(blocking=self._reading is None):
            try:
                if counter() >= self._due:
                    self._read()
            finally:
                self._lock.release()
        reading = self._reading
        if reading is None:
            return estimate() or machine_now()
        return reading.at + timedelta(seconds=counter() - reading.counter)

    def _read(self) -> None:
        before = counter()
        self._due = before + RETRY_AFTER if self._reading else 0.0
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                [at] = cursor.fetchone()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the database's clock could not be read: %s", type(error).__name__)
            return
        after = counter()
        if after - before > MAX_ROUND_TRIP and self._reading is not None:
            return
        reading = Reading(at.astimezone(UTC), (before + after) / 2)
        _report(self._reading, reading)
        self._reading, self._due = reading, after + READ_EVERY
        struct.pack_into("d", _shared, 0, reading.at.timestamp() - reading.counter)


def machine_now() -> datetime:
    """Return the current instant by this machine's clock, for what waits by that clock."""
    return datetime.now(UTC)


def estimate() -> datetime | None:
    """Return the current instant without asking the database, as a process of this worker read it; None: none did yet."""
    if connection.vendor == "sqlite":
        return machine_now()
    [offset] = struct.unpack_from("d", _shared)
    return datetime.fromtimestamp(offset + counter(), UTC) if offset else None


def counter() -> float:
    """Return seconds of a counter that only goes forward."""
    return time.clock_gettime(_COUNTER)


def _report(last: Reading | None, reading: Reading) -> None:
    """Log how far this machine's clock is off, at first, and a step of the database's clock."""
    if last is None:
        off = datetime.now(UTC) - reading.at
        if abs(off) > WORTH_A_LINE:
            logger.warning("this machine's clock is %+.0f s off the database's, which counts", off.total_seconds())
        return
    step = reading.at - (last.at + timedelta(seconds=reading.counter - last.counter))
    if abs(step) > WORTH_A_LINE:
        logger.warning("the database's clock was set by %+.0f s", step.total_seconds())


_clock = Clock()


FAR = datetime(9999, 12, 1, tzinfo=UTC)
_witness: Callable[[datetime], bool] | None = None


def set_witness(witness: Callable[[datetime], bool]) -> None:
    """Have a function say whether the clock is known to have run ahead and to have come back."""
    global _witness
    _witness = witness


def ahead_of(now: datetime) -> datetime:
    """Return the instant after which what is stored was written by a clock that ran ahead.

    The end of time unless it is known that one did: to a clock that is behind, as of a machine that starts without
    one, everything looks ahead, and it must take nothing back.
    """
    return now + NOISE if _witness is not None and _witness(now) else FAR


def at_least(instant: datetime) -> datetime:
    """Return the current instant, or one that was read earlier where the clock was set back since.

    What lies after this was written by a clock that ran ahead, not while its reader waited.
    """
    return max(instant, now())


def now() -> datetime:
    """Return the current instant by the database's clock, in UTC. Costs one query a minute and process."""
    return _clock.now()

"""Heartbeats, as rows: when each process and each regular job last did its work, and what ticks know of the clock."""

import logging
import os
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q

from common import clock, rows
from notifications.models import Heartbeat

logger = logging.getLogger(__name__)

TICK, SEND = "tick", "send"
SENDING = "send:begun"  # a sender started to send; written in the transaction that marks its messages
BOT = "bot"  # the bot polled Telegram or was called by it
BOT_UPDATE = "bot:update"  # the bot handled an update
PURGE = "purge"  # the instant up to which the last purge went, before the retention time is subtracted
WORKER, BEAT, POLLER, SUPERVISOR = "worker", "beat", "poller", "supervisor"  # one row per process: "worker:HOST:PID"
RECORD = "UPDATE notifications_heartbeat SET at = %s WHERE name = %s AND (at < %s OR at > %s)"
RECENT = timedelta(seconds=60)  # twice the interval in which a working process writes its row
ALIVE_FOR = timedelta(minutes=3)
RETENTION = timedelta(days=1)
MAX_PURGE_STEP = timedelta(days=2)
# The ticks before and after the last gap between two ticks. Before the gap the clock was right.
LAST_TICK_BEFORE_GAP = "tick:before-a-gap"
FIRST_TICK_AFTER_GAP = "tick:after-a-gap"
CLOCK_RETURNED = "clock:came-back"  # when a tick found that the clock had run ahead and was right again
CLOCK_BEHIND = "clock:behind"  # since when ticks have seen a clock that is earlier than an earlier tick
RECENT_RETURN = timedelta(days=1)
TRUST_CLOCK_AFTER = timedelta(days=1)


def record(name: str, *, now: datetime) -> None:
    """Record that a job or process did its work.

    A later instant recorded by another process is kept, unless a clock that ran ahead recorded it.
    """
    values = [now, name, now, clock.future_cutoff(clock.now_at_least(now))]
    # Not by the ORM, which takes longer to build the statement than the database to run it: senders do this per chunk.
    if _record(values):
        return
    row, _ = Heartbeat.objects.get_or_create(name=name, defaults={"at": now})
    if row.at < now:  # made meanwhile: a first tick or sender that is overtaken must not look like a restored backup
        _record(values)


def _record(values: Sequence[object]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [rows.adapted(value) for value in values])
        return bool(cursor.rowcount > 0)


def set_instant(name: str, *, at: datetime) -> None:
    """Store an instant under a name, whatever was stored before."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def purge_until(name: str, *, now: datetime) -> datetime:
    """Return the instant up to which a purge may go that notes under `name` how far it went: two days past the last.

    So a clock that is a year ahead cannot delete everything.
    """
    last = last_at(name)
    return min(now, last + MAX_PURGE_STEP) if last is not None and last <= now else now


def last_at(name: str) -> datetime | None:
    """Return the instant stored under a name; None if there is none."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


# When this process last recorded each name, to write frequent heartbeats only once a minute.
_recorded: dict[str, datetime] = {}
MIN_INTERVAL = timedelta(minutes=1)


def record_every_minute(name: str, *, now: datetime) -> None:
    """Record a heartbeat unless this process did so within the last minute.

    If the database is unavailable, log a warning instead of raising.
    """
    before = _recorded.get(name)
    if before is not None and timedelta(0) <= now - before < MIN_INTERVAL:
        return
    try:
        with transaction.atomic():
            record(name, now=now)
    except DatabaseError as error:
        logger.warning(
            "the heartbeat of %s is not recorded, the database is unavailable: %s", name, type(error).__name__
        )
        return
    _recorded[name] = now


def reset_cache() -> None:
    """Forget what this process has recorded and read (for tests)."""
    global _clock_return
    _recorded.clear()
    _clock_return = None


def last_by_name(names: Iterable[str]) -> dict[str, datetime]:
    """Return the instants stored under the names, without names that have none."""
    return dict(Heartbeat.objects.filter(name__in=list(names)).values_list("name", "at"))


def is_fresh(at: datetime | None, *, now: datetime) -> bool:
    """Return whether a heartbeat is within three minutes of now, before or after."""
    return at is not None and abs(now - at) <= ALIVE_FOR


def count_workers(*, now: datetime) -> int:
    """Return the number of worker processes with a heartbeat within three minutes."""
    alive = Heartbeat.objects.filter(at__gte=now - ALIVE_FOR, at__lte=now + ALIVE_FOR)
    return alive.filter(name__startswith=f"{WORKER}:").count()


def delete_old(*, now: datetime) -> None:
    """Delete the rows of processes without a heartbeat for a day. Rows of jobs are kept, however old."""
    of_processes = Q()
    for role in (WORKER, BEAT, POLLER, SUPERVISOR):
        of_processes |= Q(name__startswith=f"{role}:")
    Heartbeat.objects.filter(of_processes, at__lt=now - RETENTION).delete()


def process_name(role: str, pid: int | None = None) -> str:
    """Return the heartbeat name of a process on this machine; by default of this process."""
    return f"{machine_prefix(role)}{os.getpid() if pid is None else pid}"


def machine_prefix(role: str) -> str:
    """Return the common prefix of the heartbeat names of all processes with that role on this machine."""
    return f"{role}:{socket.gethostname()[:64]}:"


def last_at_by_prefix(prefix: str) -> datetime | None:
    """Return the latest instant among names that start with a prefix; None if there is none."""
    return Heartbeat.objects.filter(name__startswith=prefix).order_by("-at").values_list("at", flat=True).first()


class ClockReturn(NamedTuple):
    """When the clock returned from running ahead (None: never), and the counter (seconds) when this was read."""

    at: datetime | None
    read_at: float


_clock_return: ClockReturn | None = None
CACHE_SECONDS = 10.0


def clock_ran_ahead(now: datetime) -> bool:
    """Return whether a tick found, within the last day, that the clock had run ahead and was right again.

    The stored instant is cached for 10 seconds.
    """
    global _clock_return
    if _clock_return is None or clock.monotonic() - _clock_return.read_at > CACHE_SECONDS:
        _clock_return = ClockReturn(last_at(CLOCK_RETURNED), clock.monotonic())
    returned_at = _clock_return.at
    return returned_at is not None and returned_at - clock.TOLERANCE <= now < returned_at + RECENT_RETURN


def note_clock_returned(*, now: datetime) -> bool:
    """Return whether the clock, which is earlier than the last tick, had run ahead and is right again; store it if so.

    It is right if it shows an instant inside the gap that the ticks jumped over, or if it has been earlier than the
    last tick for a day. Otherwise it may be this clock that is wrong.
    """
    global _clock_return
    known = last_by_name([LAST_TICK_BEFORE_GAP, FIRST_TICK_AFTER_GAP, CLOCK_BEHIND])
    before, after, behind = (known.get(name) for name in (LAST_TICK_BEFORE_GAP, FIRST_TICK_AFTER_GAP, CLOCK_BEHIND))
    inside_gap = before is not None and after is not None and before - clock.TOLERANCE <= now < after
    if inside_gap or (behind is not None and behind + TRUST_CLOCK_AFTER <= now):
        set_instant(CLOCK_RETURNED, at=now)
        _clock_return = ClockReturn(now, clock.monotonic())
        return True
    if behind is None or behind > now:
        set_instant(CLOCK_BEHIND, at=now)
    return False


def clear_clock_behind() -> None:
    """Note that the clock is not earlier than the last tick."""
    Heartbeat.objects.filter(name=CLOCK_BEHIND).delete()

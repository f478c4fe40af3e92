"""Signs of life, as rows: when something that must not stop in silence last did its work."""

import logging
import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q

from common import clock, rows
from notifications.models import Heartbeat

logger = logging.getLogger(__name__)

TICK, SEND, BOT = "tick", "send", "bot"
BEGUN = "send:begun"  # when a sender last began to send; in one transaction with the marks of what it sends
PURGE = "purge"  # until when the last purge of the outbox reached, before what is kept
BOT_UPDATE = "bot:update"  # the last update that was handled; BOT: that the bot asks, or is called
WORKER, BEAT, SUPERVISOR = "worker", "beat", "supervisor"  # a row for each process: "worker:HOST:PID"
NOTE = "UPDATE notifications_heartbeat SET at = %s WHERE name = %s AND (at < %s OR at > %s)"
ALIVE_FOR = timedelta(minutes=3)
KEPT_FOR = timedelta(days=1)
# The last tick before time was lost or jumped: until then the clock was right.
LAST_BEFORE_A_GAP = "tick:before-a-gap"
FIRST_AFTER_A_GAP = "tick:after-a-gap"
CAME_BACK = "clock:came-back"  # when ticks saw that the clock had run ahead and was right again
BEHIND = "clock:behind"  # since when ticks have seen a clock that is earlier than the last of them
HEALED_WITHIN = timedelta(days=1)
BELIEVED_AFTER = timedelta(days=1)


def beat(name: str, *, now: datetime) -> None:
    """Note that the work of that name was done at an instant. A later one of another process stays, unless it lies
    ahead of all clocks."""
    given = [now, name, now, clock.future_cutoff(clock.now_at_least(now))]
    with connection.cursor() as cursor:  # senders do it for each chunk: the ORM takes longer than the database
        cursor.execute(NOTE, [rows.adapted(value) for value in given])
        is_noted = cursor.rowcount > 0
    if not is_noted:
        Heartbeat.objects.get_or_create(name=name, defaults={"at": now})


def set_to(name: str, *, at: datetime) -> None:
    """Note an instant under a name, whatever stood there."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def last(name: str) -> datetime | None:
    """Return when the work of that name was last done; None: never."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


# When each was last noted by this process: what is done many times a second is noted once a minute.
_noted: dict[str, datetime] = {}
EACH = timedelta(minutes=1)


def beat_each_minute(name: str, *, now: datetime) -> None:
    """Note it where this process has not done so within a minute. A database that is away is logged, not raised."""
    before = _noted.get(name)
    if before is not None and timedelta(0) <= now - before < EACH:
        return
    try:
        with transaction.atomic():
            beat(name, now=now)
    except DatabaseError as error:
        logger.warning("no sign of life of %s, the database is away: %s", name, type(error).__name__)
        return
    _noted[name] = now


def forget() -> None:
    """Forget what this process has noted (tests)."""
    global _came_back
    _noted.clear()
    _came_back = None


def of(names: Iterable[str]) -> dict[str, datetime]:
    """Return when the work of each name was last done, of those that ever was."""
    return dict(Heartbeat.objects.filter(name__in=list(names)).values_list("name", "at"))


def is_fresh(at: datetime | None, *, now: datetime) -> bool:
    """Return whether that was within three minutes; one that lies in the future says nothing."""
    return at is not None and abs(now - at) <= ALIVE_FOR


def workers(*, now: datetime) -> int:
    """Return how many processes of workers gave a sign within three minutes."""
    alive = Heartbeat.objects.filter(at__gte=now - ALIVE_FOR, at__lte=now + ALIVE_FOR)
    return alive.filter(name__startswith=f"{WORKER}:").count()


def forget_old(*, now: datetime) -> None:
    """Remove the rows of processes that ended long ago; those of the work itself stay, however old they are."""
    of_processes = Q()
    for role in (WORKER, BEAT, SUPERVISOR):
        of_processes |= Q(name__startswith=f"{role}:")
    Heartbeat.objects.filter(of_processes, at__lt=now - KEPT_FOR).delete()


def of_process(role: str, pid: int | None = None) -> str:
    """Return the name of the row of a process on this machine, this one unless `pid` says another."""
    return f"{of_machine(role)}{os.getpid() if pid is None else pid}"


def of_machine(role: str) -> str:
    """Return how the names of all processes of that role on this machine begin."""
    return f"{role}:{socket.gethostname()[:64]}:"


def last_of(prefix: str) -> datetime | None:
    """Return when one of the processes whose names begin so last did its work; None: never."""
    return Heartbeat.objects.filter(name__startswith=prefix).order_by("-at").values_list("at", flat=True).first()


class CameBack(NamedTuple):
    """When the clock came back, if it did, as this process read it at a moment of the counter."""

    at: datetime | None
    read_at: float


_came_back: CameBack | None = None
SAME_ANSWER = 10.0  # seconds


def ran_ahead(now: datetime) -> bool:
    """Return whether ticks know that the clock ran ahead and came back within the last day."""
    global _came_back
    if _came_back is None or clock.monotonic() - _came_back.read_at > SAME_ANSWER:
        _came_back = CameBack(last(CAME_BACK), clock.monotonic())
    back = _came_back.at
    return back is not None and back - clock.TOLERANCE <= now < back + HEALED_WITHIN


def came_back(*, now: datetime) -> bool:
    """Return whether a clock that is earlier than the last tick has come back from a leap, and note it.

    It has where it reads a moment that ticks leapt over; or where it has been telling the same time for a day. Else it
    may well be the one that is wrong.
    """
    global _came_back
    known = of([LAST_BEFORE_A_GAP, FIRST_AFTER_A_GAP, BEHIND])
    before, after, behind = (known.get(name) for name in (LAST_BEFORE_A_GAP, FIRST_AFTER_A_GAP, BEHIND))
    leapt_over = before is not None and after is not None and before - clock.TOLERANCE <= now < after
    if leapt_over or (behind is not None and behind + BELIEVED_AFTER <= now):
        set_to(CAME_BACK, at=now)
        _came_back = CameBack(now, clock.monotonic())
        return True
    if behind is None or behind > now:
        set_to(BEHIND, at=now)
    return False


def is_not_behind() -> None:
    """Note that the clock is not earlier than the last tick."""
    Heartbeat.objects.filter(name=BEHIND).delete()

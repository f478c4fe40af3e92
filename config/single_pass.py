"""What beat and the workers do, done once in this process: for hosts that run only scheduled commands.

The entries are beat's own (config/celery.py), each at its own time, so that none can be forgotten here.
"""

import logging
import time
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.utils.module_loading import import_string

from common import wake
from config.celery import app
from notifications import heartbeats
from notifications.tasks import send_all

logger = logging.getLogger(__name__)

TICK = "tick"  # the entry that plans reminders
NOTED_AS = "entry:"  # and the entry's name: the heartbeat of its last run here
# After this nothing more is begun: the next pass must not be kept from its minute.
ROOM = timedelta(seconds=30)


def run_due(*, now: datetime) -> list[str]:
    """Run the entries that are due, reminders first, and send what is queued; return the names of those that failed.

    One that fails is logged and tried again by the next pass, as is one that was left for want of time.
    """
    begun = time.monotonic()
    last = heartbeats.last_by_name(NOTED_AS + name for name in entries())
    due = [name for name, entry in entries().items() if is_due(entry["schedule"], last.get(NOTED_AS + name), now=now)]
    # What was left out longest comes first, so that one that is always slow keeps no other from its turn.
    others = sorted(
        (name for name in due if name != TICK),
        key=lambda name: last[NOTED_AS + name].timestamp() if NOTED_AS + name in last else 0.0,
    )
    failed = [] if _run(TICK, now) else [TICK]
    send_all()
    for name in others:
        if time.monotonic() - begun > ROOM.total_seconds():
            break
        if not _run(name, now):
            failed.append(name)
    send_all()
    return failed


def entries() -> dict[str, dict[str, Any]]:
    """Return beat's entries by their names."""
    found: dict[str, dict[str, Any]] = app.conf.beat_schedule
    return found


def is_due(schedule: crontab, last: datetime | None, *, now: datetime) -> bool:
    """Return whether an entry is to run: one of every minute at each pass, others once each of their times has come.

    A last run that lies in the future was noted by a clock that was wrong, and says nothing.
    """
    if schedule == crontab() or last is None or last > now:
        return True
    at_now = copy(schedule)
    setattr(at_now, "nowfun", lambda: now)  # noqa: B010 (its stubs do not know it)
    return bool(at_now.is_due(last)[0])


def _run(name: str, now: datetime) -> bool:
    """Run an entry's task here; note that it ran unless it asked to be gone on with. False: it failed."""
    entry = entries()[name]
    task = import_string(entry["task"])
    with wake.captured() as asked:
        try:
            task(*entry.get("args", ()), **entry.get("kwargs", {}))
        except Exception:  # whatever it is, it must not keep the others from their turn
            logger.exception("%s failed", name)
            return False
    if entry["task"] not in asked:
        heartbeats.record(NOTED_AS + name, now=now)
    return True

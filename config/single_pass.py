"""Do the work of beat and the workers once in this process: for hosts that run only scheduled commands.

The entries and their times are those of beat (config/celery.py).
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
from notifications.monitoring import heartbeats
from notifications.tasks import send_all

logger = logging.getLogger(__name__)

TICK = "tick"  # the entry that queues due reminders
HEARTBEAT_PREFIX = "entry:"  # followed by the entry's name: the heartbeat of its last run in a single pass
# No entry is started after this time, because the next pass starts on the next minute.
MAX_START = timedelta(seconds=30)


def run_due(*, now: datetime) -> list[str]:
    """Run the due entries, reminders first, and send what is queued; return the names of the entries that failed.

    A failed entry is logged. It runs again in the next pass, and so does one for which no time was left.
    """
    started = time.monotonic()
    last = heartbeats.last_by_name(HEARTBEAT_PREFIX + name for name in entries())
    due = [
        name
        for name, entry in entries().items()
        if is_due(entry["schedule"], last.get(HEARTBEAT_PREFIX + name), now=now)
    ]
    # The entry that has not run for the longest time comes first, so that a slow one cannot starve the others.
    others = sorted(
        (name for name in due if name != TICK),
        key=lambda name: last[HEARTBEAT_PREFIX + name].timestamp() if HEARTBEAT_PREFIX + name in last else 0.0,
    )
    failed = [] if _run(TICK, now) else [TICK]
    send_all()
    for name in others:
        if time.monotonic() - started > MAX_START.total_seconds():
            break
        if not _run(name, now):
            failed.append(name)
    send_all()
    return failed


def entries() -> dict[str, dict[str, Any]]:
    """Return beat's entries by name."""
    found: dict[str, dict[str, Any]] = app.conf.beat_schedule
    return found


def is_due(schedule: crontab, last: datetime | None, *, now: datetime) -> bool:
    """Return whether an entry is due: one for every minute in each pass, others once a scheduled time has passed.

    A last run in the future was recorded while the clock was wrong, and is ignored.
    """
    if schedule == crontab() or last is None or last > now:
        return True
    at_now = copy(schedule)
    setattr(at_now, "nowfun", lambda: now)  # noqa: B010 (its stubs do not know it)
    return bool(at_now.is_due(last)[0])


def _run(name: str, now: datetime) -> bool:
    """Run an entry's task here and return whether it succeeded.

    Record the run, unless the task woke itself to continue: then the entry stays due.
    """
    entry = entries()[name]
    task = import_string(entry["task"])
    with wake.captured() as woken:
        try:
            task(*entry.get("args", ()), **entry.get("kwargs", {}))
        except Exception:  # any bug: the other entries must run
            logger.exception("%s failed", name)
            return False
    if entry["task"] not in woken:
        heartbeats.record(HEARTBEAT_PREFIX + name, now=now)
    return True

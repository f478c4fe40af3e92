"""Beat's scheduler: keeps its database rows equal to the settings, and keeps running after a clock was wrong.

The library's scheduler trusts a stored last run that lies in the future, and looks only at the top of its heap of next
runs: after the clock was set back it would wait until that time has come.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django_celery_beat import schedulers
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from common import clock
from notifications.monitoring import heartbeats

logger = logging.getLogger(__name__)

DATABASE_ERRORS = (OperationalError, InterfaceError)
RETRY_AFTER = 2.0  # seconds, when the database does not answer at the start
HEARTBEAT_EVERY = 30.0  # seconds
MIN_STEP_BACK = timedelta(seconds=1)  # smaller differences are inaccuracies of reading the clock
# What an operator may have changed in the admin: a disabled tick would silently stop all reminders.
DEFAULTS = {"enabled": True, "one_off": False, "start_time": None, "expires": None}
# Retired entries of versions that did not mark their rows yet (see `settings_mark`).
UNMARKED_ENTRIES = {
    "clear-admin-sessions",
    "count-days-that-came",
    "flush-expired-tokens",
    "forget-old-heartbeats",
    "keep-up",
    "look-after-challenges",
    "purge-outbox",
    "recheck-webhook",
    "remove-unconfirmed-accounts",
    "settle-leaderboards",
    "take-up-zone-data",
    "tick",
}


def settings_mark(name: str) -> str:
    """Return the description of a row made from the settings, which tells it from rows that operators added.

    It contains the name, so that a copy that an operator saves under another name is the operator's own row.
    """
    return f'Entry "{name}" of the settings (config/celery.py). Beat overwrites changes when it starts.'


class Entry(schedulers.ModelEntry):  # type: ignore[misc]
    """An entry scheduled by the service's one clock, and whose last run never lies in the future."""

    def __init__(self, model: Any, app: Any = None) -> None:
        super().__init__(model, app=app)
        self.last_run_at: datetime
        if isinstance(self.schedule, crontab):
            setattr(self.schedule, "nowfun", clock.now)  # noqa: B010 (unknown to its types)

    def _default_now(self) -> datetime:
        return clock.now()

    default_now = _default_now

    @classmethod
    def from_entry(cls, name: str, app: Any = None, **entry: Any) -> Any:
        return super().from_entry(name, app=app, description=settings_mark(name), **entry)

    def is_due(self) -> Any:
        now = clock.now()
        if self.model.last_run_at > now:
            logger.warning("the last run of %s lies in the future (%s): using now instead", self.name, self.last_run_at)
            self.model.last_run_at = now
        self.last_run_at = self.model.last_run_at  # another entry of the same row may have run since
        return super().is_due()


class Scheduler(schedulers.DatabaseScheduler):  # type: ignore[misc]
    """The library's scheduler, which also removes retired rows and survives a clock that is set back."""

    Entry = Entry

    def __init__(self, *args: Any, **options: Any) -> None:
        self._last_seen: tuple[datetime, float] | None = None
        self._next_heartbeat = 0.0
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """Make the rows equal to the settings; retry until the database answers."""
        while True:
            try:
                self._sync_rows()
                super().setup_schedule()
            except DATABASE_ERRORS as error:
                logger.warning("beat is waiting for the database: %s", type(error).__name__)
                time.sleep(RETRY_AFTER)
            else:
                return

    def install_default_entries(self, data: Any) -> None:
        """Add nothing: the settings name all entries, also the library's own."""

    def enabled_models_qs(self) -> Any:
        """Return all enabled rows: the library would skip those of other hours by the machine's clock."""
        return self.Model.objects.enabled()

    @property
    def schedule(self) -> Any:
        """The current entries; the last known ones while the database does not answer."""
        try:
            return super().schedule
        except DATABASE_ERRORS as error:
            if self._schedule is None:
                raise
            logger.warning("beat keeps the entries that it last read: %s", type(error).__name__)
            return self._schedule

    def tick(self, *args: Any, **options: Any) -> float:
        """Send at most one due entry; return the seconds until the next call."""
        if self._clock_stepped_back():
            self._heap = None  # the library then computes all next runs again, from the current time
        self._record_heartbeat()
        return float(super().tick(*args, **options))

    def _sync_rows(self) -> None:
        """Delete retired rows, and undo what an operator changed in the rows of the settings.

        The library only adds and updates rows: one whose entry was renamed or removed would stay scheduled, and each
        of its messages would fail with an unregistered task, or run the task twice.
        """
        close_old_connections()
        entries = self.app.conf.beat_schedule
        with transaction.atomic():
            retired = [row for row in PeriodicTask.objects.exclude(name__in=entries) if self._is_retired(row)]
            PeriodicTask.objects.filter(pk__in=[row.pk for row in retired]).delete()
            crontabs = {row.crontab_id for row in retired}
            CrontabSchedule.objects.filter(pk__in=crontabs, periodictask=None).delete()
            PeriodicTask.objects.filter(name__in=entries).update(**DEFAULTS)
            # Updates send no signal, so other running schedulers would not read the rows again.
            PeriodicTasks.update_changed()
        for row in retired:
            logger.info("beat removed the row %s (task %s): the settings no longer name it", row.name, row.task)

    def _is_retired(self, row: Any) -> bool:
        """Return whether a row that the settings do not name was made from them, or has no task to run.

        An operator's own row of a task that exists stays.
        """
        is_ours = row.description == settings_mark(row.name) or row.name in UNMARKED_ENTRIES
        return is_ours or row.task not in self.app.tasks

    def _clock_stepped_back(self) -> bool:
        """Return whether the clock was set back since the last call, compared with a monotonic counter."""
        now, counter = clock.now(), clock.monotonic()
        last, self._last_seen = self._last_seen, (now, counter)
        if last is None:
            return False
        step = now - last[0] - timedelta(seconds=counter - last[1])
        if step > -MIN_STEP_BACK:
            return False
        logger.warning("the clock was set back by %.0f s", -step.total_seconds())
        return True

    def _record_heartbeat(self) -> None:
        """Record in the database, twice a minute, that beat is running."""
        if clock.monotonic() < self._next_heartbeat:
            return
        self._next_heartbeat = clock.monotonic() + HEARTBEAT_EVERY
        try:
            now = clock.now()
            heartbeats.record(heartbeats.process_name(heartbeats.BEAT), now=now)
            heartbeats.delete_old(now=now)
        except DATABASE_ERRORS as error:
            logger.warning("beat cannot record its heartbeat: %s", type(error).__name__)

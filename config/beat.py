"""Beat's scheduler: its rows are the settings' entries and nothing else, and no clock that was wrong holds it up.

The library's scheduler trusts a stored time of the last run that lies in the future, and looks at its heap of next runs
only from the top: after a clock has stepped back it would sit still until that time has come.
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
from notifications import heartbeats

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
RETRY_AFTER = 2.0  # seconds, where the database is away at the start
SIGN_OF_LIFE_EVERY = 30.0
STEP = timedelta(seconds=1)  # a clock that goes back by less was only read more exactly
# What an operator may have changed in the admin: a tick that is switched off would stop everything in silence.
AS_SET = {"enabled": True, "one_off": False, "start_time": None, "expires": None}


class Entry(schedulers.ModelEntry):
    """An entry by the service's one clock, which never ran in the future."""

    def __init__(self, model: Any, app: Any = None) -> None:
        super().__init__(model, app=app)
        self.last_run_at: datetime
        if isinstance(self.schedule, crontab):
            setattr(self.schedule, "nowfun", clock.now)  # noqa: B010 (unknown to its types)

    def _default_now(self) -> datetime:
        return clock.now()

    default_now = _default_now

    def is_due(self) -> Any:
        now = clock.now()
        if self.model.last_run_at > now:
            logger.warning("%s ran last at %s, which is still to come: taken as now", self.name, self.last_run_at)
            self.model.last_run_at = now
        self.last_run_at = self.model.last_run_at  # of the entries that share a row, another may have run since
        return super().is_due()


class Scheduler(schedulers.DatabaseScheduler):
    """The library's, with the rows of the settings alone, and awake when the clock steps back."""

    Entry = Entry

    def __init__(self, *args: Any, **options: Any) -> None:
        self._seen: tuple[datetime, float] | None = None
        self._sign_of_life_due = 0.0
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """Make the rows equal to the settings, as soon as the database is there."""
        while True:
            try:
                self._make_rows_equal()
                super().setup_schedule()
            except AWAY as error:
                logger.warning("beat waits for the database: %s", type(error).__name__)
                time.sleep(RETRY_AFTER)
            else:
                return

    def install_default_entries(self, data: Any) -> None:
        """None: nothing of the library's own."""

    def enabled_models_qs(self) -> Any:
        """Return all entries: the library leaves out those of other hours, by a clock of its own."""
        return self.Model.objects.enabled()

    @property
    def schedule(self) -> Any:
        """The entries; those known, where the database is away."""
        try:
            return super().schedule
        except AWAY as error:
            if self._schedule is None:
                raise
            logger.warning("beat goes on with the entries it knows: %s", type(error).__name__)
            return self._schedule

    def tick(self, *args: Any, **options: Any) -> float:
        """Send at most one entry that is due; return the seconds until the next look."""
        if self._clock_stepped_back():
            self._heap = None  # the next runs are worked out again, by the time that it is now
        self._show_life()
        return float(super().tick(*args, **options))

    def _make_rows_equal(self) -> None:
        close_old_connections()
        entries = self.app.conf.beat_schedule
        with transaction.atomic():
            removed, _ = PeriodicTask.objects.exclude(name__in=entries).delete()
            PeriodicTask.objects.filter(name__in=entries).update(**AS_SET)
            CrontabSchedule.objects.filter(periodictask=None).delete()
            PeriodicTasks.update_changed()
        if removed:
            logger.info("beat removed %s rows that the settings do not name", removed)

    def _clock_stepped_back(self) -> bool:
        """Return whether the time went back since the last look, by a counter that nobody sets."""
        now, counter = clock.now(), clock.counter()
        seen, self._seen = self._seen, (now, counter)
        if seen is None:
            return False
        step = now - seen[0] - timedelta(seconds=counter - seen[1])
        if step > -STEP:
            return False
        logger.warning("the clock went back by %.0f s", -step.total_seconds())
        return True

    def _show_life(self) -> None:
        """Note in the database, twice a minute, that beat goes on."""
        if clock.counter() < self._sign_of_life_due:
            return
        self._sign_of_life_due = clock.counter() + SIGN_OF_LIFE_EVERY
        try:
            now = clock.now()
            heartbeats.beat(heartbeats.of_process(heartbeats.BEAT), now=now)
            heartbeats.forget_old(now=now)
        except AWAY as error:
            logger.warning("beat cannot note that it goes on: %s", type(error).__name__)

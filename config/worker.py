"""What our Celery workers do beside Celery: sign of life through the pool and the database, expiry by the one clock."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime
from typing import Any, Literal

from celery import bootsteps
from celery.worker import request, state
from django.db import DatabaseError, InterfaceError, close_old_connections

from common import clock, stopping
from notifications import heartbeats

logger = logging.getLogger(__name__)

FIRST_AFTER = 2.0  # seconds
BEAT_EVERY = 30.0
LOST_AFTER = 90.0  # seconds without a word of the last one's end


class Request(request.Request):
    """A message that expires, or comes due, by the service's clock and not by this machine's.

    A worker's main process has no connection to the database: it goes by what its pool's processes have read.
    """

    _eta: datetime | None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self._eta is not None and (now := clock.estimated_now()) is not None:
            self._eta += clock.machine_now() - now

    def maybe_expire(self) -> Literal[True] | None:
        """Return whether it has expired, and mark it so; not before the time is known."""
        now = clock.estimated_now()
        if self.expires and now is not None and now > self.expires:
            state.revoked.add(self.id)
            return True
        return None


class Heart(bootsteps.StartStopStep):
    """Has a process of the pool note in the database, again and again, that this worker can work."""

    requires = ("celery.worker.components:Pool", "celery.worker.components:Timer")

    def __init__(self, worker: Any, **_: Any) -> None:
        self._entry: Any = None
        self._under_way_since: float | None = None

    def start(self, worker: Any) -> None:
        worker.timer.call_after(FIRST_AFTER, self._beat, (worker,))  # once the event loop runs
        self._entry = worker.timer.call_repeatedly(BEAT_EVERY, self._beat, (worker,))

    def stop(self, worker: Any) -> None:
        if self._entry is not None:
            worker.timer.cancel(self._entry)

    def terminate(self, worker: Any) -> None:
        self.stop(worker)

    def _beat(self, worker: Any) -> None:
        now = time.monotonic()
        if stopping.is_requested():  # what is handed to a pool that is just being closed could keep it from ending
            return
        if self._under_way_since is not None and now - self._under_way_since < LOST_AFTER:
            return
        self._under_way_since = now
        if worker.semaphore is None:  # a pool without an event loop
            self._ask(worker)
        else:  # as a task does: with all processes busy, when one is free
            worker.semaphore.acquire(self._ask, worker)

    def _ask(self, worker: Any) -> None:
        worker.pool.apply_async(
            beat, (heartbeats.process_name(heartbeats.WORKER),), callback=self._over, error_callback=self._over
        )

    def _over(self, _: Any) -> None:
        self._under_way_since = None


def beat(name: str) -> None:
    """Note that the worker of that name works; run by a process of its pool."""
    close_old_connections()
    try:
        heartbeats.record(name, now=clock.now())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s cannot note that it works: %s (pid %s)", name, type(error).__name__, os.getpid())

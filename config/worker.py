"""Our additions to Celery's workers: heartbeats through the pool and the database, and expiry by the service's clock."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

from billiard import active_children
from celery import bootsteps
from celery.worker import request, state
from django.db import DatabaseError, InterfaceError, close_old_connections

from common import clock, stopping
from notifications.monitoring import heartbeats

logger = logging.getLogger(__name__)

FIRST_BEAT_AFTER = 2.0  # seconds
BEAT_EVERY = 30.0
BEAT_TIMEOUT = 90.0  # seconds after which a heartbeat without a result counts as lost
MAX_SHUTDOWN = 25.0  # seconds; whoever asks a worker to stop kills it after 30


class Request(request.Request):
    """A task message whose expiry and ETA are compared with the service's clock instead of this machine's.

    A worker's main process has no database connection: it uses the time that its pool's processes have read.
    """

    _eta: datetime | None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self._eta is not None and (now := clock.estimated_now()) is not None:
            self._eta += clock.machine_now() - now

    def maybe_expire(self) -> Literal[True] | None:
        """Mark the message as revoked and return True if it has expired; None while the time is not known."""
        now = clock.estimated_now()
        if self.expires and now is not None and now > self.expires:
            state.revoked.add(self.id)
            return True
        return None


class HeartbeatStep(bootsteps.StartStopStep):
    """Regularly lets a process of the pool record a heartbeat, which proves that this worker can run tasks."""

    requires = ("celery.worker.components:Pool", "celery.worker.components:Timer")

    def __init__(self, worker: Any, **_: Any) -> None:
        self._entry: Any = None
        self._pending_since: float | None = None

    def start(self, worker: Any) -> None:
        worker.timer.call_after(FIRST_BEAT_AFTER, self._beat, (worker,))  # once the event loop runs
        self._entry = worker.timer.call_repeatedly(BEAT_EVERY, self._beat, (worker,))

    def stop(self, worker: Any) -> None:
        if self._entry is not None:
            worker.timer.cancel(self._entry)

    def terminate(self, worker: Any) -> None:
        self.stop(worker)

    def _beat(self, worker: Any) -> None:
        now = time.monotonic()
        if stopping.is_requested():  # a job given to a pool that is being closed could keep it from ending
            return
        if self._pending_since is not None and now - self._pending_since < BEAT_TIMEOUT:
            return
        self._pending_since = now
        if worker.pool_cls.uses_semaphore:  # like a task: wait for a free process if all are busy
            worker.semaphore.acquire(self._submit, worker)
        else:  # a pool of threads has a queue, and releases no semaphore that was acquired
            self._submit(worker)

    def _submit(self, worker: Any) -> None:
        worker.pool.apply_async(
            record_heartbeat,
            (heartbeats.process_name(heartbeats.WORKER),),
            callback=self._on_done,
            error_callback=self._on_done,
        )

    def _on_done(self, _: Any) -> None:
        self._pending_since = None


def record_heartbeat(name: str) -> None:
    """Record that the worker of that name is working. Runs in a process of its pool."""
    close_old_connections()
    try:
        heartbeats.record(name, now=clock.now())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s cannot record its heartbeat: %s (pid %s)", name, type(error).__name__, os.getpid())


def exit_within(seconds: float = MAX_SHUTDOWN) -> None:
    """Kill the pool's processes and exit, if this worker has not stopped by itself within that many seconds.

    Celery waits without limit for the results of its pool, and a pool process that was killed right after it was given
    a task never returns one. By then our tasks have recorded everything that they had in flight.
    """

    def kill_and_exit() -> None:
        pids = [child.pid for child in active_children() if child.pid is not None]
        logger.warning("the worker's pool did not stop in time: killing %d processes", len(pids))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os._exit(0)

    timer = threading.Timer(seconds, kill_and_exit)
    timer.daemon = True
    timer.start()

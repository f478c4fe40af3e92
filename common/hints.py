"""A Celery message as a hint: sent on commit, never waited for, never missed when it is lost."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from common.redis import connection, key

logger = logging.getLogger(__name__)

_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Publish no hint within; give the names of the tasks asked for instead. For who does the work at once."""
    asked: list[str] = []
    token = _collected.set(asked)
    try:
        yield asked
    finally:
        _collected.reset(token)


def hint(task: str, *args: object) -> None:
    """Asks for the task of that name once the running transaction has committed.

    The tables are the truth: with the broker away the next tick finds the work, so a failure is a log line.
    """
    transaction.on_commit(lambda: _publish(task, args, countdown=0), robust=True)


def hint_in(seconds: float, task: str) -> None:
    """Asks for the task in a few seconds (at most a minute); of such hints one of a size is under way at a time.

    Sizes double, so that what waits for a second does not wait for a hint of a minute. Its mark is gone before the
    task comes, which may have something to wait for again.
    """
    if _collected.get() is not None:
        return  # what collects hints does not wait
    try:
        size = math.frexp(max(1.0, seconds))[1]
        if not connection().set(key(f"hint:{task}:{size}"), 1, nx=True, px=max(1, int(seconds * 900))):
            return
    except RedisError as error:
        logger.warning("no hint for %s, the next tick takes it up: %s", task, error)
        return
    _publish(task, (), countdown=seconds)


def _publish(task: str, args: tuple[object, ...], *, countdown: float) -> None:
    if (asked := _collected.get()) is not None:
        asked.append(task)
        return
    try:
        current_app.send_task(task, args, retry=False, countdown=countdown or None, expires=countdown + 55)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("no hint for %s, the next tick takes it up: %s", task, error)

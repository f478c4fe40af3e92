"""Wake a Celery task: published on commit, never waited for, and harmless when the message is lost.

The tables hold the work. A message only makes a worker look at them sooner than the next tick would.
"""

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

_captured: ContextVar[list[str] | None] = ContextVar("captured", default=None)


@contextmanager
def captured() -> Iterator[list[str]]:
    """Publish no message inside the block; yield the list that receives the task names instead.

    For code that does the work itself right away (`manage.py tick`).
    """
    names: list[str] = []
    token = _captured.set(names)
    try:
        yield names
    finally:
        _captured.reset(token)


def wake(task: str, *args: object) -> None:
    """Publish a message for the task of that name once the running transaction has committed.

    A failure is only logged: without a broker the next tick finds the work.
    """
    transaction.on_commit(lambda: _publish(task, args, countdown=0), robust=True)


def wake_in(seconds: float, task: str) -> None:
    """Publish a message for the task with a delay of at most a minute; at most one per size of delay is pending.

    Sizes are powers of two, so that a task due in a second does not wait behind a message due in a minute. The mark of
    a pending message expires a little before the message is due, because the task may have to schedule the next one.
    """
    if _captured.get() is not None:
        return  # a caller that captures messages does not wait
    try:
        size = math.frexp(max(1.0, seconds))[1]
        if not connection().set(key(f"wake:{task}:{size}"), 1, nx=True, px=max(1, int(seconds * 900))):
            return
    except RedisError as error:
        logger.warning("cannot wake %s, the next tick does its work: %s", task, error)
        return
    _publish(task, (), countdown=seconds)


def _publish(task: str, args: tuple[object, ...], *, countdown: float) -> None:
    if (names := _captured.get()) is not None:
        names.append(task)
        return
    try:
        current_app.send_task(task, args, retry=False, countdown=countdown or None, expires=countdown + 55)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("cannot wake %s, the next tick does its work: %s", task, error)

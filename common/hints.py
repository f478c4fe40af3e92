"""A Celery message as a hint: sent on commit, never waited for, never missed when it is lost."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def hint(task: str, *args: object) -> None:
    """Asks for the task of that name once the running transaction has committed.

    The tables are the truth: with the broker away the next tick finds the work, so a failure is a log line.
    """

    def publish() -> None:
        try:
            current_app.send_task(task, args, retry=False, expires=55)
        except (OperationalError, RedisError, OSError) as error:
            logger.warning("no hint for %s, the next tick takes it up: %s", task, error)

    transaction.on_commit(publish, robust=True)

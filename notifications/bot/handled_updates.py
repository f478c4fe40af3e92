"""Which updates were handled and how often one failed: in Redis, or in this process while Redis is down."""

import logging
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common.redis import connection, key

logger = logging.getLogger(__name__)

RETENTION = timedelta(days=1)  # Telegram drops an update after the same time
MAX_LOCAL = 10_000  # updates

# Key -> number of failed tries, or None for a handled update. The oldest entries are dropped first.
_local: OrderedDict[str, int | None] = OrderedDict()


def is_handled(update_id: int) -> bool:
    """Return whether the update was handled before; False if that cannot be looked up."""
    name = _key(update_id)
    if name in _local:
        return True
    try:
        return bool(connection().exists(name))
    except RedisError as error:
        logger.warning("Redis is unavailable, cannot look up whether update %s was handled: %s", update_id, error)
        return False


def mark_handled(update_id: int) -> None:
    """Record that the update was handled."""
    try:
        connection().set(_key(update_id), 1, ex=RETENTION)
    except RedisError as error:
        logger.warning("Redis is unavailable, only this process knows that update %s was handled: %s", update_id, error)
        _store_locally(_key(update_id), None)


def count_failure(update_id: int) -> int:
    """Record that handling the update failed; return the number of failures so far."""
    name = f"{_key(update_id)}:failures"
    try:
        with connection().pipeline() as pipe:
            pipe.incr(name)
            pipe.expire(name, RETENTION)
            return int(pipe.execute()[0])
    except RedisError:
        failures = (_local.get(name) or 0) + 1
        _store_locally(name, failures)
        return failures


def _store_locally(name: str, value: int | None) -> None:
    _local[name] = value
    _local.move_to_end(name)
    while len(_local) > MAX_LOCAL:
        _local.popitem(last=False)


def _key(update_id: int) -> str:
    # With the bot's id, because each bot numbers its own updates.
    return key(f"telegram:update:{settings.TELEGRAM_BOT_TOKEN.partition(':')[0]}:{update_id}")

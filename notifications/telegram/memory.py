"""Which updates were handled, and how often one failed: in Redis for all processes, here while Redis is away."""

import logging
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common.redis import connection

logger = logging.getLogger(__name__)

REMEMBERED = timedelta(days=1)  # Telegram gives an update up after as long
MAX_HERE = 10_000  # updates

# By key, the tries that failed; None: handled. The oldest are forgotten first.
_here: OrderedDict[str, int | None] = OrderedDict()


def is_handled(update_id: int) -> bool:
    """Return whether an update was handled, as far as is known."""
    key = _handled(update_id)
    if key in _here:
        return True
    try:
        return bool(connection().exists(key))
    except RedisError as error:
        logger.warning("it is not known whether update %s was handled, Redis is away: %s", update_id, error)
        return False


def remember(update_id: int) -> None:
    """Note that an update was handled."""
    try:
        connection().set(_handled(update_id), 1, ex=REMEMBERED)
    except RedisError as error:
        logger.warning("update %s is remembered by this process alone, Redis is away: %s", update_id, error)
        _keep(_handled(update_id), None)


def count_failure(update_id: int) -> int:
    """Note that an update could not be handled; return how often by now."""
    key = f"{_handled(update_id)}:failures"
    try:
        with connection().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, REMEMBERED)
            return int(pipe.execute()[0])
    except RedisError:
        failures = (_here.get(key) or 0) + 1
        _keep(key, failures)
        return failures


def _keep(key: str, value: int | None) -> None:
    _here[key] = value
    _here.move_to_end(key)
    while len(_here) > MAX_HERE:
        _here.popitem(last=False)


def _handled(update_id: int) -> str:
    """Each bot numbers its own updates."""
    return f"telegram:update:{settings.TELEGRAM_BOT_TOKEN.partition(':')[0]}:{update_id}"

"""Which updates were handled, and how often one failed: in Redis for all processes, here while Redis is away."""

import logging
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common.redis import connection, key

logger = logging.getLogger(__name__)

REMEMBERED = timedelta(days=1)  # Telegram gives an update up after as long
MAX_HERE = 10_000  # updates

# By key, the tries that failed; None: handled. The oldest are forgotten first.
_here: OrderedDict[str, int | None] = OrderedDict()


def is_handled(update_id: int) -> bool:
    """Return whether an update was handled, as far as is known."""
    name = _handled(update_id)
    if name in _here:
        return True
    try:
        return bool(connection().exists(name))
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
    name = f"{_handled(update_id)}:failures"
    try:
        with connection().pipeline() as pipe:
            pipe.incr(name)
            pipe.expire(name, REMEMBERED)
            return int(pipe.execute()[0])
    except RedisError:
        failures = (_here.get(name) or 0) + 1
        _keep(name, failures)
        return failures


def _keep(name: str, value: int | None) -> None:
    _here[name] = value
    _here.move_to_end(name)
    while len(_here) > MAX_HERE:
        _here.popitem(last=False)


def _handled(update_id: int) -> str:
    """Each bot numbers its own updates."""
    return key(f"telegram:update:{settings.TELEGRAM_BOT_TOKEN.partition(':')[0]}:{update_id}")

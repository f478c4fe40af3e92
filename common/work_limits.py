"""The limit of expensive reads per user: how much computing time they took, and how many run at the same moment.

The time is measured, so nothing has to be estimated, and a read that becomes cheaper is allowed more often. Ordinary use
takes milliseconds. While Redis is down, nothing is limited: the time limits of requests and statements remain.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from limits import RateLimitItem, parse_many
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

from common.redis import connection, key

logger = logging.getLogger(__name__)

MAX_AT_ONCE = 4  # a page of the client asks for two or three
MAX_SECONDS = 120  # after that a request that never ended is no longer counted as running


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(
        RedisStorage("redis://", connection_pool=connection().connection_pool, key_prefix=key("work"))
    )


@contextmanager
def expensive_read(*, user_id: int) -> Iterator[None]:
    """Run an expensive read of a user within its limits and count its computing time. Raises Throttled."""
    name = secrets.token_hex(8)
    try:
        _enter(user_id, name)
    except RedisError as error:
        logger.warning("expensive reads are not limited, Redis does not answer: %s", error)
        yield
        return
    started = time.thread_time()
    try:
        yield
    finally:
        try:
            _leave(user_id, name, milliseconds=int((time.thread_time() - started) * 1000))
        except RedisError as error:
            logger.warning("an expensive read is not counted, Redis does not answer: %s", error)


def _enter(user_id: int, name: str) -> None:
    for rate in _rates():
        if not _limiter().test(rate, str(user_id)):
            reset_at = _limiter().get_window_stats(rate, str(user_id)).reset_time
            raise Throttled(max(1.0, float(reset_at) - time.time()))
    now, running = time.time(), _running(user_id)
    with connection().pipeline() as pipe:
        pipe.zremrangebyscore(running, 0, now - MAX_SECONDS)
        pipe.zadd(running, {name: now})
        pipe.zcard(running)
        pipe.expire(running, MAX_SECONDS)
        count = pipe.execute()[2]
    if count > MAX_AT_ONCE:
        connection().zrem(running, name)
        raise Throttled(1)


def _leave(user_id: int, name: str, *, milliseconds: int) -> None:
    connection().zrem(_running(user_id), name)
    for rate in _rates():
        _limiter().hit(rate, str(user_id), cost=max(1, milliseconds))


def _running(user_id: int) -> str:
    return key(f"reads:{user_id}")


def _rates() -> list[RateLimitItem]:
    """Return the rates of THROTTLE_WORK, which are in seconds, in milliseconds."""
    rates = parse_many(settings.THROTTLE_RATES["work"])
    return [type(rate)(rate.amount * 1000, rate.multiples, rate.namespace) for rate in rates]

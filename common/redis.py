"""The process's connection to Redis, and the names of our keys there."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECONDS = 2.0


@cache
def connection() -> "redis.Redis":
    """Return the one client of this process (thread-safe, pooled), with short timeouts: Redis may be away at any moment.

    A connection that has been idle is asked before it is used, and what fails on an old one is tried once on a new one.
    The pool is made apart from its client: threads that come here first at once may make several, and a client
    that is dropped would close a pool of its own while it is in use.
    """
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    over_tcp = {} if url.startswith("unix://") else {"socket_keepalive": True}
    pool = redis.ConnectionPool.from_url(
        url,
        socket_connect_timeout=1,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 1),
        **over_tcp,
    )
    return redis.Redis(connection_pool=pool)


def key(name: str) -> str:
    """Return the full name of a key of ours: Redis may be shared with others."""
    return f"{settings.REDIS_PREFIX}:{name}"

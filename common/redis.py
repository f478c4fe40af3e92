"""The process's connection to Redis, and the prefix of our keys."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

RESPONSE_TIMEOUT = 2.0  # seconds


@cache
def connection() -> "redis.Redis":
    """Return the one client of this process (thread-safe, pooled), with short timeouts: Redis may be down at any moment.

    An idle connection is pinged before it is used, and a command that fails is retried once on a new connection.
    """
    return connect(settings.REDIS_URL)


def connect(url: str) -> "redis.Redis":
    """Return a new client of the server at `url`, as `connection` is."""
    url = url.replace("redis+socket://", "unix://")
    over_tcp = {} if url.startswith("unix://") else {"socket_keepalive": True}
    # A separate pool: threads that arrive here at the same time may create several clients, and a client that is
    # discarded would close a pool of its own while that is in use.
    pool = redis.ConnectionPool.from_url(
        url,
        socket_connect_timeout=1,
        socket_timeout=RESPONSE_TIMEOUT,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 1),
        **over_tcp,
    )
    return redis.Redis(connection_pool=pool)


def key(name: str) -> str:
    """Return the key with this installation's prefix: Redis may be shared with others."""
    return f"{settings.REDIS_PREFIX}:{name}"

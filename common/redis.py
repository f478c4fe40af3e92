"""The process's connection to Redis."""

from functools import cache

import redis
from django.conf import settings


@cache
def connection() -> "redis.Redis":
    """One client a process (thread-safe, pooled), with short timeouts: Redis may be away at any moment.

    The pool is made apart from its client: threads that come here first at once may make several, and a client
    that is dropped would close a pool of its own while it is in use.
    """
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    pool = redis.ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=2)
    return redis.Redis(connection_pool=pool)

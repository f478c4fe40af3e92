"""The process's connection to Redis."""

from functools import cache

import redis
from django.conf import settings


@cache
def connection() -> "redis.Redis":
    """One client a process (thread-safe, pooled), with short timeouts: Redis may be away at any moment."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)

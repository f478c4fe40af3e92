"""Rate limits for anonymous requests: exact, and shared by all web processes through Redis."""

import hashlib
import logging
import time
from functools import cache

from django.conf import settings
from limits import parse
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from common.redis import connection, key

logger = logging.getLogger(__name__)


@cache
def limiter() -> MovingWindowRateLimiter:
    storage = RedisStorage("redis://", connection_pool=connection().connection_pool, key_prefix=key("limit"))
    return MovingWindowRateLimiter(storage)


class LimitThrottle(BaseThrottle):
    """Limits requests by `scope` and `subject()`. While Redis is down, every request passes."""

    scope = ""

    def subject(self, request: Request) -> str | None:
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait: float | None = None
        subject = self.subject(request)
        if subject is None:
            return True
        rate = parse(settings.THROTTLE_RATES[self.scope])
        keys = ("throttle", self.scope, type(view).__name__, subject)
        try:
            if limiter().hit(rate, *keys):
                return True
            self._wait = max(1.0, limiter().get_window_stats(rate, *keys).reset_time - time.time())
        except RedisError as error:
            logger.warning("requests are not limited, Redis does not answer: %s", error)
            return True
        return False

    def wait(self) -> float | None:
        return self._wait


class StrangerThrottle(LimitThrottle):
    """Per network address, as reported by the number of proxies that TRUSTED_PROXIES names."""

    scope = "stranger"

    def subject(self, request: Request) -> str | None:
        return self.get_ident(request)


class AccountThrottle(LimitThrottle):
    """Per e-mail address in the body: stops guessing one account's password from many network addresses."""

    scope = "account"

    def subject(self, request: Request) -> str | None:
        email = request.data.get("email") if isinstance(request.data, dict) else None
        if not isinstance(email, str) or not email:
            return None
        return hashlib.sha256(email.strip().lower().encode()).hexdigest()


class AddressChangeThrottle(LimitThrottle):
    """Per user who changes the e-mail address: each request sends a mail and tells whether the address is free."""

    scope = "account"

    def subject(self, request: Request) -> str | None:
        has_email = isinstance(request.data, dict) and "email" in request.data
        return f"user:{request.user.pk}" if has_email and request.user.is_authenticated else None


class CodeThrottle(LimitThrottle):
    """Per user who tries invitation codes."""

    scope = "code"

    def subject(self, request: Request) -> str | None:
        return f"user:{request.user.pk}" if request.user.is_authenticated else None


def is_allowed(scope: str, *subjects: str) -> bool:
    """Count one attempt per subject; return whether it is within the limit. For pages that are no REST views.

    While Redis is down, return True.
    """
    rate = parse(settings.THROTTLE_RATES[scope])
    try:
        return all(limiter().hit(rate, "throttle", scope, "page", subject) for subject in subjects)
    except RedisError as error:
        logger.warning("requests are not limited, Redis does not answer: %s", error)
        return True

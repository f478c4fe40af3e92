"""Rate limits: exact, and shared by all web processes through Redis.

While Redis is down, each process counts by itself: a guess at a password is still one of few, and nobody is locked out
by an outage. Each scope has a rate in settings.THROTTLE_RATES (THROTTLE_… of the environment, docs/deployment.md).
"""

import hashlib
import ipaddress
import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.commands.core import Script
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from common.names import email_lookup_key
from common.redis import connection, key

if TYPE_CHECKING:  # a view loads the authentication classes, and that of keys counts requests by this module
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

IPV6_PREFIX = 64  # the addresses that one household or server has


@cache
def limiter() -> MovingWindowRateLimiter:
    storage = RedisStorage("redis://", connection_pool=connection().connection_pool, key_prefix=key("limit"))
    return MovingWindowRateLimiter(storage)


@cache
def fallback_limiter() -> MovingWindowRateLimiter:
    """Return the limiter of this process alone, used while Redis does not answer."""
    return MovingWindowRateLimiter(MemoryStorage())


def hit(scope: str, *subject: str) -> float | None:
    """Count one attempt of a subject; return None if it is within the scope's limit, otherwise the seconds to wait."""
    rates, keys = parse_many(settings.THROTTLE_RATES[scope]), ("throttle", scope, *subject)
    try:
        return _hit(limiter(), rates, keys)
    except RedisError as error:
        logger.warning("this process counts requests by itself, Redis does not answer: %s", error)
        return _hit(fallback_limiter(), rates, keys)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of one rate: `remaining` of `amount` requests in `window` seconds, and the seconds until it grows.

    `wait`: the seconds to wait, if the request that was counted is beyond it.
    """

    amount: int
    window: int
    remaining: int
    reset: int
    wait: float | None


# What two of the scripts of `limits` do, for all rates of a scope by one call: a list for each rate has the times of the
# requests within it, the latest first. Returns for each whether the request is within, how many there are, and the oldest.
_COUNT = """
local now, found = tonumber(ARGV[1]), {}
for i, key in ipairs(KEYS) do
    local limit, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    local since = now - window
    local first = redis.call('lindex', key, limit - 1)
    local within = not (first and tonumber(first) >= since)
    if within then
        redis.call('lpush', key, ARGV[1])
        redis.call('ltrim', key, 0, limit - 1)
        redis.call('expire', key, window)
    end
    local low, high = 0, redis.call('llen', key) - 1
    while low <= high do
        local middle = math.floor((low + high) / 2)
        if tonumber(redis.call('lindex', key, middle)) >= since then low = middle + 1 else high = middle - 1 end
    end
    found[i] = {within and 1 or 0, low, low > 0 and redis.call('lindex', key, low - 1) or ARGV[1]}
end
return found
"""


@cache
def _count_script() -> Script:
    return connection().register_script(_COUNT)


@cache
def _rates(text: str) -> list[RateLimitItem]:
    return parse_many(text)


def count(scope: str, *subject: str) -> list[Quota]:
    """Count one request of a subject, as `hit` does, and return what is left of each rate of the scope.

    Every request of a program is counted, so it is one call of Redis.
    """
    rates, keys = _rates(settings.THROTTLE_RATES[scope]), ("throttle", scope, *subject)
    now = time.time()
    windows = [(rate.amount, int(rate.get_expiry())) for rate in rates]
    names = [f"{key('limit')}:{rate.key_for(*keys)}" for rate in rates]
    try:
        found = _count_script()(keys=names, args=[now, *chain.from_iterable(windows)])
    except RedisError as error:
        logger.warning("this process counts requests by itself, Redis does not answer: %s", error)
        return [_quota(fallback_limiter(), rate, keys) for rate in rates]
    return [
        _quota_of(amount, window, amount - number, float(oldest) + window - now, bool(is_within))
        for (amount, window), (is_within, number, oldest) in zip(windows, found, strict=True)
    ]


def _quota(limits: MovingWindowRateLimiter, rate: RateLimitItem, keys: tuple[str, ...]) -> Quota:
    is_within = limits.hit(rate, *keys)
    stats = limits.get_window_stats(rate, *keys)
    return _quota_of(
        rate.amount, int(rate.get_expiry()), stats.remaining, float(stats.reset_time) - time.time(), is_within
    )


def _quota_of(amount: int, window: int, remaining: int, reset: float, is_within: bool) -> Quota:
    wait = max(1.0, reset)
    return Quota(
        amount=amount,
        window=window,
        remaining=max(0, remaining),
        reset=math.ceil(wait),
        wait=None if is_within else wait,
    )


def _hit(limits: MovingWindowRateLimiter, rates: list[RateLimitItem], keys: tuple[str, ...]) -> float | None:
    for rate in rates:
        if not limits.hit(rate, *keys):
            return max(1.0, float(limits.get_window_stats(rate, *keys).reset_time) - time.time())
    return None


def hashed(text: str) -> str:
    """Return how a key names a text that came from outside."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def network_address(request: HttpRequest | Request) -> str:
    """Return who asks, as reported by the number of proxies that TRUSTED_PROXIES names. IPv6: the /64 network."""
    reported = BaseThrottle().get_ident(request if isinstance(request, Request) else Request(request))
    try:
        address = ipaddress.ip_address(reported)
    except ValueError:
        return hashed(str(reported))  # a Unix socket has no address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address)


def too_many_requests(wait: float, text: str = "Too many requests. Wait a minute and try again.") -> HttpResponse:
    """Return a page's answer to a request beyond a limit."""
    headers = {"Retry-After": str(math.ceil(wait))}
    return HttpResponse(text, status=429, content_type="text/plain; charset=utf-8", headers=headers)


def given_email(request: Request) -> str | None:
    """Return the e-mail address in the request's body, if there is one."""
    email = request.data.get("email") if isinstance(request.data, dict) else None
    return str(email) if isinstance(email, str | int | float) and str(email).strip() else None


class LimitThrottle(BaseThrottle):
    """Limits requests by `scope` and each of `subjects()`; without subjects a request is not counted.

    `is_shared`: all views with this throttle have one count together, otherwise each has its own.
    `methods`: the methods that are counted; empty: all.
    """

    scope = ""
    is_shared = False
    methods: frozenset[str] = frozenset()

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        raise NotImplementedError

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self._wait: float | None = None
        if self.methods and request.method not in self.methods:
            return True
        of_view = () if self.is_shared else (type(view).__name__,)
        waits = [hit(self.scope, *of_view, subject) for subject in self.subjects(request, view)]
        self._wait = max((wait for wait in waits if wait is not None), default=None)
        return self._wait is None

    def wait(self) -> float | None:
        return self._wait


class StrangerThrottle(LimitThrottle):
    """Per network address: all that can be asked without signing in."""

    scope = "stranger"

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        return [network_address(request)]


class NamesThrottle(LimitThrottle):
    """Per network address: requests whose answer tells whether an e-mail address or a username is taken."""

    scope = "names"
    is_shared = True

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        return [network_address(request)]


class RenameThrottle(NamesThrottle):
    """Per network address and per user: changes of the own e-mail address or username."""

    methods = frozenset({"PUT", "PATCH"})

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        data, user = request.data, request.user
        if not isinstance(data, dict) or not user.is_authenticated:
            return []
        if all(data.get(name, getattr(user, name)) == getattr(user, name) for name in ("email", "username")):
            return []  # clients send the whole profile to change one field of it
        return [network_address(request), f"user:{user.pk}"]


class MailThrottle(LimitThrottle):
    """Per e-mail address that a stranger names: requests that make us write to it."""

    scope = "mail"

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        email = given_email(request)
        return [hashed(email_lookup_key(email))] if email else []


class UserThrottle(LimitThrottle):
    """Base of limits per signed-in user."""

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        return [f"user:{request.user.pk}"] if request.user.is_authenticated else []


class CodeThrottle(UserThrottle):
    """Per user who tries invitation codes."""

    scope = "code"


class SecretThrottle(UserThrottle):
    """Per user, in all views together: requests that give the password of somebody who is signed in, to be checked."""

    scope = "secret"
    is_shared = True
    methods = frozenset({"POST", "PUT", "PATCH", "DELETE"})

    def subjects(self, request: Request, view: "APIView") -> list[str]:
        gives_password = isinstance(request.data, dict) and "password" in request.data
        return super().subjects(request, view) if gives_password else []


class UploadThrottle(UserThrottle):
    """Per user: uploads of files, answers for which one is read again, and exports: each is seconds of work."""

    scope = "upload"
    is_shared = True
    methods = frozenset({"POST", "PATCH"})


class WebhookThrottle(UserThrottle):
    """Per user: requests that let the service call an address of theirs again."""

    scope = "webhook"
    is_shared = True
    methods = frozenset({"POST"})

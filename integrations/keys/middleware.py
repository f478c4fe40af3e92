"""What requests with keys meet before and after their view."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from common.exception_handler import error_response
from common.throttling import Quota
from integrations.keys.authentication import QUOTAS, RATE

IN_QUERY = re.compile(r"ht[kp](?:_|%5F)[0-9A-Za-z]{57}", re.IGNORECASE)


class KeyMiddleware:
    """Refuses keys in a query, which proxies and browsers store, and tells programs what is left of their key's limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if IN_QUERY.search(request.META.get("QUERY_STRING", "")):
            detail = "Send a key in a header. This one was in an address, which others may have stored: rotate it."
            return error_response(request, 400, "key_in_query", detail)
        response = self.get_response(request)
        quotas: list[Quota] = request.META.get(QUOTAS, [])
        if quotas:
            response.headers["RateLimit-Policy"] = ", ".join(map(policy_of, quotas))
            response.headers["RateLimit"] = ", ".join(map(state_of, quotas))
        return response


def policy_of(quota: Quota) -> str:
    """Return a limit as in RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers): `q` requests in `w` seconds."""
    return f"{_name(quota)};q={quota.amount};w={quota.window}"


def state_of(quota: Quota) -> str:
    """Return what is left of a limit, as in RateLimit: `r` requests; more after `t` seconds."""
    return f"{_name(quota)};r={quota.remaining};t={quota.reset}"


def _name(quota: Quota) -> str:
    return f'"{RATE}-{quota.window}s"'

"""Middleware for all requests: which forwarded headers are believed, and which answers nobody may store."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class ForwardedMiddleware:
    """Removes forwarded headers unless the request comes from a proxy of ours.

    Anybody can send these headers. Without TRUSTED_PROXIES nobody is believed; with it, those whose address is in
    PROXY_NETWORKS, and a unix socket.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_proxy(request.META.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                request.META.pop(name, None)
        return self.get_response(request)


def is_proxy(address: str) -> bool:
    """Return whether forwarded headers are believed that come from this address; it is empty for a unix socket."""
    if not settings.TRUSTED_PROXIES:
        return False
    try:
        peer = ip_address(address)
    except ValueError:
        return not address
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in settings.PROXY_NETWORKS)


class NoStoreMiddleware:
    """Forbids browsers and proxies to store what belongs to one person: answers to a request with an access token or a key, and
    answers to anything but a plain read, such as tokens.

    What says that it is public, or names another rule for a request without a token, stays as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        rule = response.headers.get("Cache-Control", "")
        is_public = "public" in rule or "no-store" in rule
        is_personal = "Authorization" in request.headers or "X-API-Key" in request.headers
        if not is_public and (is_personal or (not rule and request.method not in {"GET", "HEAD", "OPTIONS"})):
            response.headers["Cache-Control"] = "no-store"
        return response

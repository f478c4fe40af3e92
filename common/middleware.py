"""Middleware for all requests: which forwarded headers are believed, which answers nobody may store, and compression."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

Network = IPv4Network | IPv6Network
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class ForwardedMiddleware:
    """Removes forwarded headers, and the one that signs people in, unless the request comes from a proxy of ours.

    Anybody can send these headers. Without TRUSTED_PROXIES nobody is believed; with it, those whose address is in
    PROXY_NETWORKS, and a unix socket.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_proxy(request.META.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                request.META.pop(name, None)
        if (name := settings.TRUSTED_HEADER) and not is_from(
            request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_HEADER_PROXIES
        ):
            # WSGI has one name for a dash and an underscore, so both spellings are gone.
            request.META.pop(f"HTTP_{name.upper().replace('-', '_')}", None)
        return self.get_response(request)


def is_proxy(address: str) -> bool:
    """Return whether forwarded headers are believed that come from this address; it is empty for a unix socket."""
    return bool(settings.TRUSTED_PROXIES) and is_from(address, settings.PROXY_NETWORKS, unix_socket=True)


def is_from(address: str, networks: Iterable[Network], *, unix_socket: bool = False) -> bool:
    """Return whether an address is in one of the networks. `unix_socket`: what an empty address, of a unix socket, gives."""
    try:
        peer = ip_address(address)
    except ValueError:
        return unix_socket and not address
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in networks)


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


class CompressionMiddleware(GZipMiddleware):
    """Compresses JSON for those who sign in by a header: on a slow network most of the wait is for bytes.

    For nobody else: a stranger's page can have a browser send its cookies, and guess what an answer holds by its compressed
    length (BREACH); but never an `Authorization` header.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.streaming or not is_json or "Authorization" not in request.headers:
            return response
        return super().process_response(request, response)

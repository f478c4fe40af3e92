"""How messages reach the Bot API: python-telegram-bot's request, on one connection, without the layers it does not use.

It also tells what an answer is worth: only JSON of the Bot API that says 2xx or 4xx is its word. Anything else came
after the request went out, from the Bot API or from something in between, and does not say whether it was accepted.
"""

import json
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest, RequestData


class NotItsWord(NetworkError):
    """An answer that is not the Bot API's word on the request: a page, a 5xx, something unreadable."""


class CannotConnect(NetworkError):
    """The client cannot be built: the environment names a proxy that it cannot use."""


class Request(HTTPXRequest):
    """python-telegram-bot's request, through the environment's proxy, refusing what is not the Bot API's word.

    `went_out` says whether the last call may have sent a byte. Raises CannotConnect when it is made.
    """

    def __init__(self, url: str, *, connections: int, **usual: Any) -> None:
        try:
            super().__init__(
                connection_pool_size=connections,
                httpx_kwargs={"verify": tls(), "trust_env": False, "proxy": proxy_to(url)},
                **usual,
            )
        except (ValueError, ImportError, RuntimeError, TypeError, httpx.InvalidURL) as error:
            # Without the error's own words, which may hold the proxy's password.
            reason = f"the proxy of the environment cannot be used ({type(error).__name__})"
            raise CannotConnect(reason) from None
        self.went_out = False

    async def do_request(self, url: str, method: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """See BaseRequest.do_request. Raises NotItsWord besides."""
        self.went_out = True
        try:
            code, payload = await super().do_request(url, method, *args, **kwargs)
        except NetworkError as error:
            self.went_out = not isinstance(error.__cause__, NOT_SENT)
            raise
        return its_word(code, payload)


class OneConnection(Request):
    """Calls through one connection of httpcore's, without the client above it, whose redirects, cookies and pools are
    not needed.

    That takes half off the time of a message. What carries a file goes the usual way.
    """

    def __init__(self, url: str, *, seconds: float, **usual: Any) -> None:
        super().__init__(url, connections=1, **usual)
        self._connection = httpcore.AsyncConnectionPool(
            ssl_context=tls(), max_connections=1, keepalive_expiry=KEEPALIVE_SECONDS, proxy=_httpcores(proxy_to(url))
        )
        self._extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}

    async def shutdown(self) -> None:
        await self._connection.aclose()
        await super().shutdown()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        """See BaseRequest.do_request. Raises TimedOut, NetworkError, from httpcore's errors, and NotItsWord."""
        if request_data is not None and request_data.contains_files:
            return await super().do_request(url, method, request_data, *args, **kwargs)
        body = urlencode(request_data.json_parameters).encode() if request_data else b""
        self.went_out = True
        try:
            response = await self._connection.request(
                method,
                url,
                headers={
                    "Host": urlsplit(url).netloc,
                    "User-Agent": self.USER_AGENT,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Content-Length": str(len(body)),
                },
                content=body,
                extensions=self._extensions,
            )
        except HTTPCORE_ERRORS as error:
            self.went_out = not isinstance(error, NOT_SENT)
            kind = TimedOut if isinstance(error, httpcore.TimeoutException) else NetworkError
            raise kind(type(error).__name__) from error
        return its_word(response.status, response.content)

    async def send_text(self, url: str, **parameters: str | int) -> int:
        """Call sendMessage at a bot's address and return the message's id, making no objects of what it says.

        Raises TelegramError.
        """
        sent: Any = await self.post(f"{url}/sendMessage", cast(RequestData, Parameters(parameters)))
        return int(sent["message_id"])


class Parameters:
    """A call's parameters as they go over the line, as python-telegram-bot's RequestData shows them."""

    contains_files = False

    def __init__(self, given: Mapping[str, str | int]) -> None:
        self.json_parameters = {name: str(value) for name, value in given.items()}


KEEPALIVE_SECONDS = 5.0
# From before the first byte of a request was on its way.
NOT_SENT = tuple(
    getattr(library, name)
    for library in (httpx, httpcore)
    for name in (
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ProxyError",
        "UnsupportedProtocol",
        "LocalProtocolError",
    )
)
HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def its_word(code: int, payload: bytes) -> tuple[int, bytes]:
    """Return code and payload where they are the Bot API's word (https://core.telegram.org/bots/api#making-requests).

    A success is read by python-telegram-bot. Raises NotItsWord, which shows nothing of a page: it may hold the token.
    """
    if 200 <= code < 300:
        return code, payload
    try:
        said = json.loads(payload)
    except ValueError:
        raise NotItsWord(f"{code}, and no JSON") from None
    if not (isinstance(said, dict) and said.get("ok") is False and said.get("error_code") == code):
        raise NotItsWord(f"{code}, and not the Bot API's JSON")
    if not 400 <= code < 500:
        raise NotItsWord(f"{code} of the Bot API")
    return code, payload


def proxy_to(url: str) -> str | None:
    """Return the proxy that the environment names for an address; one without a scheme is an HTTP proxy."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _httpcores(proxy: str | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    parsed = httpx.Proxy(proxy)
    return httpcore.Proxy(str(parsed.url), auth=parsed.raw_auth, headers=parsed.headers.raw, ssl_context=tls())


@cache
def tls() -> ssl.SSLContext:
    """One for all connections: reading the certificates takes longer than a hundred messages."""
    return httpx.create_ssl_context()

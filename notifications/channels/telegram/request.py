"""HTTP requests to the Bot API: python-telegram-bot's request class, and a faster one with a single connection.

Both check who answered. Only a 2xx, or a 4xx with the Bot API's JSON, shows whether a request was accepted. After any
other answer, from the Bot API or from a proxy, that is unknown.
"""

import json
import ssl
from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest, RequestData


class NotFromBotApi(NetworkError):
    """The answer does not show whether the Bot API accepted the request: an HTML page, a 5xx, invalid JSON."""


class CannotConnect(NetworkError):
    """The client cannot be created because the environment names an unusable proxy."""


class Request(HTTPXRequest):
    """python-telegram-bot's request class, using the proxy of the environment and checking who answered.

    `maybe_sent`: whether the last call may have sent any byte. Creating an instance raises CannotConnect.
    """

    def __init__(self, url: str, *, connections: int, **timeouts: Any) -> None:
        try:
            super().__init__(
                connection_pool_size=connections,
                httpx_kwargs={"verify": ssl_context(), "trust_env": False, "proxy": proxy_for(url)},
                **timeouts,
            )
        except (ValueError, ImportError, RuntimeError, TypeError, httpx.InvalidURL) as error:
            # Without the error's own message, which may contain the proxy's password.
            reason = f"the proxy of the environment cannot be used ({type(error).__name__})"
            raise CannotConnect(reason) from None
        self.maybe_sent = False

    async def do_request(self, url: str, method: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Send a request as BaseRequest.do_request does. Also raises NotFromBotApi."""
        self.maybe_sent = True
        try:
            code, payload = await super().do_request(url, method, *args, **kwargs)
        except NetworkError as error:
            self.maybe_sent = not isinstance(error.__cause__, NOT_SENT)
            raise
        return check_response(code, payload)


class SingleConnectionRequest(Request):
    """A request over one httpcore connection, without httpx and its redirects, cookies and pools.

    This halves the time per message. Requests with files use httpx.
    """

    def __init__(self, url: str, *, timeout: float, **timeouts: Any) -> None:
        super().__init__(url, connections=1, **timeouts)
        self._connection = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context(),
            max_connections=1,
            keepalive_expiry=KEEPALIVE_SECONDS,
            proxy=_httpcore_proxy(proxy_for(url)),
        )
        self._extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}

    async def shutdown(self) -> None:
        await self._connection.aclose()
        await super().shutdown()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        """Send a request. Raises TimedOut or NetworkError for httpcore's errors, and NotFromBotApi."""
        if request_data is not None and request_data.contains_files:
            return await super().do_request(url, method, request_data, *args, **kwargs)
        body = urlencode(request_data.json_parameters).encode() if request_data else b""
        self.maybe_sent = True
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
            self.maybe_sent = not isinstance(error, NOT_SENT)
            kind = TimedOut if isinstance(error, httpcore.TimeoutException) else NetworkError
            raise kind(type(error).__name__) from error
        return check_response(response.status, response.content)

    async def send_text(self, url: str, **parameters: str | int) -> int | None:
        """Call sendMessage at the bot's base URL; return the message's id without parsing the rest of the answer.

        None if the id is none that can be stored. Raises TelegramError.
        """
        sent: Any = await self.post(f"{url}/sendMessage", cast(RequestData, TextParameters(parameters)))
        message_id = int(sent["message_id"])
        return message_id if 0 < message_id <= MAX_ID else None


class TextParameters:
    """The parameters of a call without files, with the interface of python-telegram-bot's RequestData."""

    contains_files = False

    def __init__(self, parameters: Mapping[str, str | int]) -> None:
        self.json_parameters = {name: str(value) for name, value in parameters.items()}


KEEPALIVE_SECONDS = 5.0
MAX_ID = 2**52  # of chats and messages (https://core.telegram.org/bots/api#chat)
MAX_RETRY_AFTER = 31 * 24 * 3600  # seconds
DEFAULT_RETRY_AFTER = 5  # seconds, if a 429 does not say how long
# Errors that are raised before the first byte of a request is sent.
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


def check_response(code: int, payload: bytes) -> tuple[int, bytes]:
    """Return code and payload if the Bot API sent them (https://core.telegram.org/bots/api#making-requests).

    The body of a 2xx is checked by python-telegram-bot. Raises NotFromBotApi, whose message quotes nothing of the
    payload: a proxy's page may contain the URL with the bot's token.
    """
    if 200 <= code < 300:
        return code, payload
    try:
        answer = json.loads(payload)
    except ValueError:
        raise NotFromBotApi(f"{code}, not JSON") from None
    if not (isinstance(answer, dict) and answer.get("ok") is False and answer.get("error_code") == code):
        raise NotFromBotApi(f"{code}, not the Bot API's JSON")
    if not 400 <= code < 500:
        raise NotFromBotApi(f"{code} from the Bot API")
    parameters = answer.pop("parameters", None)
    if not isinstance(parameters, dict):
        parameters = {}
    if code == 429:
        raise RetryAfter(wait_asked_for(parameters.get("retry_after")))
    # python-telegram-bot expects parameters of the documented types: leave out any other.
    migrated_to = parameters.get("migrate_to_chat_id")
    if isinstance(migrated_to, int) and abs(migrated_to) <= MAX_ID:
        answer["parameters"] = {"migrate_to_chat_id": migrated_to}
    return code, json.dumps(answer).encode()


def wait_asked_for(retry_after: object) -> int:
    """Return the seconds that a 429 asks to wait: a number, also as text; else DEFAULT_RETRY_AFTER. A month at most."""
    try:
        seconds = float(retry_after)  # type: ignore[arg-type]
        return min(MAX_RETRY_AFTER, max(1, ceil(seconds)))
    except (TypeError, ValueError):
        return DEFAULT_RETRY_AFTER
    except OverflowError:  # infinite
        return MAX_RETRY_AFTER


def proxy_for(url: str) -> str | None:
    """Return the proxy URL that the environment sets for a URL, or None. Without a scheme it is an HTTP proxy."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _httpcore_proxy(proxy: str | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    parsed = httpx.Proxy(proxy)
    return httpcore.Proxy(str(parsed.url), auth=parsed.raw_auth, headers=parsed.headers.raw, ssl_context=ssl_context())


@cache
def ssl_context() -> ssl.SSLContext:
    """Return the context shared by all connections: loading the certificates takes longer than sending 100 messages."""
    return httpx.create_ssl_context()

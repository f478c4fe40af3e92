"""How messages reach the Bot API: python-telegram-bot's request, on one connection, without the layers it does not use."""

import ssl
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest, RequestData


class OneConnection(HTTPXRequest):
    """Calls through one connection of httpx's, past its client, whose redirects, cookies and pools are not needed.

    That takes a third off the time of a message. What carries a file goes the usual way.
    """

    def __init__(self, url: str, *, seconds: float, **usual: Any) -> None:
        super().__init__(connection_pool_size=1, httpx_kwargs={"verify": tls()}, **usual)
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._connection = httpx.AsyncHTTPTransport(verify=tls(), limits=one, proxy=proxy_to(url))
        self._timeouts = httpx.Timeout(seconds).as_dict()

    async def shutdown(self) -> None:
        await self._connection.aclose()
        await super().shutdown()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        """See BaseRequest.do_request. Raises TimedOut, NetworkError, from httpx's errors."""
        if request_data is not None and request_data.contains_files:
            return await super().do_request(url, method, request_data, *args, **kwargs)
        request = httpx.Request(
            method,
            url,
            data=request_data.json_parameters if request_data else None,
            headers={"User-Agent": self.USER_AGENT},
            extensions={"timeout": self._timeouts},
        )
        try:
            response = await self._connection.handle_async_request(request)
            try:
                return response.status_code, await response.aread()
            finally:
                await response.aclose()
        except httpx.TimeoutException as error:
            raise TimedOut from error
        except httpx.HTTPError as error:
            raise NetworkError(type(error).__name__) from error


def proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address, as httpx's client takes it."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


@cache
def tls() -> ssl.SSLContext:
    """One for all connections: reading the certificates takes longer than a hundred messages."""
    return httpx.create_ssl_context()

"""One request to an address that a user gave: checked when connecting, within a deadline, and nothing followed.

The name is resolved here, every address that it has is checked (common.outbound.addresses), and the connection goes to one
of the checked addresses, so a name that resolves differently a moment later changes nothing. Redirects are answers like
others; a proxy of the environment is not used; cookies, compression and authentication do not exist.
"""

import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.client import HTTPConnection, HTTPException
from typing import Any

from django.conf import settings

from common.call_timeout import call_with_timeout
from common.errors import DomainError
from common.outbound import addresses
from common.outbound.addresses import Address

MAX_RESOLVING = timedelta(seconds=5)
MAX_BODY_TIME = 2.0  # seconds for reading an answer's body: its status has said all
MAX_TRIED = 4  # addresses of a name


class CallFailed(Exception):
    """There is no answer. `refused`: the address is not allowed, so nothing was sent to it.

    `maybe_received`: some of the request was sent, so the other side may have done what it asks.
    """

    def __init__(self, reason: str, *, refused: bool = False, maybe_received: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.maybe_received = maybe_received


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, its headers with names in lower case, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: timedelta, max_answer: int) -> Answer:
    """POST a body and return the answer with up to `max_answer` bytes of its body. Raise CallFailed.

    All of it takes at most `timeout`, however slowly the other side sends.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    try:
        parts = addresses.check_url(url, allows_http=bool(settings.WEBHOOK_ALLOWED_NETWORKS))
    except DomainError as error:
        raise CallFailed(error.message, refused=True) from error
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (addresses.HTTPS_PORT if is_tls else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = {"Host": _host_header(host, parts.port), "Connection": "close"}
    is_started = False
    try:
        checked = _resolve(host, port, is_tls=is_tls)
        with closing(_connect(checked, port, host if is_tls else None, deadline)) as sock:
            connection = HTTPConnection(host, port)
            connection.sock = _Borrowed(sock)
            connection.auto_open = 0
            is_started = True
            connection.request("POST", target, body, {**headers, **fixed})
            response = connection.getresponse()
            beginning = _read(response, max_answer, sock, deadline)
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, beginning)
    except TimeoutError as error:
        raise CallFailed(f"no answer within {timeout.total_seconds():.0f} s", maybe_received=is_started) from error
    except (HTTPException, OSError, ValueError) as error:
        raise CallFailed(_reason(error), maybe_received=is_started) from error


def _resolve(host: str, port: int, *, is_tls: bool) -> list[Address]:
    """Return the addresses of a name, all of them allowed. Raise CallFailed."""
    try:
        found = call_with_timeout(MAX_RESOLVING, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise CallFailed("the name was not resolved in time") from None
    except (OSError, UnicodeError) as error:
        raise CallFailed("the name cannot be resolved") from error
    checked: list[Address] = []
    allowed = settings.WEBHOOK_ALLOWED_NETWORKS
    for _family, _type, _protocol, _name, sockaddr in found:
        address = addresses.parse(str(sockaddr[0]))
        has_scope = len(sockaddr) == 4 and bool(sockaddr[3])
        if address is None or has_scope or not addresses.is_allowed(address, allowed_networks=allowed):
            raise CallFailed("this address is not allowed", refused=True)
        if not is_tls and not addresses.is_in(address, allowed):
            raise CallFailed("this address needs https", refused=True)
        if address not in checked:
            checked.append(address)
    if not checked:
        raise CallFailed("the name has no address")
    return checked


def _connect(checked: Sequence[Address], port: int, tls_host: str | None, deadline: float) -> "_DeadlineSocket":
    """Return a connection to the first of the checked addresses that takes one. Raise OSError, TimeoutError."""
    error: OSError | None = None
    tried = checked[:MAX_TRIED]
    for number, address in enumerate(tried):
        # The time that is left is shared, so that an address that does not answer leaves some for the next.
        share = _left(deadline) / (len(tried) - number)
        try:
            plain = open_socket(address, port, timeout=share)
        except OSError as failed:
            error = failed
            continue
        try:
            plain.settimeout(_left(deadline))
            wrapped = _tls().wrap_socket(plain, server_hostname=tls_host) if tls_host else plain
        except BaseException:
            plain.close()
            raise
        return _DeadlineSocket(wrapped, deadline)
    assert error is not None
    raise error


def open_socket(address: Address, port: int, *, timeout: float) -> socket.socket:
    """Return a connection to an address that was checked: the only place where one is opened."""
    return socket.create_connection((str(address), port), timeout)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(response: Any, limit: int, sock: "_DeadlineSocket", deadline: float) -> bytes:
    """Return the beginning of an answer's body: as much as comes in time."""
    sock.deadline = min(deadline, time.monotonic() + MAX_BODY_TIME)
    body = bytearray()
    try:
        while len(body) < limit and (part := response.read1(limit - len(body))):
            body += part
    except (OSError, HTTPException, ValueError):
        pass  # the status has come, which is what counts
    return bytes(body)


def _left(deadline: float) -> float:
    """Return the seconds until the deadline. Raise TimeoutError after it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _host_header(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _reason(error: Exception) -> str:
    """Return what went wrong, without text of the other side."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return f"no valid answer ({type(error).__name__})"


class _DeadlineSocket:
    """A socket whose every step ends at one deadline: a timeout for each step would let an answer trickle for ever."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self.deadline = deadline

    def sendall(self, data: Any) -> None:
        view = memoryview(data)
        while view:
            self._sock.settimeout(_left(self.deadline))
            view = view[self._sock.send(view) :]

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self))

    def receive_into(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self.deadline))
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        self._sock.close()


class _Borrowed:
    """What the standard library gets: it closes a connection before it reads the body, and asks sockets for files."""

    def __init__(self, sock: _DeadlineSocket) -> None:
        self.sendall = sock.sendall
        self.makefile = sock.makefile

    def close(self) -> None:
        """Leave the connection to its owner."""


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: _DeadlineSocket) -> None:
        self._deadline_socket = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._deadline_socket.receive_into(buffer)

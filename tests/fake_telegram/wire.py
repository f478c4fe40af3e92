"""A minimal HTTP/1.1 server on asyncio: sequential requests on persistent connections."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from .errors import ApiError, bad_request
from .params import Params, Upload

logger = logging.getLogger(__name__)

MAX_BODY = 60 * 1024 * 1024
FIELD = re.compile(r';\s*([a-zA-Z]+)=(?:"([^"]*)"|([^\s;"]+))')
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Reply:
    """An HTTP response; ``cut`` closes the connection without one."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    on_written: Callable[[bool], None] | None = None

    def encoded(self, keep_alive: bool) -> bytes:
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return (
            f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}\r\n"
            f"Content-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n{extra}\r\n"
        ).encode() + self.body


@dataclass(slots=True)
class HttpRequest:
    """One request with its raw body."""

    verb: str
    path: str
    query: str
    headers: dict[str, str]
    connection: "Connection"
    body: bytes = b""
    keep_alive: bool = True

    def params(self) -> Params:
        """Return the parameters of the query and the body together. Raise 400 if they cannot be parsed."""
        values: dict[str, Any] = {}
        try:
            if self.query:
                values.update(parse_qsl(self.query, keep_blank_values=True, errors="strict"))
            kind = self.headers.get("content-type", "")
            if not self.body:
                return Params(values)
            if kind.startswith("application/json"):
                parsed = json.loads(self.body)
                if not isinstance(parsed, dict):
                    raise bad_request("object expected as request body")
                values.update(parsed)
            elif kind.startswith("multipart/form-data"):
                return _multipart(kind, self.body, values)
            else:
                values.update(parse_qsl(self.body.decode(), keep_blank_values=True, errors="strict"))
        except UnicodeDecodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        except ValueError:
            raise bad_request("can't parse request body") from None
        return Params(values)


def _multipart(kind: str, body: bytes, values: dict[str, Any]) -> Params:
    params = Params(values)
    boundary = _fields(kind).get("boundary", "")
    if not boundary:
        raise bad_request("can't parse request body")
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not separator:
            continue
        headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        names = next((_fields(line) for line in head.decode().split("\r\n") if "name=" in line), {})
        name = names.get("name", "")
        if "filename" in names:
            content_type = headers.get("content-type", "application/octet-stream")
            params.files[name] = Upload(names["filename"], content_type, content)
        else:
            params.values[name] = content.decode()
    return params


def _fields(header: str) -> dict[str, str]:
    """Return the ``name=value`` fields of a header, quoted or not."""
    return {name.lower(): quoted or bare for name, quoted, bare in FIELD.findall(header)}


def _broken() -> Reply:
    """Return the response for a bug of the fake; the error is logged."""
    logger.exception("The fake Telegram failed to answer")
    refusal = ApiError(500, "Internal Server Error: the fake failed, see its log")
    return Reply(refusal.code, json.dumps(refusal.body()).encode())


Handler = Callable[[HttpRequest], "Reply | Coroutine[Any, Any, Reply]"]


class Connection(asyncio.Protocol):
    """One client's connection: reads requests one after the other and writes the handler's replies."""

    def __init__(self, handler: Handler, open_connections: "set[Connection]") -> None:
        self._handler = handler
        self._open = open_connections
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._head: HttpRequest | None = None
        self._gone: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_lost = False

    @property
    def gone(self) -> "asyncio.Future[None]":
        """A future that is done once the client has closed the connection."""
        if self._gone is None:
            self._gone = asyncio.get_running_loop().create_future()
            if self.is_lost:
                self._gone.set_result(None)
        return self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._open.discard(self)
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._task is None:
            self._advance()

    def close(self) -> None:
        """Close the connection at once and cancel running requests."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        while self._task is None and not self.is_lost:
            try:
                request = self._next_request()
                if request is None:
                    return
                reply = self._handler(request)
            except ApiError as refusal:
                self._write(Reply(refusal.code, json.dumps(refusal.body()).encode()), keep_alive=False)
                return
            except Exception:
                self._write(_broken(), keep_alive=False)
                return
            if isinstance(reply, Reply):
                self._write(reply, request.keep_alive)
            else:
                self._task = asyncio.get_running_loop().create_task(self._later(reply, request.keep_alive))

    async def _later(self, reply: Coroutine[Any, Any, Reply], keep_alive: bool) -> None:
        try:
            answer = await reply
        except Exception:
            answer = _broken()
        self._task = None
        self._write(answer, keep_alive)
        self._advance()

    def _write(self, reply: Reply, keep_alive: bool) -> None:
        transport = self._transport
        is_open = transport is not None and not self.is_lost and not transport.is_closing()
        if reply.on_written is not None:
            reply.on_written(is_open and not reply.cut)
        if transport is None or not is_open:
            return
        if reply.cut:
            self.is_lost = True
            transport.abort()
            return
        transport.write(reply.encoded(keep_alive))
        if not keep_alive:
            self.is_lost = True
            transport.close()

    def _next_request(self) -> HttpRequest | None:
        """Return the next complete request in the buffer; None if it is incomplete."""
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > 65536:
                    raise ApiError(431, "Request Header Fields Too Large")
                return None
            self._head = self._read_head(bytes(self._buffer[:end]).decode("latin-1"))
            del self._buffer[: end + 4]
        head = self._head
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunked()
            if body is None:
                return None
            head.body = body
        else:
            size = int(head.headers.get("content-length") or 0)
            if size > MAX_BODY:
                raise ApiError(413, "Request Entity Too Large")
            if len(self._buffer) < size:
                return None
            if size:
                head.body = bytes(self._buffer[:size])
                del self._buffer[:size]
        self._head = None
        return head

    def _read_head(self, text: str) -> HttpRequest:
        first, *lines = text.split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise bad_request("malformed HTTP request")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if not (headers.get("content-length") or "0").isdigit():
            raise bad_request("malformed HTTP request")
        path, _, query = words[1].partition("?")
        request = HttpRequest(words[0], unquote(path), query, headers, self)
        asked = headers.get("connection", "").lower()
        request.keep_alive = "close" not in asked and (words[2] != "HTTP/1.0" or "keep-alive" in asked)
        if headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return request

    def _chunked(self) -> bytes | None:
        """Return the body of a chunked request and remove it from the buffer; None if it is incomplete."""
        parts: list[bytes] = []
        position = 0
        while (end := self._buffer.find(b"\r\n", position)) >= 0:
            try:
                size = int(bytes(self._buffer[position:end]).split(b";")[0], 16)
            except ValueError:
                raise bad_request("malformed HTTP request") from None
            after = end + 2 + size
            if len(self._buffer) < after + 2:
                return None
            if size == 0:
                del self._buffer[: after + 2]
                return b"".join(parts)
            parts.append(bytes(self._buffer[end + 2 : after]))
            position = after + 2
        return None

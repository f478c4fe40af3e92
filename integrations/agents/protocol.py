"""The messages of the Model Context Protocol over HTTP: what a request may say, and the form of answers. Pure.

Two forms are spoken. In the older one (HANDSHAKE_VERSIONS) a client begins with `initialize`; since 2026-07-28 each
request says its version itself and begins nothing. Nothing is kept between requests in either.
Source: https://modelcontextprotocol.io/specification (transports, lifecycle, tools), JSON-RPC 2.0.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HANDSHAKE_VERSIONS = ("2025-11-25", "2025-06-18")  # the newest first: it is offered to a client that asks for another
STATELESS_VERSIONS = ("2026-07-28",)
VERSIONS = (*STATELESS_VERSIONS, *HANDSHAKE_VERSIONS)
# What a client speaks that names no version: a later one has to name it.
UNNAMED_VERSION = "2025-03-26"

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
# The HTTP status of an error. In the older form an error about a request that could be read is a 200.
STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}

META = "io.modelcontextprotocol/"
META_VERSION, META_CAPABILITIES, META_SERVER = (
    f"{META}protocolVersion",
    f"{META}clientCapabilities",
    f"{META}serverInfo",
)
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")

Id = str | int


class ProtocolError(Exception):
    """A message that cannot be answered by a result."""

    def __init__(self, code: int, message: str, *, id: Id | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.id, self.data = code, message, id, data


@dataclass(frozen=True, slots=True)
class Message:
    """A request (with an id), or what needs no answer: a notification, or the answer to a request of ours (id None)."""

    method: str
    params: Mapping[str, Any]
    id: Id | None


def read(body: Any) -> Message:
    """Return the message of a body. Raises ProtocolError invalid request: also for several at a time."""
    if isinstance(body, list):
        raise ProtocolError(INVALID_REQUEST, "Send one message at a time, not a list.")
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, 'The body must be a JSON-RPC message: {"jsonrpc": "2.0", …}.')
    found = body.get("id")
    if "id" in body and (not isinstance(found, str | int) or isinstance(found, bool)):
        raise ProtocolError(INVALID_REQUEST, "The id must be a text or a whole number.")
    if "method" not in body and ("result" in body or "error" in body):
        return Message("", {}, None)
    method, params = body.get("method"), body.get("params", {})
    if not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "The method must be a text.", id=found)
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "The params must be an object.", id=found)
    return Message(method, params, found)


def version_of(message: Message, headers: Mapping[str, str]) -> str:
    """Return the version of the protocol that a message is in. `headers`: of the request, found in any case.

    Raises ProtocolError for a version that is not spoken, and for headers that say something else than the message.
    """
    meta = message.params.get("_meta")
    named = meta.get(META_VERSION) if isinstance(meta, dict) else None
    header = headers.get(VERSION_HEADER)
    version = header or named
    if version is None:
        return UNNAMED_VERSION
    if version not in (*VERSIONS, UNNAMED_VERSION):
        data = {"supported": list(VERSIONS), "requested": version}
        raise ProtocolError(UNSUPPORTED_VERSION, "Unsupported protocol version", id=message.id, data=data)
    if version in STATELESS_VERSIONS and message.id is not None:
        _check_envelope(message, meta, headers)
    return str(version)


def _check_envelope(message: Message, meta: Any, headers: Mapping[str, str]) -> None:
    """Check what a request without a handshake says of itself."""
    missing = [key for key in (META_VERSION, META_CAPABILITIES) if not isinstance(meta, dict) or key not in meta]
    if missing:
        raise ProtocolError(INVALID_PARAMS, f"params._meta needs {', '.join(missing)}.", id=message.id)
    expected = {VERSION_HEADER: meta[META_VERSION], METHOD_HEADER: message.method}
    if message.method == "tools/call":
        expected[NAME_HEADER] = message.params.get("name")
    for name, value in expected.items():
        if _decoded(headers.get(name)) != value:
            raise ProtocolError(HEADER_MISMATCH, f"The header {name} does not match the message.", id=message.id)


def _decoded(header: str | None) -> str | None:
    """Return the value of a header, which may be written as =?base64?…?=; None if it cannot be read."""
    encoded = _ENCODED.fullmatch(header or "")
    if encoded is None:
        return header
    try:
        return base64.b64decode(encoded[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def negotiate(asked: Any) -> str:
    """Return the version that is spoken after a handshake: the one asked for if it can be, else the newest."""
    return asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0]


def answer(message: Message, result: Mapping[str, Any], *, version: str, server: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer to a request. Without a handshake it says of itself what the handshake would have said."""
    said = dict(result)
    if version in STATELESS_VERSIONS:
        said |= {"resultType": "complete", "_meta": {META_SERVER: dict(server)}}
    return {"jsonrpc": "2.0", "id": message.id, "result": said}


def error(found: ProtocolError) -> dict[str, Any]:
    """Return the answer that says what is wrong with a message."""
    said: dict[str, Any] = {"code": found.code, "message": found.message}
    if found.data is not None:
        said["data"] = found.data
    return {"jsonrpc": "2.0", "id": found.id, "error": said}


def status_of(found: ProtocolError, *, version: str) -> int:
    """Return the HTTP status of an error."""
    if found.id is not None and version not in STATELESS_VERSIONS and found.code in {METHOD_NOT_FOUND, INVALID_PARAMS}:
        return 200
    return STATUS[found.code]

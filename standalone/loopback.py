"""Asks the web server on this machine. Without urllib.request, which would take 9 MB in the supervisor (OpenSSL)."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

MAX_ANSWER = 64 * 1024  # bytes


def get(url: str, *, timeout: float, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Return status and body of the answer to a GET of an http:// URL; `timeout` of each step in seconds.

    Raise OSError, also where what answers does not speak HTTP.
    """
    server = urlsplit(url)
    target = f"{server.path or '/'}{f'?{server.query}' if server.query else ''}"
    # HTTP/1.0 ends the answer with the connection.
    lines = [f"GET {target} HTTP/1.0", f"Host: {server.netloc}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with socket.create_connection((server.hostname or "", server.port or 80), timeout=timeout) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with connection.makefile("rb") as stream:
            answer = stream.read(MAX_ANSWER)
    head, _, body = answer.partition(b"\r\n\r\n")
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/") or not rest[:3].isdigit():
        raise OSError("what answers does not speak HTTP")
    return int(rest[:3]), body

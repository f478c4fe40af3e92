"""A TCP proxy on loopback that can silently drop data, like a NAT router that has lost its state.

After `swallow()` existing connections stay open but transfer nothing any more, in either direction; new ones work.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

CHUNK = 65_536


class BlackHole:
    """Forwards connections to `target`, a (host, port) or the path of a unix socket, until it is closed."""

    def __init__(self, target: tuple[str, int] | str, *, port: int = 0) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> BlackHole:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The address for clients: host:port."""
        return f"127.0.0.1:{self.port}"

    def swallow(self) -> int:
        """Stop transferring data on the existing connections; return their number."""
        with self._lock:
            pairs = [pair for pair in self._pairs if not pair.is_closed and not pair.is_swallowed]
            for pair in pairs:
                pair.is_swallowed = True
        return len(pairs)

    def close(self) -> None:
        """Close all connections and the listener."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for pair in self._pairs:
                pair.end()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            pair = _Pair(client, server)
            with self._lock:
                self._pairs = [each for each in self._pairs if not each.is_closed]
                self._pairs.append(pair)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=pair.forward, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self.target, tuple):
            return socket.create_connection(self.target, timeout=5)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        return server


class _Pair:
    """A client's connection and its connection to the server."""

    def __init__(self, *ends: socket.socket) -> None:
        self._ends: Sequence[socket.socket] = ends
        self.is_swallowed = False
        self.is_closed = False
        for end in ends:
            end.settimeout(None)

    def forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not self.is_swallowed:
                    sink.sendall(data)
        # A swallowed connection must not tell the other side that this side has closed.
        if not self.is_swallowed:
            self.end()

    def end(self) -> None:
        self.is_closed = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

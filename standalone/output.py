"""Write to a terminal or a pipe without ever blocking on its reader.

A reader can stop reading (Ctrl-S, a pager, a full disk behind a pipe). If the supervisor waited for it, the pipes of its
children would fill up, and a child that logs inside a transaction would hold the database's lock meanwhile.
"""

import select
import time
from collections import deque
from contextlib import suppress
from typing import BinaryIO

MAX_BUFFERED = 1_000_000  # bytes
CLOSE_SECONDS = 2.0


class Output:
    """Writes as much as the stream accepts now and buffers the rest; a full buffer drops its oldest lines."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer: deque[bytes] = deque()
        self._size = 0
        self._dropped_lines = 0

    def write(self, data: bytes) -> None:
        """Write whole lines. Raise OSError if the reader is gone."""
        self._buffer.append(data)
        self._size += len(data)
        while self._size > MAX_BUFFERED and len(self._buffer) > 1:
            oldest = self._buffer.popleft()
            self._size -= len(oldest)
            self._dropped_lines += oldest.count(b"\n")
        self.flush()

    def flush(self) -> None:
        """Write what is buffered, as far as the stream accepts it now. Raise OSError if the reader is gone."""
        while self._buffer and self._is_writable():
            if self._dropped_lines:
                self._push_front(b"(%d lines could not be shown)\n" % self._dropped_lines)
                self._dropped_lines = 0
            data = self._buffer.popleft()
            self._size -= len(data)
            # A writable pipe accepts at least PIPE_BUF bytes without blocking.
            self._stream.write(data[: select.PIPE_BUF])
            self._stream.flush()
            if rest := data[select.PIPE_BUF :]:
                self._push_front(rest)

    def _push_front(self, data: bytes) -> None:
        self._buffer.appendleft(data)
        self._size += len(data)

    def close(self) -> None:
        """Write what is buffered, for at most two seconds."""
        until = time.monotonic() + CLOSE_SECONDS
        with suppress(OSError):
            while self._buffer and time.monotonic() < until:
                self._is_writable(timeout=0.1)
                self.flush()

    def _is_writable(self, *, timeout: float = 0.0) -> bool:
        try:
            descriptor = self._stream.fileno()
        except OSError:  # a stream in memory
            return True
        return bool(select.select([], [descriptor], [], timeout)[1])

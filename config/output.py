"""Writes to a terminal or a pipe without ever waiting for its reader.

A reader that stands still (Ctrl-S, a pager, a full disk behind a pipe) must not hold up the one who relays: the pipes of
its children would fill up, and one that logs within a transaction would keep the database's lock meanwhile.
"""

import select
import time
from collections import deque
from contextlib import suppress
from typing import BinaryIO

MAX_WAITING = 1_000_000  # bytes
LAST_SECONDS = 2.0


class Output:
    """What is written goes out as far as it is taken; of what waits too long the oldest is left out, and counted."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._left_out = 0

    def write(self, data: bytes) -> None:
        """Write some whole lines; raises OSError where nobody will read any more."""
        self._waiting.append(data)
        self._size += len(data)
        while self._size > MAX_WAITING and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            self._size -= len(oldest)
            self._left_out += oldest.count(b"\n")
        self.flush()

    def flush(self) -> None:
        """Write what waits, as far as it is taken now; raises OSError."""
        while self._waiting and self._is_taken():
            if self._left_out:
                self._add_first(b"(%d lines could not be shown)\n" % self._left_out)
                self._left_out = 0
            data = self._waiting.popleft()
            self._size -= len(data)
            # A pipe that takes anything takes as much as this.
            self._stream.write(data[: select.PIPE_BUF])
            self._stream.flush()
            if rest := data[select.PIPE_BUF :]:
                self._add_first(rest)

    def _add_first(self, data: bytes) -> None:
        self._waiting.appendleft(data)
        self._size += len(data)

    def close(self) -> None:
        """Write what waits, for a moment."""
        until = time.monotonic() + LAST_SECONDS
        with suppress(OSError):
            while self._waiting and time.monotonic() < until:
                self._is_taken(within=0.1)
                self.flush()

    def _is_taken(self, *, within: float = 0.0) -> bool:
        try:
            descriptor = self._stream.fileno()
        except OSError:  # in memory
            return True
        return bool(select.select([], [descriptor], [], within)[1])

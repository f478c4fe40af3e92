"""Which processes keep everybody else from writing to SQLite, asked of the kernel, and which have done so too long.

SQLite's locks are POSIX locks (fcntl) on bytes of its files, on Linux and on macOS alike: in WAL mode the one write lock
is byte 120 of the `-shm` file, and byte 122 is held while a log is recovered; the main file's own bytes are locked for
writing while the log is folded back at the end, and outside WAL mode. A process that is stopped, or hangs, with one of
them stops every other.

Closing a file gives up all of a process's own POSIX locks on it: use this only in a process that has no connection open.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WAL_WRITE, WAL_RECOVER = 120, 122
PENDING, SHARED_LAST = 0x40000000, 0x40000000 + 511
WAL_INDEX_HEADER = 48  # bytes of -shm that every commit changes
HELD_TOO_LONG = 60.0  # seconds; no transaction of ours takes one

# struct flock: on Linux type, whence, start, length, pid; elsewhere start, length, pid, type, whence.
IS_LINUX = sys.platform.startswith("linux")
FLOCK = "hhqqi4x" if IS_LINUX else "qqihh"


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock against everybody else's writing; pid 0 or below: it cannot be known."""

    pid: int
    lock: str


class LockWatch:
    """Remembers from look to look since when a process has held a lock without one commit."""

    def __init__(self, database: Path, *, patience: float = HELD_TOO_LONG) -> None:
        self._database = database
        self._patience = patience
        self._since: dict[Holder, tuple[float, bytes]] = {}

    def look(self, now: float) -> list[tuple[Holder, float]]:
        """Return those that hold on for too long, and for how many seconds; `now` is a counter's.

        A busy writer that is met at every look has committed in between, which shows in the log's index.
        """
        header = _header(self._database)
        seen = {}
        for holder in holders(self._database):
            since, then = self._since.get(holder, (now, header))
            seen[holder] = (since, header) if then == header else (now, header)
        self._since = seen
        return [(holder, now - since) for holder, (since, _) in seen.items() if now - since >= self._patience]


def holders(database: Path) -> list[Holder]:
    """Return the processes other than this one that hold a lock against writing."""
    found = []
    for path, lock, start, length in (
        (_shm(database), "the write lock", WAL_WRITE, 1),
        (_shm(database), "the lock for recovery", WAL_RECOVER, 1),
        (database, "the lock on the whole file", PENDING, SHARED_LAST - PENDING + 1),
    ):
        with suppress(OSError):
            if (pid := _writer(path, start, length)) is not None:
                found.append(Holder(pid, lock))
    return found


def _shm(database: Path) -> Path:
    return database.with_name(f"{database.name}-shm")


def _header(database: Path) -> bytes:
    with suppress(OSError), _shm(database).open("rb") as file:
        return file.read(WAL_INDEX_HEADER)
    return b""


def _writer(path: Path, start: int, length: int) -> int | None:
    """Return who holds a lock for writing within those bytes."""
    kind, whence = fcntl.F_RDLCK, os.SEEK_SET  # what only a lock for writing would refuse
    asked = (kind, whence, start, length, 0) if IS_LINUX else (start, length, 0, kind, whence)
    file = os.open(path, os.O_RDONLY)
    try:
        answer = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(FLOCK, *asked)))
    finally:
        os.close(file)
    kind, pid = (answer[0], answer[4]) if IS_LINUX else (answer[3], answer[2])
    return None if kind == fcntl.F_UNLCK else pid

"""Which processes block all writers of a SQLite database, as the kernel reports it, and which do so for too long.

SQLite's locks are POSIX locks (fcntl) on bytes of its files, on Linux and on macOS. In WAL mode the write lock is byte
120 of the `-shm` file, and byte 122 is locked while a log is recovered. Bytes of the main file are locked for writing
during the last checkpoint and outside WAL mode. A process that hangs or is stopped with one of these locks blocks every
other.

Closing a file releases all POSIX locks that the process itself has on it, so use this module only in a process without an
open connection to the database.
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
MAX_HOLD = 60.0  # seconds; no transaction of ours takes that long

# struct flock: on Linux type, whence, start, length, pid; elsewhere start, length, pid, type, whence.
IS_LINUX = sys.platform.startswith("linux")
FLOCK = "hhqqi4x" if IS_LINUX else "qqihh"


@dataclass(frozen=True)
class LockHolder:
    """A process that holds a lock which blocks all writers; a pid of 0 or below means that it is unknown."""

    pid: int
    lock: str


class LockMonitor:
    """Remembers, between checks, since when each process has held a lock without a commit."""

    def __init__(self, database: Path, *, max_hold: float = MAX_HOLD) -> None:
        self._database = database
        self._max_hold = max_hold
        self._since: dict[LockHolder, tuple[float, bytes]] = {}

    def check(self, now: float) -> list[tuple[LockHolder, float]]:
        """Return the processes that have held a lock for too long, and for how many seconds.

        `now` is in seconds of a monotonic counter. A busy writer may hold the lock at every check, but it has
        committed in between, which changes the header of the log's index.
        """
        header = _read_header(self._database)
        seen = {}
        for holder in lock_holders(self._database):
            since, last_header = self._since.get(holder, (now, header))
            seen[holder] = (since, header) if last_header == header else (now, header)
        self._since = seen
        return [(holder, now - since) for holder, (since, _) in seen.items() if now - since >= self._max_hold]


def lock_holders(database: Path) -> list[LockHolder]:
    """Return the other processes that hold a lock which blocks all writers."""
    found = []
    for path, lock, start, length in (
        (_shm(database), "the write lock", WAL_WRITE, 1),
        (_shm(database), "the lock for recovery", WAL_RECOVER, 1),
        (database, "the lock on the whole file", PENDING, SHARED_LAST - PENDING + 1),
    ):
        with suppress(OSError):
            if (pid := _find_writer(path, start, length)) is not None:
                found.append(LockHolder(pid, lock))
    return found


def _shm(database: Path) -> Path:
    return database.with_name(f"{database.name}-shm")


def _read_header(database: Path) -> bytes:
    with suppress(OSError), _shm(database).open("rb") as file:
        return file.read(WAL_INDEX_HEADER)
    return b""


def _find_writer(path: Path, start: int, length: int) -> int | None:
    """Return the pid of a process with a write lock on those bytes; None: there is none."""
    kind, whence = fcntl.F_RDLCK, os.SEEK_SET  # only a write lock conflicts with a read lock
    query = (kind, whence, start, length, 0) if IS_LINUX else (start, length, 0, kind, whence)
    file = os.open(path, os.O_RDONLY)
    try:
        answer = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(FLOCK, *query)))
    finally:
        os.close(file)
    kind, pid = (answer[0], answer[4]) if IS_LINUX else (answer[3], answer[2])
    return None if kind == fcntl.F_UNLCK else pid

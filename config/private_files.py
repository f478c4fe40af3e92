"""Files and folders that only their owner can read: people's notes and the secret key are in them."""

import os
from contextlib import suppress
from pathlib import Path

OTHERS = 0o077  # the rights of the group and of everybody
SQLITE_ENDINGS = ("", "-wal", "-shm", "-journal")


def private_folder(path: Path, *, ours: Path) -> None:
    """Create the folder for its owner alone.

    One that exists keeps its rights, because it may be shared, unless it is `ours`, the default folder.
    """
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif path == ours:
        tighten(path)


def private_database(path: Path) -> None:
    """Create the file of an SQLite database for its owner alone, or take away the rights of others.

    SQLite gives its other files the rights of this one. Whether it can be used shows when it is opened.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    for ending in SQLITE_ENDINGS:
        tighten(path.with_name(path.name + ending))


def tighten(path: Path) -> None:
    """Take away the rights of others, if the path exists and is ours to change."""
    with suppress(OSError):
        mode = path.stat().st_mode
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS & 0o7777)


def readable_by_others(path: Path) -> bool:
    """Return whether the path exists and its rights let others in."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)

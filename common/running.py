"""What `make run` tells other processes of this machine while it runs: where its Redis is.

`manage.py doctor` needs it: the embedded server has another port and password at each start. Only the standard library is
used, because the supervisor does without Django.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "supervisor.lock"  # held by the supervisor for as long as it lives; its content is the pid
STATE = "running.json"


@contextmanager
def announced(folder: Path, *, redis_url: str) -> Iterator[None]:
    """Say in the data folder, for this user alone, where the Redis is during the block."""
    path = folder / STATE
    path.unlink(missing_ok=True)  # one that is left may have another mode
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"pid": os.getpid(), "redis_url": redis_url}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_redis(folder: Path) -> str | None:
    """Return the URL of the Redis of the supervisor that runs on a data folder; None if none runs.

    What a supervisor that was killed has left is not believed: its lock is free, or has another's pid.
    """
    try:
        told = json.loads((folder / STATE).read_text())
        with (folder / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(told["redis_url"]) if lock.read().strip() == str(told["pid"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None

"""Looks, beside the supervisor, whether its children answer, and whether one holds the database's lock for too long.

A process that has died says so; one that hangs or was stopped does not, and everything waits for it. Each is asked in
its own way: web and Redis directly; worker and beat by the rows that they write twice a minute. Those say nothing while
the database or Redis is away, or cannot be written to: then nobody is blamed.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import redis

from config.sqlite_locks import LockWatch

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
ANSWER_WITHIN = 5.0  # of web and Redis
FRESH = timedelta(seconds=60)  # a row of a process that works is at most half of this old

# How to ask: the child's process in, out whether it answers; None: that cannot be told now.
Question = Callable[[int], bool | None]


@dataclass
class Listener:
    """Asks one child, and notes since when it has been silent."""

    name: str
    ask: Question
    patience: float
    _pid: int = 0
    _silent_since: float | None = field(default=None)

    def look(self, pid: int, now: float) -> float:
        """Return for how many seconds the child has not answered; `now` is a counter's."""
        if pid != self._pid:
            self._pid, self._silent_since = pid, None
        if self.ask(pid) is not False:
            self._silent_since = None
            return 0.0
        if self._silent_since is None:
            self._silent_since = now
        return now - self._silent_since


@dataclass(frozen=True)
class Silent:
    """A child that has not answered for too long, as the process that it was."""

    name: str
    pid: int
    seconds: float


class Watch:
    """A thread that looks every few seconds; the supervisor takes what it found from `silent` and `notes`."""

    def __init__(
        self, listeners: Sequence[Listener], *, locks: LockWatch | None = None, every: float = LOOK_EVERY
    ) -> None:
        self.pids: Mapping[str, int] = {}
        self.silent: queue.SimpleQueue[Silent] = queue.SimpleQueue()
        self.notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listeners = listeners
        self._locks = locks
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that is under way is not waited for."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            try:
                self.look(time.monotonic())
            except Exception:  # the next look is not lost with this one
                logger.exception("a look at the processes failed")

    def look(self, now: float) -> None:
        """Ask every child once; `now` is a counter's, in seconds."""
        if self._locks is not None:
            for holder, seconds in self._locks.look(now):
                self.notes.put(end_holder(holder.pid, f"{holder.lock} on the database", seconds))
        for listener in self._listeners:
            if (pid := self.pids.get(listener.name)) is None:
                continue
            seconds = listener.look(pid, now)
            if seconds >= listener.patience:
                self.silent.put(Silent(listener.name, pid, seconds))


def end_holder(pid: int, what: str, seconds: float) -> str:
    """Kill a process that has held a lock for too long, and return a sentence about it.

    Nothing is lost: what it had not committed was never acknowledged, and its starter starts it again.
    """
    since = f"has held {what} for {seconds:.0f} s without a commit"
    if pid <= 0 or pid == os.getpid():
        return f"Some process {since}; which one cannot be told."
    named = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    who = f"Process {pid} ({named.stdout.strip() or 'gone'})"
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return f"{who} {since}, and has ended."
    except PermissionError:
        return f"{who} {since} and belongs to somebody else: end it, nobody can write until then."
    return f"{who} {since} and was killed."


def over_http(url: str) -> Question:
    """Ask the web server: any answer is one, an error too."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(_: int) -> bool:
        try:
            with direct.open(url, timeout=ANSWER_WITHIN):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    return ask


def over_redis(url: str) -> Question:
    """Ask a Redis-protocol server: any answer is one."""
    url = url.replace("redis+socket://", "unix://")

    def ask(_: int) -> bool:
        client = redis.Redis.from_url(url, socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN)
        try:
            client.ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        except redis.RedisError:
            return True
        finally:
            client.close()
        return True

    return ask


def by_row(role: str, *, redis_answers: Question) -> Question:
    """Ask the database when that process last noted that it works; needs Django."""

    def ask(pid: int) -> bool | None:
        from django.db import DatabaseError, InterfaceError, connection  # here, once Django is set up

        from common import clock
        from notifications import heartbeats

        try:
            now = clock.now()
            at = heartbeats.last_at(heartbeats.process_name(role, pid))
            if at is not None and now - at < FRESH:
                return True
            # Nobody can answer where nobody can write.
            heartbeats.record(heartbeats.process_name(heartbeats.SUPERVISOR), now=now)
        except (DatabaseError, InterfaceError):
            return None
        finally:
            connection.close()  # so that no lock of SQLite's stays with this process
        return False if redis_answers(pid) else None

    return ask


def database_file(engine: str, name: str) -> Path | None:
    """Return the file of an SQLite database; None for others."""
    return Path(name) if engine.endswith("sqlite3") else None

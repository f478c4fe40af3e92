"""Checks, beside the supervisor, that its children respond and that none holds the database's lock for too long.

A process that exits is noticed at once; one that hangs or was stopped is not, while everything waits for it. Web and
Redis are asked directly; worker, beat and bot by the heartbeat rows that they write twice a minute, which the web process
reads. While the database or Redis is down, or cannot be written to, missing heartbeats prove nothing, and no process
counts as unresponsive.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from standalone import loopback
from standalone.sqlite_locks import LockMonitor

logger = logging.getLogger(__name__)

CHECK_EVERY = 5.0  # seconds
PROBE_TIMEOUT = 5.0  # seconds, for web and Redis

# Takes the child's pid; returns whether it responds, or None if that cannot be known now.
Probe = Callable[[int], bool | None]


@dataclass
class LivenessCheck:
    """Probes one child, and remembers since when it has not responded."""

    name: str
    probe: Probe
    timeout: float  # seconds without a response after which the child counts as unresponsive
    _pid: int = 0
    _silent_since: float | None = field(default=None)

    def run(self, pid: int, now: float) -> float:
        """Return for how many seconds the child has not responded; `now` is in seconds of a monotonic counter."""
        if pid != self._pid:
            self._pid, self._silent_since = pid, None
        if self.probe(pid) is not False:
            self._silent_since = None
            return 0.0
        if self._silent_since is None:
            self._silent_since = now
        return now - self._silent_since


@dataclass(frozen=True)
class Unresponsive:
    """A child that has not responded for too long; `pid` tells whether it was restarted meanwhile."""

    name: str
    pid: int
    seconds: float


class Watchdog:
    """A thread that runs the checks every few seconds; the supervisor reads the queues `unresponsive` and `messages`."""

    def __init__(
        self, checks: Sequence[LivenessCheck], *, locks: LockMonitor | None = None, every: float = CHECK_EVERY
    ) -> None:
        self.pids: Mapping[str, int] = {}
        self.unresponsive: queue.SimpleQueue[Unresponsive] = queue.SimpleQueue()
        self.messages: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._checks = checks
        self._locks = locks
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop checking; a check that is running is not waited for."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self.check(time.monotonic())
            except Exception:  # the next check may succeed
                logger.exception("the check of the processes failed")

    def check(self, now: float) -> None:
        """Check locks and children once; `now` is in seconds of a monotonic counter."""
        if self._locks is not None:
            for holder, seconds in self._locks.check(now):
                self.messages.put(kill_lock_holder(holder.pid, f"{holder.lock} on the database", seconds))
        for each in self._checks:
            if (pid := self.pids.get(each.name)) is None:
                continue
            seconds = each.run(pid, now)
            if seconds >= each.timeout:
                self.unresponsive.put(Unresponsive(each.name, pid, seconds))


def kill_lock_holder(pid: int, lock: str, seconds: float) -> str:
    """Kill a process that has held a lock for too long, and return a sentence about it.

    No data is lost: what it has not committed was never acknowledged. Its supervisor restarts it.
    """
    since = f"has held {lock} for {seconds:.0f} s without a commit"
    if pid <= 0 or pid == os.getpid():
        return f"An unknown process {since}."
    named = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    who = f"Process {pid} ({named.stdout.strip() or 'gone'})"
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return f"{who} {since}, and has ended."
    except PermissionError:
        return f"{who} {since} and belongs to another user: end it, nobody can write until then."
    return f"{who} {since} and was killed."


def http_probe(url: str) -> Probe:
    """Return a probe that asks the web server; any HTTP response counts, also an error."""

    def probe(_: int) -> bool:
        try:
            loopback.get(url, timeout=PROBE_TIMEOUT)
        except OSError:
            return False
        return True

    return probe


def redis_probe(url: str) -> Probe:
    """Return a probe that asks a Redis-protocol server; any response counts, also an error.

    Without the library, which takes 7 MB: who responds is not of interest, so neither password nor certificate is needed.
    """
    server = urlsplit(url)
    refusals: tuple[type[OSError], ...] = ()
    if server.scheme == "rediss":
        import ssl  # here, because it takes 5 MB

        refusals = (ssl.SSLError,)

    def probe(_: int) -> bool:
        try:
            with _connect(server) as connection:
                connection.sendall(b"PING\r\n")
                return bool(connection.recv(1))
        except refusals:
            return True
        except OSError:
            return False

    return probe


def _connect(server: SplitResult) -> socket.socket:
    """Connect to the server of a redis://, rediss:// or unix:// URL. Raise OSError."""
    if not server.hostname:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PROBE_TIMEOUT)
        connection.connect(server.path)
        return connection
    connection = socket.create_connection((server.hostname, server.port or 6379), timeout=PROBE_TIMEOUT)
    if server.scheme != "rediss":
        return connection
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=server.hostname)


def heartbeat_probe(url: str, token: str, role: str, *, redis_responds: Probe) -> Probe:
    """Return a probe that asks the web server at `url` for a recent heartbeat of the process in the database.

    The supervisor has no connection of its own: Django would double its memory.
    """
    headers = {"Authorization": f"Bearer {token}"}

    def probe(pid: int) -> bool | None:
        address = f"{url}/heartbeat/?role={role}&pid={pid}"
        try:
            _, answer = loopback.get(address, timeout=PROBE_TIMEOUT, headers=headers)
            is_alive = json.loads(answer)["is_alive"]
        except (OSError, ValueError, TypeError, KeyError):  # neither web nor database tell anything about it
            return None
        return True if is_alive else False if redis_responds(pid) else None

    return probe

"""load: eight clients for ten minutes, 70 % today/, 20 % check-offs, 10 % summaries of a year, over HTTP.

Any answer but a 200 fails the measure. The latencies are printed, to compare runs on one machine.
"""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from random import Random

from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.memory import resident
from benchmarks.plain.people import bring_to_life, today_of, token_of
from benchmarks.plain.resting_memory import descendants
from benchmarks.world import ROOT, World
from standalone.servers import free_port
from tracking.models import HabitTrack
from users.models import User

CLIENTS = 8
PEOPLE, HABITS, DAYS = 40, 20, 365
WARM_UP = 0.2  # of the time: by then every process has served every kind of request
MEMORY_EVERY = 5.0  # seconds
NO_LIMIT = {"THROTTLE_WORK": "1000000/minute", "ALLOWED_HOSTS": "127.0.0.1"}


class Client(threading.Thread):
    """Sends one request after the other until the time is up, and keeps their latencies by kind."""

    def __init__(self, port: int, people: list[tuple[str, str, list[int]]], seed: int, until: float) -> None:
        super().__init__(daemon=True)
        self.latencies: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self._port, self._people, self._random, self._until = port, people, Random(seed), until

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while time.monotonic() < self._until:
            token, today, tracks = self._random.choice(self._people)
            kind = self._random.choices(["today", "check-off", "summary"], [70, 20, 10])[0]
            method, path, body = "GET", f"/api/{kind}/", None
            if kind == "check-off":
                status = self._random.choice(["completed", "skipped", "missed"])
                path, body = f"/api/tracks/{self._random.choice(tracks)}/logs/{today}/", json.dumps({"status": status})
                method = "PUT"
            headers = {"Authorization": token, "Content-Type": "application/json"}
            begun = time.monotonic()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(f"{kind}: {type(error).__name__} {error}")
                connection.close()
                continue
            self.latencies[kind].append(time.monotonic() - begun)
            if answer.status != 200:
                self.errors.append(f"{kind}: {answer.status} {text[:200]!r}")


def run(world: World, options: Options) -> Iterator[float]:
    """Yield the web processes' memory in the last fifth of the time ÷ in the second one; print the latencies."""
    bring_to_life(world, "load", users=PEOPLE, habits=HABITS, days=DAYS)
    now = timezone.now()
    people = [
        (
            token_of(user),
            today_of(user, now).isoformat(),
            list(HabitTrack.objects.filter(user=user).order_by("pk").values_list("pk", flat=True)),
        )
        for user in User.objects.order_by("pk")
    ]
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
    web = world.guard.start(command, env=world.environment() | NO_LIMIT, cwd=ROOT, output=subprocess.DEVNULL)
    try:
        _wait_for(port)
        begun = time.monotonic()
        clients = [Client(port, people, seed, begun + options.load_seconds) for seed in range(CLIENTS)]
        for client in clients:
            client.start()
        memory: list[tuple[float, int]] = []
        while any(client.is_alive() for client in clients):
            time.sleep(MEMORY_EVERY)
            memory.append((time.monotonic() - begun, sum(map(resident, descendants(web.pid)))))
    finally:
        world.guard.stop(web, timeout=10)
    errors = [error for client in clients for error in client.errors]
    if errors:
        raise RuntimeError(f"{len(errors)} errors, such as: {errors[:3]}")
    for kind in ("today", "check-off", "summary"):
        found = sorted(latency for client in clients for latency in client.latencies[kind])
        middle, p99 = statistics.median(found), found[int(len(found) * 0.99)]
        shown = f"{len(found)} requests, median {middle * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
        print(f"load: {kind}: {shown}", flush=True)
    yield _median(memory, options, 0.8, 1.0) / _median(memory, options, WARM_UP, 0.4)


def _median(memory: list[tuple[float, int]], options: Options, first: float, last: float) -> float:
    seconds = options.load_seconds
    return statistics.median(size for at, size in memory if first * seconds <= at <= last * seconds)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            if time.monotonic() > until:
                raise
        finally:
            connection.close()
        time.sleep(0.2)

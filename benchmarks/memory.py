"""memory: how much a worker's resident memory grows during 20,000 sends."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.pace import wait_for_sends, wake_senders
from benchmarks.people import populate, queue
from benchmarks.send import add_chats
from benchmarks.world import World

SENDS = 20_000
CHATS = 2_000  # each gets ten messages, seconds apart
WINDOW = 500  # sends whose median is used
MAX_RUN = 600.0  # seconds


def run(world: World, options: Options) -> Iterator[float]:
    """Yield one value: resident memory after all sends ÷ after half of them."""
    world.fresh_database("memory")
    world.reset()
    add_chats(world, CHATS)
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=SENDS, users=CHATS, at=at)
    queue(tracks=SENDS, at=at)
    worker = world.start_worker(unlimited=True)
    try:
        wake_senders(1)
        half = _memory_after(world, worker.pid, SENDS // 2)
        yield _memory_after(world, worker.pid, SENDS) / half
    finally:
        world.guard.stop(worker, timeout=0)


def _memory_after(world: World, pid: int, sends: int) -> float:
    wait_for_sends(world, sends - WINDOW, within=MAX_RUN)
    samples = []
    while world.telegram.counters["accepted.sendMessage"] < sends:
        samples.append(resident(pid))
        time.sleep(0.05)
    return statistics.median(samples)


def resident(pid: int) -> int:
    """Return the resident memory of a process in KiB."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout)

"""memory: how a worker's resident memory grows over 20,000 sends."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.pace import ask_to_send, wait_for_sends
from benchmarks.people import populate, queue
from benchmarks.send import add_chats
from benchmarks.world import World

SENDS = 20_000
CHATS = 2_000  # each gets ten messages, seconds apart
WINDOW = 500  # sends, of which the median is taken
LONGEST_RUN = 600.0  # seconds


def run(world: World, options: Options) -> Iterator[float]:
    """Resident memory after all the sends ÷ after half of them: one value."""
    world.fresh_database("memory")
    world.forget()
    add_chats(world, CHATS)
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=SENDS, users=CHATS, at=at)
    queue(tracks=SENDS, at=at)
    worker = world.start_worker(unlimited=True)
    try:
        ask_to_send(1)
        half = _at_the_end_of(world, worker.pid, SENDS // 2)
        yield _at_the_end_of(world, worker.pid, SENDS) / half
    finally:
        world.guard.stop(worker, timeout=0)


def _at_the_end_of(world: World, pid: int, sends: int) -> float:
    wait_for_sends(world, sends - WINDOW, within=LONGEST_RUN)
    samples = []
    while world.telegram.counters["accepted.sendMessage"] < sends:
        samples.append(resident(pid))
        time.sleep(0.05)
    return statistics.median(samples)


def resident(pid: int) -> int:
    """The resident memory of a process, in KiB."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout)

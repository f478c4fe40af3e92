"""pace: several workers together, while the fake refuses a 31st message within any second."""

import sys
import time
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.people import populate, queue
from benchmarks.send import add_chats
from benchmarks.world import World
from common.wake import wake

WORKERS = 3
TARGET = 28.5  # messages per second
WARM_UP = 3  # seconds
MAX_START = 30.0  # seconds


def run(world: World, options: Options) -> Iterator[float]:
    """Yield one value: messages per second ÷ 28.5 over the whole time, or 0 after a single 429."""
    messages = 30 * (options.pace_seconds + WARM_UP + 5)
    world.fresh_database("pace")
    world.reset()
    add_chats(world, messages)
    world.telegram.limit(overall=30, per_chat=1)
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=messages, users=messages, at=at)
    queue(tracks=messages, at=at)
    workers = [world.start_worker() for _ in range(WORKERS)]
    try:
        wake_senders(WORKERS)
        wait_for_sends(world, 1)
        time.sleep(WARM_UP + options.pace_seconds)
        calls = [call.monotonic for call in world.telegram.calls_of("sendMessage") if call.status == 200]
        refused = world.telegram.refused_by_limits
    finally:
        world.guard.stop(*workers, timeout=0)
    since = calls[0] + WARM_UP
    sent = sum(since <= each < since + options.pace_seconds for each in calls)
    if refused:
        print(f"pace: {refused} times 429, {sent / options.pace_seconds:.2f} messages per second", file=sys.stderr)
    yield 0.0 if refused else sent / options.pace_seconds / TARGET


def wake_senders(tasks: int) -> None:
    """Wake that many senders."""
    with transaction.atomic():
        for _ in range(tasks):
            wake("notifications.tasks.send")


def wait_for_sends(world: World, count: int, *, within: float = MAX_START) -> None:
    """Wait until the fake has accepted `count` messages. Raise TimeoutError after `within` seconds."""
    until = time.monotonic() + within
    while world.telegram.counters.get("accepted.sendMessage", 0) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"fewer than {count} messages arrived within {within:.0f} s")
        time.sleep(0.1)

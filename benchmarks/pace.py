"""pace: several workers together, where the Bot API refuses a 31st message in any second."""

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
WANTED = 28.5  # messages a second
WARM_UP = 3  # seconds
LONGEST_START = 30.0  # seconds


def run(world: World, options: Options) -> Iterator[float]:
    """Messages a second ÷ 28.5, over all the seconds: one value. 0 where a single 429 was drawn."""
    messages = 30 * (options.pace_seconds + WARM_UP + 5)
    world.fresh_database("pace")
    world.forget()
    add_chats(world, messages)
    world.telegram.limit(overall=30, per_chat=1)
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=messages, users=messages, at=at)
    queue(tracks=messages, at=at)
    workers = [world.start_worker() for _ in range(WORKERS)]
    try:
        ask_to_send(WORKERS)
        wait_for_sends(world, 1)
        time.sleep(WARM_UP + options.pace_seconds)
        calls = [call.monotonic for call in world.telegram.calls_of("sendMessage") if call.status == 200]
        drawn = world.telegram.drawn
    finally:
        world.guard.stop(*workers, timeout=0)
    since = calls[0] + WARM_UP
    sent = sum(since <= each < since + options.pace_seconds for each in calls)
    if drawn:
        print(f"pace: {drawn} times 429, {sent / options.pace_seconds:.2f} messages a second", file=sys.stderr)
    yield 0.0 if drawn else sent / options.pace_seconds / WANTED


def ask_to_send(tasks: int) -> None:
    """Hints at the outbox for so many workers."""
    with transaction.atomic():
        for _ in range(tasks):
            wake("notifications.tasks.send")


def wait_for_sends(world: World, count: int, *, within: float = LONGEST_START) -> None:
    """Waits until the fake has accepted so many messages. Raises TimeoutError."""
    until = time.monotonic() + within
    while world.telegram.counters.get("accepted.sendMessage", 0) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{count} messages did not arrive within {within:.0f} s")
        time.sleep(0.1)

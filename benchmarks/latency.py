"""latency: from a reminder's minute to the acceptance of its message, with beat, three workers and Telegram's limits.

All reminders of a round (1, 100 or 2,000) are due at the same full minute, because that is what users choose. For many
reminders the time is compared with the minimum at 29 messages per second; for one reminder with two seconds.
"""

import math
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from benchmarks.measures import Options
from benchmarks.pace import WORKERS, wait_for_sends
from benchmarks.people import FIRST_CHAT, populate, tidy
from benchmarks.send import add_chats
from benchmarks.world import World
from notifications.models import Reminder

PER_SECOND = 29  # messages, the product's own limit
MAX_ONE = 2.0  # seconds, for one reminder
SOME, MANY = 100, 2_000
START_SECONDS = 20.0  # for beat and the workers


def one(world: World, options: Options) -> Iterator[float]:
    """Yield one value: the 99th percentile for one reminder per minute, over `rounds` minutes, ÷ 2 s."""
    waits = [last for [last] in _rounds(world, due=1, rounds=options.rounds)]
    p99 = statistics.quantiles(waits, n=100, method="inclusive")[98] if len(waits) > 1 else waits[0]
    _print("one due", waits)
    yield p99 / MAX_ONE


def some(world: World, options: Options) -> Iterator[float]:
    """Yield two values: the last of 100 ÷ (2 s + 100 ÷ 29)."""
    for waits in _rounds(world, due=SOME, rounds=2):
        _print(f"{SOME} due", waits)
        yield max(waits) / (MAX_ONE + SOME / PER_SECOND)


def many(world: World, options: Options) -> Iterator[float]:
    """Yield one value: the last of 2,000 ÷ (2,000 ÷ 29)."""
    for waits in _rounds(world, due=MANY, rounds=1):
        _print(f"{MANY} due", waits)
        yield max(waits) / (MANY / PER_SECOND)


def _rounds(world: World, *, due: int, rounds: int) -> Iterator[list[float]]:
    """Yield the waiting times (seconds) of each round's reminders. Rounds start one or more minutes apart."""
    total = due * rounds
    apart = timedelta(minutes=math.ceil((due / PER_SECOND + 5) / 60))
    world.fresh_database(f"latency_{due}")
    world.reset()
    add_chats(world, total)
    world.telegram.limit(overall=30, per_chat=1)
    filled = datetime.now(UTC) + timedelta(seconds=START_SECONDS + total / 200)
    first = filled.replace(second=0, microsecond=0) + timedelta(minutes=1)
    populate(tracks=total, users=total, at=first)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_reminder SET next_at = %s::timestamptz + (id - 1) / %s * %s * interval '1 second'",
            [first, due, apart.total_seconds()],
        )
    tidy(Reminder)
    processes = [world.start_beat(), *(world.start_worker() for _ in range(WORKERS))]
    try:
        for number in range(rounds):
            minute = first + number * apart
            time.sleep(max(0.0, (minute - datetime.now(UTC)).total_seconds()))
            wait_for_sends(world, (number + 1) * due, within=60 + due / PER_SECOND * 2)
            accepted = {
                int(call.chat_id): call.wall for call in world.telegram.calls_of("sendMessage") if call.status == 200
            }
            chats = range(FIRST_CHAT + 1 + number * due, FIRST_CHAT + 1 + (number + 1) * due)
            yield [accepted[chat_id] - minute.timestamp() for chat_id in chats]
    finally:
        world.guard.stop(*processes, timeout=0)


def _print(what: str, waits: list[float]) -> None:
    print(f"latency, {what}: median {statistics.median(waits):.2f} s, last {max(waits):.2f} s", file=sys.stderr)

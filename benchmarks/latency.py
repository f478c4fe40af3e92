"""latency: from the minute that people set to the message's acceptance, with beat, three workers and Telegram's limits.

All reminders of a round come due at one whole minute, as people set them: 1, 100 or 2,000. What 29 messages a second
allow is the floor of many; of one there is none, so two seconds stand in.
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

A_SECOND = 29  # messages, the product's own limit
SOON = 2.0  # seconds
SOME, MANY = 100, 2_000
STARTING = 20.0  # seconds that beat and the workers take


def one(world: World, options: Options) -> Iterator[float]:
    """The 99th percentile of one due at a minute ÷ 2 s: one value, of one reminder in each of `rounds` minutes."""
    waits = [last for [last] in _rounds(world, due=1, rounds=options.rounds)]
    p99 = statistics.quantiles(waits, n=100, method="inclusive")[98] if len(waits) > 1 else waits[0]
    _tell("one due", waits)
    yield p99 / SOON


def some(world: World, options: Options) -> Iterator[float]:
    """The last of 100 ÷ (2 s + 100 ÷ 29): one value a round of two."""
    for waits in _rounds(world, due=SOME, rounds=2):
        _tell(f"{SOME} due", waits)
        yield max(waits) / (SOON + SOME / A_SECOND)


def many(world: World, options: Options) -> Iterator[float]:
    """The last of 2,000 ÷ (2,000 ÷ 29): one value."""
    for waits in _rounds(world, due=MANY, rounds=1):
        _tell(f"{MANY} due", waits)
        yield max(waits) / (MANY / A_SECOND)


def _rounds(world: World, *, due: int, rounds: int) -> Iterator[list[float]]:
    """The waits (seconds) of each round's reminders; rounds begin as many minutes apart as one takes."""
    total = due * rounds
    apart = timedelta(minutes=math.ceil((due / A_SECOND + 5) / 60))
    world.fresh_database(f"latency_{due}")
    world.forget()
    add_chats(world, total)
    world.telegram.limit(overall=30, per_chat=1)
    filled = datetime.now(UTC) + timedelta(seconds=STARTING + total / 200)
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
            wait_for_sends(world, (number + 1) * due, within=60 + due / A_SECOND * 2)
            accepted = {
                int(call.chat_id): call.wall for call in world.telegram.calls_of("sendMessage") if call.status == 200
            }
            chats = range(FIRST_CHAT + 1 + number * due, FIRST_CHAT + 1 + (number + 1) * due)
            yield [accepted[chat_id] - minute.timestamp() for chat_id in chats]
    finally:
        world.guard.stop(*processes, timeout=0)


def _tell(what: str, waits: list[float]) -> None:
    print(f"latency, {what}: median {statistics.median(waits):.2f} s, last {max(waits):.2f} s", file=sys.stderr)

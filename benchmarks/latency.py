"""latency: how long after its due instant a reminder is accepted, with beat, several workers and half of Telegram's pace."""

import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.pace import WORKERS, wait_for_sends
from benchmarks.people import FIRST_CHAT, populate, tidy
from benchmarks.send import add_chats
from benchmarks.world import World
from notifications.models import Reminder

A_SECOND = 14.5  # half of 29
TICKS = 2
MINUTE = timedelta(minutes=1)
WITHIN = 61.0  # seconds: the tick's minute, and one more


def run(world: World, options: Options) -> Iterator[float]:
    """The 99th percentile of due to accepted ÷ 61 s: one value. Reminders come due evenly over two minutes."""
    count = int(A_SECOND * 60 * TICKS)
    world.fresh_database("latency")
    world.forget()
    add_chats(world, count)
    world.telegram.limit(overall=30, per_chat=1)
    first = timezone.now().replace(second=0, microsecond=0) + MINUTE
    populate(tracks=count, users=count, at=first)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_reminder SET next_at = %s::timestamptz + id * interval '1 second' / %s",
            [first, A_SECOND],
        )
    tidy(Reminder)
    processes = [world.start_beat(), *(world.start_worker() for _ in range(WORKERS))]
    try:
        time.sleep((first + TICKS * MINUTE - datetime.now(UTC)).total_seconds())
        wait_for_sends(world, count, within=120)
        calls = world.telegram.calls_of("sendMessage")
    finally:
        world.leash.stop(*processes, within=0)
    accepted = {int(call.chat_id): call.wall for call in calls if call.status == 200}
    due = {FIRST_CHAT + number: first.timestamp() + number / A_SECOND for number in range(1, count + 1)}
    waits = [accepted[chat_id] - at for chat_id, at in due.items()]
    p99 = statistics.quantiles(waits, n=100)[98]
    print(
        f"latency: median {statistics.median(waits):.1f} s, p99 {p99:.1f} s, most {max(waits):.1f} s", file=sys.stderr
    )
    yield p99 / WITHIN

"""baseline: 100,000 habits served in two ways that small projects use, compared with ours. Numbers without a target.

One way is a task per minute that loops over all habits in Python and sends in the loop; the other is one beat entry per
habit. Each serves one minute in which a thousand reminders are due; then again while every tenth send fails, and again
with its worker a minute late. A reminder that never arrives counts as lost.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import time_machine
from celery import Celery
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from benchmarks.claim import rewind, tick
from benchmarks.people import FIRST_CHAT, populate
from benchmarks.send import send_until_empty
from benchmarks.timing import seconds
from benchmarks.world import World
from common.redis import connection as redis_connection
from habits.models import Habit
from notifications.channels.telegram.client import close_client
from notifications.models import Delivery

HABITS = 100_000
EVERY = 100  # every hundredth habit is due
DUE = HABITS // EVERY
FAILING = 0.1  # of all sends, with a 502
MINUTE = timedelta(minutes=1)
ROUNDS_OF_RETRY = 20


@dataclass
class Cost:
    """The cost of one minute."""

    queries: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.queries:>9,} {self.seconds:>9.1f}"


@dataclass
class Row:
    """The results of one way of serving the habits."""

    name: str
    minute: Cost
    lost_failing: int
    lost_late: int
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        line = f"{self.name:24} {self.minute} {self.lost_failing:>18,} {self.lost_late:>14,}"
        return "\n".join([line, *(f"    {note}" for note in self.notes)])


HEAD = f"{'':24} {'queries':>9} {'seconds':>9} {'lost: 1 of 10 fails':>19} {'a minute late':>14}"


def run(world: World) -> Iterator[str]:
    """Yield the lines of the table."""
    world.fresh_database("baseline")
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=HABITS, users=HABITS, at=at, due_every=EVERY)
    yield f"{HABITS:,} habits, {DUE:,} of them due at one minute; sends to the fake Bot API included"
    yield HEAD
    for way in (one_loop, entry_per_habit, ours):
        yield str(way(world, at))
    close_client()


# A task per minute that loops over all habits


def one_loop(world: World, at: datetime) -> Row:
    """Measure a loop with one query for all habits, and for comparison with a query for each owner."""

    def remind(now: datetime, habits: QuerySet[Habit]) -> None:
        for habit in habits:
            assert habit.owner
            local = now.astimezone(ZoneInfo(habit.owner.time_zone))
            if habit.time and (habit.time.hour, habit.time.minute) == (local.hour, local.minute):
                send(habit)

    joined = Habit.objects.select_related("owner")
    reset(world)
    cost = costs(lambda: remind(at, joined.all()))
    assert lost(world) == 0
    make_sends_fail(world)
    remind(at, joined.all())
    lost_failing = lost(world)
    reset(world)
    remind(at + MINUTE, joined.all())
    lost_late = lost(world)
    each = costs(lambda: remind(at + MINUTE, Habit.objects.all()))
    note = f"with a query for each owner, nothing sent: {each.queries:,} queries, {each.seconds:,.1f} s"
    return Row("a loop each minute", cost, lost_failing, lost_late, [note])


# One beat entry per habit


def entry_per_habit(world: World, at: datetime) -> Row:
    """Measure django-celery-beat's own scheduler with entries that last ran on the day before."""
    taken = seconds(lambda: make_entries(at))
    notes = [f"{taken:,.1f} s to create the entries"]
    app = Celery("baseline", broker=settings.REDIS_URL, set_as_current=False)
    app.conf.result_expires = None
    reset(world)
    with time_machine.travel(at - MINUTE / 2):
        made: list[DatabaseScheduler] = []
        reading = costs(lambda: made.append(DatabaseScheduler(app=app)))
        scheduler = made[0]
        notes.append(f"beat reads its entries: {reading.queries:,} queries, {reading.seconds:,.1f} s")
        notes.append(f"{len(scheduler.schedule):,} entries in its memory, those within two hours of now")
        PeriodicTasks.update_changed()
        again = costs(lambda: scheduler.schedule)
        notes.append(f"again after one habit was edited: {again.queries:,} queries, {again.seconds:,.1f} s")
    sent: list[int] = []
    with time_machine.travel(at + timedelta(seconds=1)):
        dispatching = costs(lambda: sent.extend(dispatch(scheduler)))
    assert len(sent) == DUE
    notes.append(f"beat dispatches those due: {dispatching.queries:,} queries, {dispatching.seconds:,.1f} s")
    sending = costs(lambda: remind_each(sent))
    assert lost(world) == 0
    make_sends_fail(world)
    remind_each(sent)
    lost_failing = lost(world)
    with time_machine.travel(at + timedelta(seconds=5)):
        # A new scheduler, as if beat was killed before it stored its last runs, which it does every three minutes.
        twice = len(dispatch(DatabaseScheduler(app=app)))
    notes.append(f"beat killed before it stores its last runs (every three minutes): {twice:,} sent twice")
    reset(world)
    with time_machine.travel(at + MINUTE):
        remind_each(dispatch(DatabaseScheduler(app=app)))
    minute = Cost(dispatching.queries + sending.queries, dispatching.seconds + sending.seconds)
    return Row("one beat entry a habit", minute, lost_failing, lost(world), notes)


def make_entries(at: datetime) -> None:
    """Create an entry for each habit at its time in its owner's time zone."""
    schedules: dict[tuple[int, int, str], CrontabSchedule] = {}
    entries = []
    habits = Habit.objects.values_list("pk", "time", "owner__time_zone", "tracks__reminders__next_at")
    for pk, time, zone, next_at in habits:
        assert time and next_at
        key = time.hour, time.minute, zone
        if key not in schedules:
            schedules[key] = CrontabSchedule(hour=time.hour, minute=time.minute, timezone=ZoneInfo(zone))
        entries.append((pk, key, next_at - timedelta(days=1)))
    CrontabSchedule.objects.bulk_create(schedules.values())
    PeriodicTask.objects.bulk_create(
        (
            PeriodicTask(name=f"habit {pk}", task="remind", args=f"[{pk}]", crontab=schedules[key], last_run_at=last)
            for pk, key, last in entries
        ),
        batch_size=5_000,
    )
    PeriodicTasks.update_changed()


def dispatch(scheduler: DatabaseScheduler) -> list[int]:
    """Tick until nothing is due; return the habits whose tasks were published."""
    published: list[int] = []
    apply = scheduler.apply_entry

    def record(entry: Any, producer: Any = None) -> None:
        published.extend(entry.args)
        apply(entry, producer=producer)

    scheduler.apply_entry = record
    while scheduler.tick() == 0:
        pass
    return published


def remind_each(habits: list[int]) -> None:
    """Run the bodies of the tasks."""
    for pk in habits:
        send(Habit.objects.select_related("owner").get(pk=pk))


def send(habit: Habit) -> None:
    """Send one request and ignore errors, as such projects do."""
    assert habit.owner
    url = f"{settings.TELEGRAM_API_BASE_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/sendMessage"
    with suppress(httpx.HTTPError):
        CLIENT.post(url, json={"chat_id": FIRST_CHAT + habit.owner.pk, "text": habit.sentence})


CLIENT = httpx.Client()


# Ours


def ours(world: World, at: datetime) -> Row:
    """Measure our tick and sender."""
    reset(world)
    rewind(at, every=EVERY)
    send_until_empty()  # opens the connections, which a running worker has

    def minute() -> None:
        tick(at)
        send_until_empty()

    cost = costs(minute)
    assert lost(world) == 0
    rewind(at, every=EVERY)
    make_sends_fail(world)
    tick(at)
    for _ in range(ROUNDS_OF_RETRY):
        send_until_empty()
        # Skip the wait for the retry and the limit of one message per second and chat.
        redis_connection().flushdb()
        if not Delivery.objects.filter(state=Delivery.State.PENDING).update(available_at=at):
            break
    lost_failing = lost(world)
    reset(world)
    rewind(at, every=EVERY)
    tick(at + MINUTE)
    send_until_empty()
    return Row("ours", cost, lost_failing, lost(world))


# Shared by all ways


def reset(world: World) -> None:
    """Clear the fake and add the chats of the due reminders."""
    world.reset()
    for user in range(EVERY, HABITS + 1, EVERY):
        world.telegram.add_chat(FIRST_CHAT + user)


def make_sends_fail(world: World) -> None:
    """Clear the fake and let some sends fail from now on."""
    reset(world)
    world.telegram.fault("server_error", method="sendMessage", times="all", probability=FAILING)


def lost(world: World) -> int:
    """Return how many due reminders have not arrived in their chat."""
    return DUE - len({message.chat_id for message in world.telegram.messages()})


def costs(call: Callable[[], object]) -> Cost:
    """Return the cost of a call."""
    cost = Cost()
    with counting(cost):
        cost.seconds = seconds(call)
    return cost


@contextmanager
def counting(cost: Cost) -> Iterator[None]:
    """Count the queries of the block."""

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        cost.queries += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield

"""baseline: the same 100,000 habits served the way that small projects do it, next to ours. Figures, no target.

One way is a task each minute that walks all habits in Python and sends in the loop; the other one beat entry per
habit. Each serves one minute at which a thousand reminders are due; then once more while every tenth send fails,
and once more with its worker a minute late. A reminder is lost where it never arrived.
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
from notifications.models import Delivery
from notifications.telegram.client import close_client

HABITS = 100_000
EVERY = 100  # one habit in so many is due
DUE = HABITS // EVERY
FAILING = 0.1  # of all sends, with a 502
MINUTE = timedelta(minutes=1)
ROUNDS_OF_RETRY = 20


@dataclass
class Cost:
    """What one minute took."""

    queries: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.queries:>9,} {self.seconds:>9.1f}"


@dataclass
class Row:
    """One way of serving the habits."""

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
    """The lines of the table."""
    world.fresh_database("baseline")
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=HABITS, users=HABITS, at=at, due_every=EVERY)
    yield f"{HABITS:,} habits, {DUE:,} of them due at one minute; sends to the fake Bot API included"
    yield HEAD
    for way in (the_loop, an_entry_each, ours):
        yield str(way(world, at))
    close_client()


# A task each minute that walks all habits


def the_loop(world: World, at: datetime) -> Row:
    """One query for all, which is the loop at its best; as often it reads each habit's owner by a query of its own."""

    def remind(now: datetime, habits: QuerySet[Habit]) -> None:
        for habit in habits:
            assert habit.owner
            local = now.astimezone(ZoneInfo(habit.owner.time_zone))
            if habit.time and (habit.time.hour, habit.time.minute) == (local.hour, local.minute):
                send(habit)

    joined = Habit.objects.select_related("owner")
    forget(world)
    cost = costs(lambda: remind(at, joined.all()))
    assert lost(world) == 0
    failing(world)
    remind(at, joined.all())
    lost_failing = lost(world)
    forget(world)
    remind(at + MINUTE, joined.all())
    lost_late = lost(world)
    each = costs(lambda: remind(at + MINUTE, Habit.objects.all()))
    note = f"with a query for each owner, nothing sent: {each.queries:,} queries, {each.seconds:,.1f} s"
    return Row("a loop each minute", cost, lost_failing, lost_late, [note])


# One beat entry per habit


def an_entry_each(world: World, at: datetime) -> Row:
    """django-celery-beat's own scheduler, each entry last run on the day before."""
    taken = seconds(lambda: make_entries(at))
    notes = [f"{taken:,.1f} s to make the entries"]
    app = Celery("baseline", broker=settings.REDIS_URL, set_as_current=False)
    app.conf.result_expires = None
    forget(world)
    with time_machine.travel(at - MINUTE / 2):
        made: list[DatabaseScheduler] = []
        reading = costs(lambda: made.append(DatabaseScheduler(app=app)))
        scheduler = made[0]
        notes.append(f"beat reads its entries: {reading.queries:,} queries, {reading.seconds:,.1f} s")
        notes.append(f"{len(scheduler.schedule):,} entries in its memory, those within two hours of now")
        PeriodicTasks.update_changed()
        again = costs(lambda: scheduler.schedule)
        notes.append(f"after one habit was edited, anew: {again.queries:,} queries, {again.seconds:,.1f} s")
    sent: list[int] = []
    with time_machine.travel(at + timedelta(seconds=1)):
        dispatching = costs(lambda: sent.extend(dispatch(scheduler)))
    assert len(sent) == DUE
    notes.append(f"beat dispatches those due: {dispatching.queries:,} queries, {dispatching.seconds:,.1f} s")
    sending = costs(lambda: remind_each(sent))
    assert lost(world) == 0
    failing(world)
    remind_each(sent)
    lost_failing = lost(world)
    with time_machine.travel(at + timedelta(seconds=5)):
        # Killed before it wrote down what it had run, which it does every three minutes.
        twice = len(dispatch(DatabaseScheduler(app=app)))
    notes.append(f"beat killed within its three minutes between two writes: {twice:,} sent twice")
    forget(world)
    with time_machine.travel(at + MINUTE):
        remind_each(dispatch(DatabaseScheduler(app=app)))
    minute = Cost(dispatching.queries + sending.queries, dispatching.seconds + sending.seconds)
    return Row("one beat entry a habit", minute, lost_failing, lost(world), notes)


def make_entries(at: datetime) -> None:
    """An entry for each habit at its time in its owner's zone."""
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
    """Ticks until nothing is due; the habits whose tasks were put into the broker."""
    taken: list[int] = []
    apply = scheduler.apply_entry

    def noted(entry: Any, producer: Any = None) -> None:
        taken.extend(entry.args)
        apply(entry, producer=producer)

    scheduler.apply_entry = noted
    while scheduler.tick() == 0:
        pass
    return taken


def remind_each(habits: list[int]) -> None:
    """The tasks' bodies."""
    for pk in habits:
        send(Habit.objects.select_related("owner").get(pk=pk))


def send(habit: Habit) -> None:
    """As those projects do: one request, and a log line where it fails."""
    assert habit.owner
    url = f"{settings.TELEGRAM_API_BASE_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/sendMessage"
    with suppress(httpx.HTTPError):
        CLIENT.post(url, json={"chat_id": habit.owner.chat_id, "text": habit.sentence})


CLIENT = httpx.Client()


# Ours


def ours(world: World, at: datetime) -> Row:
    """A tick and a sender."""
    forget(world)
    rewind(at, every=EVERY)
    send_until_empty()  # connects, as a worker that runs has

    def minute() -> None:
        tick(at)
        send_until_empty()

    cost = costs(minute)
    assert lost(world) == 0
    rewind(at, every=EVERY)
    failing(world)
    tick(at)
    for _ in range(ROUNDS_OF_RETRY):
        send_until_empty()
        # The time that a retry waits for passes, and a chat's second between two messages with it.
        redis_connection().flushdb()
        if not Delivery.objects.filter(state=Delivery.State.PENDING).update(available_at=at):
            break
    lost_failing = lost(world)
    forget(world)
    rewind(at, every=EVERY)
    tick(at + MINUTE)
    send_until_empty()
    return Row("ours", cost, lost_failing, lost(world))


# All of them


def forget(world: World) -> None:
    """Nothing has arrived; the chats of those due are there."""
    world.forget()
    for user in range(EVERY, HABITS + 1, EVERY):
        world.telegram.add_chat(FIRST_CHAT + user)


def failing(world: World) -> None:
    """The same, and some sends fail from now on."""
    forget(world)
    world.telegram.fault("server_error", method="sendMessage", times="all", probability=FAILING)


def lost(world: World) -> int:
    """How many of those due have nothing in their chat."""
    return DUE - len({message.chat_id for message in world.telegram.messages()})


def costs(call: Callable[[], object]) -> Cost:
    """What a call costs."""
    cost = Cost()
    with counting(cost):
        cost.seconds = seconds(call)
    return cost


@contextmanager
def counting(cost: Cost) -> Iterator[None]:
    """Counts queries."""

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        cost.queries += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield

"""One fault run: fill, start, let things go wrong, wait until it is quiet, account. Needs Django to be set up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from benchmarks.people import FIRST_CHAT
from config.celery import app
from notifications.models import Delivery, Reminder
from tests.chaos.account import SHOWN, Account, Telegram, account
from tests.chaos.faults import Faults
from tests.chaos.fleet import Fleet
from tests.chaos.people import People
from tests.chaos.plan import Plan, make_plan
from users.tasks import take_up_zone_data

POLL = 0.05  # seconds
TICK_EVERY = 3.0  # seconds, where a run cannot wait for beat's minute
SOON = timedelta(seconds=5)  # what waits longer than this at the end is brought forward
QUIET_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """How much: `seconds` during which reminders come due and faults are played; `by_minute`: on whole minutes."""

    seed: int
    reminders: int
    faults: int
    seconds: int
    by_minute: bool


def run(fleet: Fleet, options: Options) -> int:
    """Prints one table; 1 where anything is unaccounted for."""
    call_command("migrate", verbosity=0)
    take_up_zone_data()  # of nobody yet: later it would plan everybody by whole minutes
    fleet.start_service()
    first = _first_instant(options)
    step = 60 if options.by_minute else 1
    steps = options.seconds // step
    plan = make_plan(reminders=options.reminders, first=first, steps=steps, step_seconds=step)
    last_due = first + timedelta(seconds=(steps - 1) * step)
    people = People(fleet.web_port, plan, options.seed, last_due)
    people.prepare()
    connection.close()
    faults = Faults(fleet, random.Random(options.seed), chats_to_come=lambda: chats_to_come(plan))
    while datetime.now(UTC) < first:
        fleet.keep()
        time.sleep(POLL)
    people.start()
    try:
        _go_wrong(faults, options)
    finally:
        people.stop()
    until = time.time()
    faults.end()
    quiet = _wait_until_quiet(fleet, by_minute=options.by_minute)
    told = Telegram.read(fleet.journal)
    result = account(plan, people, told, in_flight=faults.in_flight, until=until)
    if any(_holds_token(fleet, name) for name in fleet.programs):
        result.problems.append("the bot's token is in a log")
    print(table(options, faults, people, result, fleet, quiet), flush=True)
    return 1 if result.problems else 0


def chats_to_come(plan: Plan) -> list[int]:
    """The chats of people who are still to be reminded."""
    now = datetime.now(UTC)
    return [FIRST_CHAT + due.user for due in plan.due if due.at > now]


def _first_instant(options: Options) -> datetime:
    """When the first reminder comes due: a whole minute that leaves time to fill the database, or soon."""
    now = datetime.now(UTC)
    if not options.by_minute:
        return (now + timedelta(seconds=3)).replace(microsecond=0)
    return (now + timedelta(seconds=80)).replace(second=0, microsecond=0)


def _go_wrong(faults: Faults, options: Options) -> None:
    """Plays faults at random moments for as long as the run takes, and starts again what died."""
    ends = time.monotonic() + options.seconds
    # Uniform moments: what a Poisson process looks like where the number is known.
    moments = sorted(ends - faults.draw.random() * options.seconds for _ in range(options.faults))
    next_tick = time.monotonic()
    while (now := time.monotonic()) < ends or moments:
        faults.fleet.keep()
        faults.keep()
        if moments and now >= moments[0]:
            moments.pop(0)
            faults.play_one()
        if not options.by_minute and now >= next_tick:
            next_tick = now + TICK_EVERY
            _ask_for_a_tick()
        time.sleep(POLL)


def _wait_until_quiet(fleet: Fleet, *, by_minute: bool) -> float:
    """Seconds until nothing is due and nothing to be sent, bounded; what waits for hours is brought forward."""
    began = time.monotonic()
    next_look = 0.0
    while time.monotonic() - began < QUIET_WITHIN:
        fleet.keep()
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + 2.0
            if not _left_to_do():
                break
            fleet.flush_redis()  # it knows of chats that must wait
            if not by_minute:
                _ask_for_a_tick()
        time.sleep(POLL)
    return time.monotonic() - began


def _left_to_do() -> bool:
    try:
        now = timezone.now()
        pending = Delivery.objects.filter(state=Delivery.State.PENDING)
        pending.filter(lease=None, available_at__gt=now + SOON).update(available_at=now)
        return pending.exists() or Reminder.objects.filter(next_at__lte=now).exists()
    except OperationalError:
        connection.close()
        return True


def _ask_for_a_tick() -> None:
    try:
        for task in ("tick", "send", "send"):
            app.send_task(f"notifications.tasks.{task}", retry=False, expires=TICK_EVERY)
    except (BrokerError, RedisError, OSError):
        pass  # Redis may still be coming back; the next one asks again


def _holds_token(fleet: Fleet, name: str) -> bool:
    log = fleet.log_of(name)
    return log.exists() and fleet.telegram.token in log.read_text(errors="replace")


def table(options: Options, faults: Faults, people: People, result: Account, fleet: Fleet, quiet: float) -> str:
    """The run in numbers."""
    lines = [
        f"Fault run, seed {options.seed}: {result.due} reminders came due in {options.seconds} s, "
        f"{faults.counts.total()} faults; quiet {quiet:.0f} s after the last",
        "",
        "faults",
    ]
    lines += [f"  {name:42}{count:7}" for name, count in sorted(faults.counts.items())]
    lines += [f"  (ended by itself: {name:24}{count:7})" for name, count in sorted(fleet.ended_by_themselves.items())]
    lines += ["", "reminders"]
    lines += [f"  {fate:42}{count:7}" for fate, count in result.fates.most_common()]
    rows = {
        "lost": result.lost,
        "sent twice or more": result.doubled,
        "  second copies": result.extra_copies,
        "  uncertain rows": result.uncertain,
        "  messages in flight at kills and cuts": result.in_flight,
        "API: acknowledged writes": people.answers["acknowledged"],
        "  unanswered, or 5xx": people.answers["unanswered"] + people.answers["5xx"],
        "unaccounted for": len(result.problems),
    }
    lines += ["", *(f"{name:44}{number:7}" for name, number in rows.items())]
    lines += ["due to accepted: " + ", ".join(f"{name} {result.lateness(at):.0f} s" for name, at in LATENESS)]
    return "\n".join([*lines, *(f"  {problem}" for problem in result.problems[:SHOWN])])


LATENESS = (("median", 0.5), ("p99", 0.99), ("last", 1.0))

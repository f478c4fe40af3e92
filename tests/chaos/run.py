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

from config.celery import app
from notifications.models import Delivery, Reminder
from tests.chaos import kinds
from tests.chaos.accepted import Accepted
from tests.chaos.account import SHOWN, Account, account
from tests.chaos.faults import Faults
from tests.chaos.fleet import START_WITHIN, WORKERS, Fleet
from tests.chaos.people import People
from tests.chaos.plan import FIRST_CHAT, Plan, make_plan
from tests.chaos.stops import Stops
from users.tasks import apply_zone_data_release

POLL = 0.05  # seconds
TICK_EVERY = 3.0  # seconds, where a run cannot wait for beat's minute
SOON = timedelta(seconds=5)  # what waits longer than this at the end is brought forward
QUIET_WITHIN = 300.0
STARTING = 15.0  # seconds that the service takes
FILLED_A_SECOND = 700  # reminders, when the database is filled


@dataclass(frozen=True, slots=True)
class Options:
    """How much: `seconds` during which reminders come due and faults are played; `by_minute`: on whole minutes; `only`: these kinds."""

    seed: int
    reminders: int
    faults: int
    seconds: int
    by_minute: bool
    only: tuple[str, ...] = ()


def run(fleet: Fleet, options: Options) -> int:
    """Print one table; return 1 where anything is unaccounted for."""
    call_command("migrate", verbosity=0)
    apply_zone_data_release()  # of nobody yet: later it would plan everybody by whole minutes
    draw = random.Random(options.seed)
    fleet.by_webhook = draw.random() < 0.5
    is_file = fleet.kind == "sqlite"  # what is filled in before the power can be cut is there for good
    if not is_file:
        fleet.database.settle()
        _start(fleet)
    first = _first_instant(options, starting=STARTING if is_file else 0.0)
    step = timedelta(seconds=60 if options.by_minute else 1)
    steps = options.seconds // int(step.total_seconds())
    plan = make_plan(reminders=options.reminders, first=first, steps=steps, step=step)
    people = People(fleet.web_port, fleet.telegram, plan, options.seed, first + (steps - 1) * step)
    people.prepare()
    connection.close()
    if is_file:
        fleet.database.settle()
        _start(fleet)
    faults = Faults(fleet, draw, people, is_short=not options.by_minute, only=options.only)
    stops = Stops(faults)
    while datetime.now(UTC) < first:
        fleet.keep()
        time.sleep(POLL)
    people.start()
    try:
        _go_wrong(faults, stops, options, plan)
    finally:
        people.stop()
    until = time.time()
    faults.end()
    quiet = _wait_until_quiet(fleet, stops, by_minute=options.by_minute)
    told = Accepted.read(fleet.journal)
    result = account(plan, people, told, faults, until=until)
    result.problems += [f"nothing was sent for {seconds:.0f} s, with something due" for seconds in stops.found]
    result.problems += [f"{name} kept dying" for name in fleet.keep_dying]
    if not people.bot_answers():
        result.problems.append("the bot does not answer")
    if any(_holds_token(fleet, name) for name in fleet.programs):
        result.problems.append("the bot's token is in a log")
    print(table(options, faults, people, result, stops, quiet), flush=True)
    return 1 if result.problems else 0


def _start(fleet: Fleet) -> None:
    """Start the service; return once both workers wait for messages. Raises RuntimeError."""
    fleet.start_service()
    deadline = time.monotonic() + START_WITHIN
    while len(app.control.ping(timeout=0.5) or []) < len(WORKERS):
        if time.monotonic() > deadline:
            raise RuntimeError("the workers did not start")


def chats_to_come(plan: Plan) -> list[int]:
    """The chats of people who are still to be reminded."""
    now = datetime.now(UTC)
    return [FIRST_CHAT + due.user for due in plan.due if due.at > now]


def _first_instant(options: Options, *, starting: float) -> datetime:
    """When the first reminder comes due: a whole minute that leaves time to fill the database, or soon."""
    filled = datetime.now(UTC) + timedelta(seconds=3 + starting + options.reminders / FILLED_A_SECOND)
    if not options.by_minute:
        return filled.replace(microsecond=0)
    return (filled + timedelta(seconds=60)).replace(second=0, microsecond=0)


def _go_wrong(faults: Faults, stops: Stops, options: Options, plan: Plan) -> None:
    """Play faults at random moments for as long as the run takes, and start again what died."""
    ends = time.monotonic() + options.seconds
    # Uniform moments: what a Poisson process looks like where the number is known.
    moments = sorted(ends - faults.draw.random() * options.seconds for _ in range(options.faults))
    next_tick = time.monotonic()
    while (now := time.monotonic()) < ends or moments:
        faults.fleet.keep()
        faults.keep()
        stops.keep()
        if moments and now >= moments[0]:
            moments.pop(0)
            kinds.play_one(faults, chats=chats_to_come(plan))
        if not options.by_minute and now >= max(next_tick, faults.no_ticks_until):
            next_tick = now + TICK_EVERY
            _ask_for_a_tick()
        time.sleep(POLL)


def _wait_until_quiet(fleet: Fleet, stops: Stops, *, by_minute: bool) -> float:
    """Seconds until nothing is due and nothing to be sent, bounded; what waits for hours is brought forward."""
    began = time.monotonic()
    next_look = 0.0
    while time.monotonic() - began < QUIET_WITHIN:
        fleet.keep()
        stops.keep()
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


def table(options: Options, faults: Faults, people: People, result: Account, stops: Stops, quiet: float) -> str:
    """The run in numbers."""
    fleet = faults.fleet
    lines = [
        f"Fault run on {fleet.kind}, seed {options.seed}: {result.due} reminders came due in {options.seconds} s, "
        f"{faults.counts.total()} faults; quiet {quiet:.0f} s after the last",
        *kinds.not_played(faults),
        "",
        "faults",
    ]
    lines += [f"  {name:42}{count:7}" for name, count in sorted(faults.counts.items())]
    lines += [f"  (ended by itself: {name:24}{count:7})" for name, count in sorted(fleet.ended_by_themselves.items())]
    lines += ["", "reminders"]
    lines += [f"  {fate:42}{count:7}" for fate, count in result.fates.most_common()]
    rows = {
        "lost": result.lost,
        "unmarked copies": result.unmarked,
        "bursts": result.bursts,
        "stops": len(stops.found),
        "sent twice or more": result.doubled,
        "  second copies": result.extra_copies,
        "  uncertain rows": result.uncertain,
        "  of these with no cause seen": result.unexplained,
        "  messages in flight at kills and cuts": result.in_flight,
        "API: acknowledged writes": people.answers["acknowledged"],
        "  unanswered, or 5xx": people.answers["unanswered"] + people.answers["5xx"],
        "unaccounted for": len(result.problems),
    }
    lines += ["", *(f"{name:44}{number:7}" for name, number in rows.items())]
    lines += ["due to accepted: " + ", ".join(f"{name} {result.lateness(at):.0f} s" for name, at in LATENESS)]
    return "\n".join([*lines, *(f"  {problem}" for problem in result.problems[:SHOWN])])


LATENESS = (("median", 0.5), ("p99", 0.99), ("last", 1.0))

"""One fault run: fill the database, start the service, play faults, wait until it is quiet, and account for reminders.

Needs Django to be set up.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from config.celery import app
from notifications.models import Delivery, Reminder
from tests import migrated
from tests.chaos import fault_kinds
from tests.chaos.accepted import Accepted
from tests.chaos.account import MAX_SHOWN, Account, account
from tests.chaos.faults import Faults
from tests.chaos.fleet import START_WITHIN, WORKERS, Fleet
from tests.chaos.hooks import HookAccount, Hooks
from tests.chaos.people import People
from tests.chaos.plan import FIRST_CHAT, Plan, make_plan
from tests.chaos.stalls import Stalls
from users.tasks import apply_zone_data_release

POLL = 0.05  # seconds
TICK_EVERY = 3.0  # seconds, in short runs that cannot wait for beat
MAX_FINAL_WAIT = timedelta(seconds=5)  # at the end, longer waits are shortened
QUIET_WITHIN = 300.0
START_SECONDS = 15.0  # for the start of the service
FILLED_PER_SECOND = 700  # reminders, when filling the database


@dataclass(frozen=True, slots=True)
class Options:
    """The size of a run. Reminders are due and faults happen during `seconds`.

    `by_minute`: reminders are due on full minutes; `only`: the kinds of faults to play (empty: all).
    """

    seed: int
    reminders: int
    faults: int
    seconds: int
    by_minute: bool
    only: tuple[str, ...] = ()


def run(fleet: Fleet, options: Options) -> int:
    """Do the run and print a report; return 1 if anything is unaccounted for, otherwise 0."""
    if fleet.kind == "sqlite":
        migrated.copy_sqlite(Path(connection.settings_dict["NAME"]))
    else:
        call_command("migrate", verbosity=0)
    apply_zone_data_release()  # while there are no users: later it would replan all reminders to full minutes
    rng = random.Random(options.seed)
    fleet.by_webhook = rng.random() < 0.5
    is_file = (
        fleet.kind == "sqlite"
    )  # the initial data must survive power cuts, so recording starts after it is written
    if not is_file:
        fleet.database.prepare_faults()
        _start(fleet)
    first = _first_instant(options, starting=START_SECONDS if is_file else 0.0)
    step = timedelta(seconds=60 if options.by_minute else 1)
    steps = options.seconds // int(step.total_seconds())
    plan = make_plan(reminders=options.reminders, first=first, steps=steps, step=step)
    people = People(fleet.web_port, fleet.telegram, plan, options.seed, first + (steps - 1) * step)
    people.prepare()
    hooks = Hooks(fleet, options.seed)
    hooks.prepare()
    connection.close()
    if is_file:
        fleet.database.prepare_faults()
        _start(fleet)
    faults = Faults(fleet, rng, people, is_short=not options.by_minute, only=options.only)
    stalls = Stalls(faults)
    while datetime.now(UTC) < first:
        fleet.restart_exited()
        time.sleep(POLL)
    people.start()
    hooks.start()
    try:
        _play_faults(faults, stalls, options, plan)
    finally:
        hooks.stop()
        people.stop()
    until = time.time()
    faults.undo_all()
    fleet.finish_requests()
    quiet = _wait_until_quiet(fleet, stalls, hooks, by_minute=options.by_minute)
    accepted = Accepted.read(fleet.journal)
    result = account(plan, people, accepted, faults, until=until)
    result.problems += [f"nothing was sent for {seconds:.0f} s although something was due" for seconds in stalls.found]
    result.problems += [f"{name} was in a crash loop" for name in fleet.crash_loops]
    if not people.bot_answers():
        result.problems.append("the bot does not answer")
    if any(_holds_token(fleet, name) for name in fleet.programs):
        result.problems.append("the bot's token is in a log")
    told = hooks.account(was_restored=bool(faults.restores))
    result.problems += told.problems
    print(format_report(options, faults, people, result, stalls, quiet), flush=True)
    print(format_hooks(told, hooks), flush=True)
    return 1 if result.problems else 0


def _start(fleet: Fleet) -> None:
    """Start the service and wait until both workers accept messages. Raise RuntimeError."""
    fleet.start_service()
    deadline = time.monotonic() + START_WITHIN
    while len(app.control.ping(timeout=0.5) or []) < len(WORKERS):
        if time.monotonic() > deadline:
            raise RuntimeError("the workers did not start")


def chats_to_come(plan: Plan) -> list[int]:
    """Return the chats of users who will still get a reminder."""
    now = datetime.now(UTC)
    return [FIRST_CHAT + due.user for due in plan.due if due.at > now]


def _first_instant(options: Options, *, starting: float) -> datetime:
    """Return when the first reminder is due: a full minute after the database is filled, or soon in short runs."""
    filled = datetime.now(UTC) + timedelta(seconds=3 + starting + options.reminders / FILLED_PER_SECOND)
    if not options.by_minute:
        return filled.replace(microsecond=0)
    return (filled + timedelta(seconds=60)).replace(second=0, microsecond=0)


def _play_faults(faults: Faults, stalls: Stalls, options: Options, plan: Plan) -> None:
    """Play faults at random moments during the run, and restart what exits."""
    ends = time.monotonic() + options.seconds
    # Uniform moments: a Poisson process with a given number of events.
    moments = sorted(ends - faults.rng.random() * options.seconds for _ in range(options.faults))
    next_tick = time.monotonic()
    while (now := time.monotonic()) < ends or moments:
        faults.fleet.restart_exited()
        faults.poll()
        stalls.poll()
        if moments and now >= moments[0]:
            moments.pop(0)
            fault_kinds.play_one(faults, chats=chats_to_come(plan))
        if not options.by_minute and now >= max(next_tick, faults.no_ticks_until):
            next_tick = now + TICK_EVERY
            _ask_for_a_tick()
        time.sleep(POLL)


def _wait_until_quiet(fleet: Fleet, stalls: Stalls, hooks: Hooks, *, by_minute: bool) -> float:
    """Wait, with a limit, until nothing is due or waiting to be sent; return the seconds. Long waits are shortened."""
    started = time.monotonic()
    next_check = 0.0
    while time.monotonic() - started < QUIET_WITHIN:
        fleet.restart_exited()
        stalls.poll()
        if time.monotonic() >= next_check:
            next_check = time.monotonic() + 2.0
            if not [left for has_work_left in (_has_work_left, hooks.has_work_left) if (left := has_work_left())]:
                break
            fleet.flush_redis()  # removes the waits of chats
            if not by_minute:
                _ask_for_a_tick()
        time.sleep(POLL)
    return time.monotonic() - started


def _has_work_left() -> bool:
    try:
        now = timezone.now()
        pending = Delivery.objects.filter(state=Delivery.State.PENDING)
        pending.filter(lease=None, available_at__gt=now + MAX_FINAL_WAIT).update(available_at=now)
        return pending.exists() or Reminder.objects.filter(next_at__lte=now).exists()
    except OperationalError:
        connection.close()
        return True


def _ask_for_a_tick() -> None:
    try:
        for task in ("tick", "send", "send"):
            app.send_task(f"notifications.tasks.{task}", retry=False, expires=TICK_EVERY)
        app.send_task("integrations.tasks.tell_programs", retry=False, expires=TICK_EVERY)
    except (BrokerError, RedisError, OSError):
        pass  # Redis may not be back yet; the next call tries again


def _holds_token(fleet: Fleet, name: str) -> bool:
    log = fleet.log_of(name)
    return log.exists() and fleet.telegram.token in log.read_text(errors="replace")


def format_report(
    options: Options, faults: Faults, people: People, result: Account, stalls: Stalls, quiet: float
) -> str:
    """Return the report of the run."""
    fleet = faults.fleet
    lines = [
        f"Fault run on {fleet.kind}, seed {options.seed}: {result.due} reminders came due in {options.seconds} s, "
        f"{faults.counts.total()} faults; quiet {quiet:.0f} s after the last",
        *fault_kinds.not_played(faults),
        "",
        "faults",
    ]
    lines += [f"  {name:42}{count:7}" for name, count in sorted(faults.counts.items())]
    lines += [f"  (unexpected exit: {name:24}{count:7})" for name, count in sorted(fleet.unexpected_exits.items())]
    lines += ["", "reminders"]
    lines += [f"  {outcome:42}{count:7}" for outcome, count in result.outcomes.most_common()]
    rows = {
        "lost": result.lost,
        "unmarked copies": result.unmarked,
        "bursts": result.bursts,
        "stalls": len(stalls.found),
        "sent twice or more": result.doubled,
        "  second copies": result.extra_copies,
        "  uncertain rows": result.uncertain,
        "  of these without a known cause": result.unexplained,
        "  messages in flight at kills and lost connections": result.in_flight,
        "API: acknowledged writes": people.answers["acknowledged"],
        "  unanswered, or 5xx": people.answers["unanswered"] + people.answers["5xx"],
        "unaccounted for": len(result.problems),
    }
    lines += ["", *(f"{name:44}{number:7}" for name, number in rows.items())]
    lines += ["due to accepted: " + ", ".join(f"{name} {result.lateness(at):.0f} s" for name, at in LATENESS)]
    return "\n".join([*lines, *(f"  {problem}" for problem in result.problems[:MAX_SHOWN])])


def format_hooks(told: HookAccount, hooks: Hooks) -> str:
    """Return the lines of the report about webhooks."""
    rows = {
        "changes recorded": told.changes,
        "webhooks": told.webhooks,
        "  lost": told.lost,
        "  second copies, with the same id and body": told.second_copies,
        "  copies that differ": told.differing,
        "mails that a webhook is turned off": told.turned_off,
        "requests acknowledged": hooks.answers["acknowledged"],
    }
    return "\n".join(["", *(f"{name:44}{number:7}" for name, number in rows.items())])


LATENESS = (("median", 0.5), ("p99", 0.99), ("last", 1.0))

"""Random lives of tracks: each is what one person could do to one track, day after day. A seed gives one life."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from tests.oracle.dates import WEEKDAYS
from tests.oracle.life import (
    DONE,
    MISSED,
    SKIPPED,
    Edited,
    EndDateSet,
    Entry,
    Event,
    Life,
    Logged,
    Paused,
    PauseEnded,
    StartDateSet,
    WeekStartChosen,
    record,
)
from tests.oracle.schedules import Refused, Schedule, new_schedule
from tests.oracle.streaks import current_streak
from tests.oracle.verdicts import verdicts

FIRST_DAY = date(2026, 3, 2)
MAX_EVENTS = 14


def some_weekdays(random: Random) -> frozenset[str]:
    """Return one to six weekdays."""
    return frozenset(random.sample(WEEKDAYS, random.randint(1, 6)))


def random_schedule(random: Random) -> Schedule:
    """Return a schedule of any frequency but yearly, whose periods are too long for a life of weeks."""
    match random.randint(1, 6):
        case 1:
            return new_schedule()
        case 2:
            return new_schedule(weekdays=some_weekdays(random))
        case 3:
            return new_schedule(interval=random.randint(2, 4))
        case 4:
            return new_schedule(frequency="weekly", times_per_period=random.randint(1, 7))
        case 5:
            return new_schedule(frequency="weekly", weekdays=some_weekdays(random))
    return new_schedule(frequency="monthly", times_per_period=random.randint(5, 12))


def random_limit(random: Random) -> Schedule:
    """Return the schedule of a limit habit."""
    frequency = random.choice(["daily", "weekly", "monthly"])
    return new_schedule(goal_type="at_most", frequency=frequency, limit_per_period=random.randint(0, 3))


def random_edit(random: Random, life: Life, today: date, *, amounts: bool = True) -> Edited:
    """Return an edit of the schedule made today that takes effect today or soon."""
    named: dict[str, Any]
    if life.is_limit:
        named = {"limit_per_period": random.randint(0, 3)}
        if random.random() < 0.5:
            named = {"frequency": random.choice(["daily", "weekly", "monthly"])}
    else:
        match random.randint(1, 7 if amounts else 6):
            case 1:
                named = {"frequency": "daily", "interval": random.randint(1, 4)}
            case 2:
                named = {"frequency": "monthly", "times_per_period": random.randint(5, 12)}
            case 3:
                named = {"frequency": "weekly"}
            case 4 | 5:
                named = {"weekdays": some_weekdays(random) if random.random() < 0.7 else frozenset()}
            case 6:
                named = {"times_per_period": random.randint(1, 7)}
            case _:
                named = {"daily_amount": random.randint(1, 3)}
    effective = today + timedelta(days=random.choice([0, 0, 0, 1, 2, 5]))
    return Edited(today, effective, tuple(sorted(named.items())))


def random_pause(random: Random, today: date) -> Paused:
    """Return a pause of days around today."""
    first = today + timedelta(days=random.randint(-6, 4))
    last = first + timedelta(days=random.randint(0, 8)) if random.random() < 0.9 else None
    return Paused(today, first, last)


def random_entry(random: Random, *, is_limit: bool) -> Entry:
    """Return something that can be said of a day; that it was done in full is the most likely."""
    some = Entry("done", Fraction(random.randint(0, 3)))
    if is_limit:
        return random.choice([some, some, SKIPPED])
    return random.choice([DONE, DONE, DONE, DONE, SKIPPED, MISSED, some])


def random_log(random: Random, life: Life, today: date) -> Logged:
    """Return entries made today for some days up to today, or one taken back."""
    logged = sorted(record(life).logs)
    if logged and random.random() < 0.15:
        return Logged(today, ((random.choice(logged), None),))
    entry = random_entry(random, is_limit=life.is_limit)
    back = sorted(random.sample(range(9), random.randint(1, 7)), reverse=True)
    return Logged(today, tuple((today - timedelta(days=each), entry) for each in back))


def random_event(random: Random, life: Life, today: date) -> Event:
    """Return something that may be done today."""
    chance = random.random()
    if chance < 0.55:
        return random_log(random, life, today)
    if chance < 0.75:
        return random_edit(random, life, today)
    if chance < 0.87:
        return random_pause(random, today)
    if chance < 0.89:
        return PauseEnded(today, today - timedelta(days=1))
    none = random.random() < 0.5
    if chance < 0.94:
        return EndDateSet(today, None if none else today + timedelta(days=random.randint(0, 8)))
    if chance < 0.97:
        return StartDateSet(today, None if none else today + timedelta(days=random.randint(-9, 3)))
    return WeekStartChosen(today, random.choice(["mon", "sun", "sat"]))


def can_happen(life: Life, *more: Event) -> bool:
    """Return whether the events would be accepted."""
    try:
        record(life.then(*more))
    except Refused:
        return False
    return True


def random_steps(random: Random, *, is_limit: bool = False) -> Iterator[tuple[Life, date]]:
    """Yield a life after each thing done to it, and the day on which it was done."""
    today = FIRST_DAY + timedelta(days=random.randint(0, 6))
    schedule = (random_limit if is_limit else random_schedule)(random)
    life = Life(today, schedule, today, "at_most" if is_limit else "at_least")
    yield life, today
    for _ in range(random.randint(0, MAX_EVENTS)):
        today += timedelta(days=random.randint(0, 4))
        event = random_event(random, life, today)
        if can_happen(life, event):
            life = life.then(event)
            yield life, today


def random_life(random: Random, *, is_limit: bool = False) -> tuple[Life, date]:
    """Return a life and a day on which to look at it."""
    *_, (life, today) = random_steps(random, is_limit=is_limit)
    return life, today + timedelta(days=random.randint(0, 3))


def without_needless_events(life: Life, fails: Callable[[Life], bool]) -> Life:
    """Return the life with fewer events that still fails: a smaller counterexample to read."""
    for number in reversed(range(len(life.events))):
        fewer = replace(life, events=life.events[:number] + life.events[number + 1 :])
        if can_happen(fewer) and fails(fewer):
            return without_needless_events(fewer, fails)
    for number, event in enumerate(life.events):
        if isinstance(event, Logged) and len(event.entries) > 1:
            for entry in event.entries:
                entries = tuple(each for each in event.entries if each != entry)
                smaller = replace(event, entries=entries)
                fewer = replace(life, events=(*life.events[:number], smaller, *life.events[number + 1 :]))
                if can_happen(fewer) and fails(fewer):
                    return without_needless_events(fewer, fails)
    return life


def described(life: Life, today: date) -> str:
    """Return a life as text, for the message of a failing test."""
    lines = [f"created {life.created:%a %d %b}, track started {life.track_started:%a %d %b}: {life.schedule}"]
    lines += [f"  {event}" for event in life.events]
    lines += [f"  {today:%a %d %b}: {current_streak(life, today)}"]
    lines += [
        f"    {each.first:%a %d %b} to {each.last:%a %d %b}: {its_verdict}"
        for each, its_verdict in verdicts(life, today)
    ]
    return "\n".join(lines)

"""What a fault run has to account for: reminders made in bulk, each with the instant at which it comes due."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import connection

from benchmarks.people import FIRST_CHAT, ZONES, fill, tidy
from habits.models import Habit, HabitSchedule
from notifications.models import Reminder
from tracking.models import HabitTrack
from users.models import User

EDITORS = 20  # people whose habits' times are edited, with one habit each; the last users


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder that comes due within the run, as it was planned."""

    track: int
    user: int
    zone: str
    day: date
    time: time
    at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """All that comes due, and the tracks whose times people edit (with nothing due before the next day)."""

    due: list[Due]
    editors: list[int]


def users_for(reminders: int) -> int:
    """How many people: every fourth has two habits."""
    return reminders * 4 // 5 + EDITORS


def chats_for(reminders: int) -> range:
    return range(FIRST_CHAT + 1, FIRST_CHAT + 1 + users_for(reminders))


def make_plan(*, reminders: int, first: datetime, steps: int, step_seconds: int) -> Plan:
    """Fills the database: people in several zones with daily habits, due at one of `steps` instants from `first` on."""
    people = users_for(reminders)
    bulk, tracks = people - EDITORS, reminders + EDITORS
    zones = ", ".join(f"'{zone}'" for zone in ZONES)

    def zone_of(user: str) -> str:
        return f"(CASE WHEN {user} > {bulk} THEN 'UTC' ELSE (ARRAY[{zones}])[1 + mod({user}, {len(ZONES)})] END)"

    owner = f"(CASE WHEN i > {reminders} THEN i - {reminders} + {bulk} ELSE 1 + mod(i - 1, {bulk}) END)"
    start = f"'{first.isoformat()}'::timestamptz"
    step = f"mod(i::bigint * 7919, {steps}) * interval '{step_seconds} seconds'"
    # Half a day later for the editors: far enough on either side of midnight.
    planned = f"({start} + CASE WHEN i > {reminders} THEN interval '12 hours' ELSE {step} END)"
    wall = f"({planned} AT TIME ZONE {zone_of(owner)})"
    fill(
        User,
        people,
        id="i",
        email="'person' || i || '@example.org'",
        username="'person' || i",
        password="'!'",
        time_zone=zone_of("i"),
        is_active="true",
        confirmed_at="now()",
        chat_id=f"{FIRST_CHAT} + i",
        chat_confirmed="true",
        chat_connected_at="now()",
    )
    fill(
        Habit,
        tracks,
        id="i",
        owner_id=owner,
        name="'Habit ' || i",
        action="'do ten push-ups'",
        place="'the living room'",
        time=f"date_trunc('minute', {wall})::time",
        created_on=f"({start} - interval '40 days')::date",
    )
    fill(HabitSchedule, tracks, habit_id="i", frequency="'daily'")
    fill(HabitTrack, tracks, id="i", user_id=owner, habit_id="i", started_on=f"{wall}::date - 30")
    fill(Reminder, tracks, id="i", track_id="i", next_at=planned, next_day=f"{wall}::date")
    _number_on()
    tidy()
    rows = Reminder.objects.filter(pk__lte=reminders).values_list(
        "track_id", "track__user_id", "track__user__time_zone", "next_day", "track__habit__time", "next_at"
    )
    due = [
        Due(track, user, zone, day, at, instant)
        for track, user, zone, day, at, instant in rows
        if day and at and instant
    ]
    return Plan(due, list(range(reminders + 1, tracks + 1)))


def _number_on() -> None:
    """Has the database number new rows behind those that were given their numbers."""
    with connection.cursor() as cursor:
        for model in (User, Habit, HabitTrack, Reminder):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM \"{table}\"))")

"""The reminders of a fault run: created in bulk, each with the instant at which it is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from habits.models import Habit, HabitSchedule
from notifications.models import Reminder
from tracking.models import HabitTrack
from users.models import Address, User

FIRST_CHAT = 10_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo", "Asia/Kolkata")
AROUND_MIDNIGHT = timedelta(minutes=30)
EDITORS = 20  # the last users: each has one habit, whose time is edited
SECOND_EVERY = 6  # every sixth track has a second reminder
BATCH = 500  # rows


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder that is due during the run, as planned; `shown` is the time in its message."""

    track: int
    user: int
    zone: str
    day: date
    shown: str
    at: datetime


@dataclass(frozen=True)
class Plan:
    """All due reminders, and the tracks whose times are edited (they have nothing due until half a day later)."""

    due: list[Due]
    editors: list[int]

    def shown(self, track: int, at: datetime, zone: str) -> str:
        """Return the time in the message of a track's reminder that was due at an instant."""
        return self._shown.get((track, at)) or f"{at.astimezone(ZoneInfo(zone)):%H:%M}"

    @cached_property
    def _shown(self) -> dict[tuple[int, datetime], str]:
        return {(due.track, due.at): due.shown for due in self.due}


def users_for(reminders: int) -> int:
    """Return the number of users: every fourth has two habits."""
    return reminders * 4 // 5 + EDITORS


def chats_for(reminders: int) -> range:
    return range(FIRST_CHAT + 1, FIRST_CHAT + 1 + users_for(reminders))


def make_plan(*, reminders: int, first: datetime, steps: int, step: timedelta) -> Plan:
    """Fill the database with users in several time zones and daily habits; return the plan.

    Each habit is due at one of `steps` instants from `first` on. Every SECOND_EVERY-th track has a second reminder one or
    two instants later. Messages show whole minutes, so if instants are closer, the second reminder's time is one minute
    later per instant, and nobody lives where such a minute could be of the next day.
    """
    zones = ZONES if step >= timedelta(minutes=1) else [zone for zone in ZONES if not _is_near_midnight(first, zone)]
    now, people = timezone.now(), users_for(reminders)
    bulk = people - EDITORS
    zone_of = {user: zones[user % len(zones)] if user <= bulk else "UTC" for user in range(1, people + 1)}
    User.objects.bulk_create((_person(user, zone, now) for user, zone in zone_of.items()), batch_size=BATCH)
    Address.objects.bulk_create((_chat(user, now) for user in zone_of), batch_size=BATCH)
    habits: list[Habit] = []
    tracks: list[HabitTrack] = []
    planned: list[Reminder] = []
    due: list[Due] = []
    for number in range(1, reminders + EDITORS + 1):
        is_editor = number > reminders
        user = number - reminders + bulk if is_editor else 1 + (number - 1) % bulk
        index = number * 7919 % steps
        # Half a day later for the editors, so that their reminders are not due during the run.
        at = first + (timedelta(hours=12) if is_editor else index * step)
        wall = at.astimezone(ZoneInfo(zone_of[user]))
        habits.append(_habit(number, user, wall, first))
        tracks.append(HabitTrack(id=number, user_id=user, habit_id=number, started_on=wall.date() - timedelta(days=30)))
        planned.append(Reminder(track_id=number, next_at=at, next_day=wall.date(), planned_at=now))
        if is_editor:
            continue
        due.append(Due(number, user, zone_of[user], wall.date(), f"{wall:%H:%M}", at))
        later = 1 + number % 2
        if number % SECOND_EVERY == 0 and index + later < steps:
            second = due[-1].at + later * step
            shown = (wall + later * timedelta(minutes=1)).time().replace(second=0)
            day = second.astimezone(ZoneInfo(zone_of[user])).date()
            planned.append(Reminder(track_id=number, local_time=shown, next_at=second, next_day=day, planned_at=now))
            due.append(Due(number, user, zone_of[user], day, f"{shown:%H:%M}", second))
    Habit.objects.bulk_create(habits, batch_size=BATCH)
    HabitSchedule.objects.bulk_create(
        (HabitSchedule(habit_id=each.pk, frequency="daily") for each in habits), batch_size=BATCH
    )
    HabitTrack.objects.bulk_create(tracks, batch_size=BATCH)
    Reminder.objects.bulk_create(planned, batch_size=BATCH)
    _set_sequences()
    return Plan(due, [each.pk for each in habits[reminders:]])


def _is_near_midnight(at: datetime, zone: str) -> bool:
    wall = at.astimezone(ZoneInfo(zone))
    return (wall - AROUND_MIDNIGHT).date() != (wall + AROUND_MIDNIGHT).date()


def _person(user: int, zone: str, now: datetime) -> User:
    return User(
        id=user,
        email=f"person{user}@example.org",
        username=f"person{user}",
        password="!",
        time_zone=zone,
        is_active=True,
        confirmed_at=now,
    )


def _chat(user: int, now: datetime) -> Address:
    return Address(user_id=user, channel="telegram", address=str(FIRST_CHAT + user), confirmed=True, connected_at=now)


def _habit(number: int, owner: int, wall: datetime, first: datetime) -> Habit:
    return Habit(
        id=number,
        owner_id=owner,
        name=f"Habit {number}",
        action=f"do set {number}",  # identifies the habit in a message
        place="the living room",
        time=time(wall.hour, wall.minute),
        created_on=(first.astimezone(UTC) - timedelta(days=40)).date(),
    )


def _set_sequences() -> None:
    """Set the sequences after the ids that were inserted explicitly."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (User, Habit, HabitTrack):
            last = model._default_manager.aggregate(last=Max("pk"))["last"]
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, last])
        cursor.execute("ANALYZE")

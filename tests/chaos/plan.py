"""What a fault run has to account for: reminders made in bulk, each with the instant at which it comes due."""

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
from users.models import User

FIRST_CHAT = 10_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo", "Asia/Kolkata")
EDITORS = 20  # people whose habits' times are edited, with one habit each; the last users
SECOND_EVERY = 6  # tracks, of which one has two reminders
BATCH = 500  # rows


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder that comes due within the run, as it was planned; `shown` is the time that its message names."""

    track: int
    user: int
    zone: str
    day: date
    shown: str
    at: datetime


@dataclass(frozen=True)
class Plan:
    """All that comes due, and the tracks whose times people edit (with nothing due before the next day)."""

    due: list[Due]
    editors: list[int]

    def shown(self, track: int, at: datetime, zone: str) -> str:
        """The time that the message of a track's reminder names which was due at an instant."""
        return self._shown.get((track, at)) or f"{at.astimezone(ZoneInfo(zone)):%H:%M}"

    @cached_property
    def _shown(self) -> dict[tuple[int, datetime], str]:
        return {(due.track, due.at): due.shown for due in self.due}


def users_for(reminders: int) -> int:
    """How many people: every fourth has two habits."""
    return reminders * 4 // 5 + EDITORS


def chats_for(reminders: int) -> range:
    return range(FIRST_CHAT + 1, FIRST_CHAT + 1 + users_for(reminders))


def make_plan(*, reminders: int, first: datetime, steps: int, step: timedelta) -> Plan:
    """Fill the database: people in several zones with daily habits, due at one of `steps` instants from `first` on.

    One of SECOND_EVERY tracks has a second reminder, at the instant after or the one after that. A message names
    whole minutes: where instants are closer, the second reminder's own time is a minute later for each.
    """
    now, people = timezone.now(), users_for(reminders)
    bulk = people - EDITORS
    zone_of = {user: ZONES[user % len(ZONES)] if user <= bulk else "UTC" for user in range(1, people + 1)}
    User.objects.bulk_create((_person(user, zone, now) for user, zone in zone_of.items()), batch_size=BATCH)
    habits: list[Habit] = []
    tracks: list[HabitTrack] = []
    planned: list[Reminder] = []
    due: list[Due] = []
    for number in range(1, reminders + EDITORS + 1):
        is_editor = number > reminders
        user = number - reminders + bulk if is_editor else 1 + (number - 1) % bulk
        place = number * 7919 % steps
        # Half a day later for the editors: far enough on either side of midnight.
        at = first + (timedelta(hours=12) if is_editor else place * step)
        wall = at.astimezone(ZoneInfo(zone_of[user]))
        habits.append(_habit(number, user, wall, first))
        tracks.append(HabitTrack(id=number, user_id=user, habit_id=number, started_on=wall.date() - timedelta(days=30)))
        planned.append(Reminder(track_id=number, next_at=at, next_day=wall.date(), planned_at=now))
        if is_editor:
            continue
        due.append(Due(number, user, zone_of[user], wall.date(), f"{wall:%H:%M}", at))
        later = 1 + number % 2
        if number % SECOND_EVERY == 0 and place + later < steps:
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
    _number_on()
    return Plan(due, [each.pk for each in habits[reminders:]])


def _person(user: int, zone: str, now: datetime) -> User:
    return User(
        id=user,
        email=f"person{user}@example.org",
        username=f"person{user}",
        password="!",
        time_zone=zone,
        is_active=True,
        confirmed_at=now,
        chat_id=FIRST_CHAT + user,
        chat_confirmed=True,
        chat_connected_at=now,
    )


def _habit(number: int, owner: int, wall: datetime, first: datetime) -> Habit:
    return Habit(
        id=number,
        owner_id=owner,
        name=f"Habit {number}",
        action=f"do set {number}",  # so that a message says which it is of
        place="the living room",
        time=time(wall.hour, wall.minute),
        created_on=(first.astimezone(UTC) - timedelta(days=40)).date(),
    )


def _number_on() -> None:
    """Have the database number new rows behind those that were given their numbers."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (User, Habit, HabitTrack):
            last = model._default_manager.aggregate(last=Max("pk"))["last"]
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, last])
        cursor.execute("ANALYZE")

"""The calendars of many reminders, in four narrow reads: a tick may have thousands to look at."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from django.db.models import F, QuerySet

from habits.models import HabitSchedule
from habits.recurrence import Plan, Version
from notifications.models import Reminder
from notifications.occurrences import Calendar, Occurrence
from tracking.histories import build_plan
from tracking.models import HabitTrack, Pause
from users.timing import Clock

# The track (None: all of the person's), the first and the last day (None: until it is ended).
Paused = tuple[int | None, date, date | None]
# The day it starts on (None: the first), frequency, interval, weekdays, times per period.
VersionColumns = tuple[date | None, str, int, int, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder as it stands; `calendar` None: it has no time, is off, or its track was left.

    `trouble`: why its calendar could not be made.
    """

    reminder_id: int
    track_id: int
    user_id: int
    local_time: time | None
    occurrence: Occurrence | None
    calendar: Calendar | None
    trouble: Exception | None = None

    def first_after(self, instant: datetime) -> Occurrence | None:
        """Return the first occurrence after an instant. Raises `trouble`."""
        if self.trouble is not None:
            raise self.trouble
        return self.calendar.first_after(instant) if self.calendar else None

    @property
    def next(self) -> datetime | None:
        """When it is planned to fire."""
        return self.occurrence.at if self.occurrence else None


@dataclass(frozen=True, slots=True)
class Course:
    """What the reminders of one track have in common."""

    user_id: int
    time: time | None
    is_left: bool
    plan: Plan
    is_paused: Callable[[date], bool]
    clock: Clock


def planned(reminders: QuerySet[Reminder]) -> list[Planned]:
    """The reminders in their order, each with its calendar; locked by the query, where it says so."""
    rows = list(reminders.values_list("pk", "track_id", "next_at", "next_day", "local_time", "is_on"))
    courses = _courses({track_id for _, track_id, *_ in rows})
    found = []
    for pk, track_id, next_at, next_day, local_time, is_on in rows:
        course = courses.get(track_id)
        if course is None:
            continue  # its person goes at this moment
        occurrence = Occurrence(next_day, next_at) if next_at and next_day else None
        if isinstance(course, Exception):
            found.append(Planned(pk, track_id, 0, local_time, occurrence, None, trouble=course))
            continue
        calendar = _calendar(course, local_time) if is_on else None
        found.append(Planned(pk, track_id, course.user_id, local_time, occurrence, calendar))
    return found


def _calendar(course: Course, local_time: time | None) -> Calendar | None:
    at = local_time or course.time
    if at is None or course.is_left:
        return None
    return Calendar(plan=course.plan, is_paused=course.is_paused, clock=course.clock, time=at)


def _courses(track_ids: Collection[int]) -> dict[int, Course | Exception]:
    """What each track's reminders have in common, or the fault by which it cannot be made out."""
    tracks = list(
        HabitTrack.objects.filter(pk__in=track_ids).values_list(
            "pk",
            "user_id",
            "habit_id",
            "habit__time",
            "left_at",
            "started_on",
            "habit__start_date",
            "habit__end_date",
            "habit__created_on",
            "user__time_zone",
            "user__day_starts_at",
        )
    )
    versions = _versions({habit_id for _, _, habit_id, *_ in tracks})
    pauses = _pauses({user_id for _, user_id, *_ in tracks})
    courses: dict[int, Course | Exception] = {}
    for pk, user_id, habit_id, at, left_at, started_on, start_date, end_date, created_on, zone, day_starts_at in tracks:
        try:
            clock = Clock(zone, day_starts_at)
            courses[pk] = Course(
                user_id=user_id,
                time=at,
                is_left=left_at is not None,
                plan=build_plan(
                    versions=[_version(*columns) for columns in versions[habit_id]],
                    clock=clock,
                    started_on=started_on,
                    start_date=start_date,
                    end_date=end_date,
                    created_on=created_on,
                ),
                is_paused=_is_paused(pk, pauses.get(user_id, [])),
                clock=clock,
            )
        except Exception as error:  # whatever it is, it must not take the other tracks with it
            courses[pk] = error
    return courses


def _versions(habit_ids: Collection[int]) -> dict[int, list[VersionColumns]]:
    """Each habit's versions as columns, oldest first."""
    rows = HabitSchedule.objects.filter(habit__in=habit_ids).order_by(F("starts_on").asc(nulls_first=True))
    found: dict[int, list[VersionColumns]] = defaultdict(list)
    for habit_id, starts_on, frequency, interval, weekdays, times in rows.values_list(
        "habit_id", "starts_on", "frequency", "interval", "weekdays", "times_per_period"
    ):
        found[habit_id].append((starts_on, frequency, interval, weekdays, times))
    return found


@lru_cache(maxsize=4096)
def _version(starts_on: date | None, frequency: str, interval: int, weekdays: int, times_per_period: int) -> Version:
    """Without amount and unit, which decide on no day; most habits share a few of these."""
    return HabitSchedule(
        starts_on=starts_on,
        frequency=frequency,
        interval=interval,
        weekdays=weekdays,
        times_per_period=times_per_period,
    ).version


def _pauses(user_ids: Collection[int]) -> dict[int, list[Paused]]:
    """The pauses of each person who has any."""
    rows = Pause.objects.filter(user__in=user_ids).values_list("user_id", "track_id", "first_day", "last_day")
    found: dict[int, list[Paused]] = defaultdict(list)
    for user_id, track_id, first, last in rows:
        found[user_id].append((track_id, first, last))
    return found


def _is_paused(track_id: int, pauses: list[Paused]) -> Callable[[date], bool]:
    mine = [(first, last) for of, first, last in pauses if of in {None, track_id}]
    return lambda day: any(first <= day and (last is None or day <= last) for first, last in mine)

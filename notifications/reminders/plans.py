"""Loads the plans of many reminders in four narrow queries, since a tick may process thousands."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from django.db.models import F, QuerySet

from habits.models import HabitSchedule
from habits.recurrence import Plan, Version
from notifications.models import Reminder
from notifications.reminders.occurrences import Calendar, Occurrence
from tracking.models import HabitTrack, Pause
from tracking.tracks.histories import build_plan
from users.timing import Clock

# Track id (None: all tracks of the user), first day, last day (None: open-ended).
PauseColumns = tuple[int | None, date, date | None]
# First day (None: the first version), frequency, interval, weekdays, times per period.
VersionColumns = tuple[date | None, str, int, int, int]


@dataclass(frozen=True, slots=True)
class ReminderState:
    """The stored state of a reminder and its calendar.

    `calendar` is None if the reminder has no time, is off, or its track was left. `error` is the exception that
    prevented building the calendar.
    """

    reminder_id: int
    track_id: int
    user_id: int
    local_time: time | None
    occurrence: Occurrence | None
    calendar: Calendar | None
    error: Exception | None = None

    def first_after(self, instant: datetime) -> Occurrence | None:
        """Return the first occurrence after an instant; None: there is none. Raises `error`, if set."""
        if self.error is not None:
            raise self.error
        return self.calendar.first_after(instant) if self.calendar else None

    @property
    def next(self) -> datetime | None:
        """Return the instant that is planned; None: nothing is planned."""
        return self.occurrence.at if self.occurrence else None


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """What all reminders of one track share."""

    user_id: int
    time: time | None
    is_left: bool
    plan: Plan
    is_paused: Callable[[date], bool]
    clock: Clock


def load_reminder_states(reminders: QuerySet[Reminder]) -> list[ReminderState]:
    """Return the reminders with their calendars, in the order of the query. Locks the rows if the query does."""
    rows = list(reminders.values_list("pk", "track_id", "next_at", "next_day", "local_time", "is_on"))
    plans = _plans({track_id for _, track_id, *_ in rows})
    states = []
    for pk, track_id, next_at, next_day, local_time, is_on in rows:
        shared = plans.get(track_id)
        if shared is None:
            continue  # the account is being deleted in another transaction
        occurrence = Occurrence(next_day, next_at) if next_at and next_day else None
        if isinstance(shared, Exception):
            states.append(ReminderState(pk, track_id, 0, local_time, occurrence, None, error=shared))
            continue
        calendar = _calendar(shared, local_time) if is_on else None
        states.append(ReminderState(pk, track_id, shared.user_id, local_time, occurrence, calendar))
    return states


def _calendar(shared: ReminderPlan, local_time: time | None) -> Calendar | None:
    at = local_time or shared.time
    if at is None or shared.is_left:
        return None
    return Calendar(plan=shared.plan, is_paused=shared.is_paused, clock=shared.clock, time=at)


def _plans(track_ids: Collection[int]) -> dict[int, ReminderPlan | Exception]:
    """Return the plan of each track by its id, or the exception that prevented building it."""
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
    plans: dict[int, ReminderPlan | Exception] = {}
    for pk, user_id, habit_id, at, left_at, started_on, start_date, end_date, created_on, zone, day_starts_at in tracks:
        try:
            clock = Clock(zone, day_starts_at)
            plans[pk] = ReminderPlan(
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
        except Exception as error:  # any error: the reminders of the other tracks must still be planned
            plans[pk] = error
    return plans


def _versions(habit_ids: Collection[int]) -> dict[int, list[VersionColumns]]:
    """Return the versions of each habit by its id, oldest first."""
    rows = HabitSchedule.objects.filter(habit__in=habit_ids).order_by(F("starts_on").asc(nulls_first=True))
    versions: dict[int, list[VersionColumns]] = defaultdict(list)
    for habit_id, starts_on, frequency, interval, weekdays, times in rows.values_list(
        "habit_id", "starts_on", "frequency", "interval", "weekdays", "times_per_period"
    ):
        versions[habit_id].append((starts_on, frequency, interval, weekdays, times))
    return versions


@lru_cache(maxsize=4096)
def _version(starts_on: date | None, frequency: str, interval: int, weekdays: int, times_per_period: int) -> Version:
    """Return a version without amount and unit, which do not affect days.

    Cached, because most habits share a few schedules.
    """
    return HabitSchedule(
        starts_on=starts_on,
        frequency=frequency,
        interval=interval,
        weekdays=weekdays,
        times_per_period=times_per_period,
    ).version


def _pauses(user_ids: Collection[int]) -> dict[int, list[PauseColumns]]:
    """Return the pauses by user id, without users who have none."""
    rows = Pause.objects.filter(user__in=user_ids).values_list("user_id", "track_id", "first_day", "last_day")
    pauses: dict[int, list[PauseColumns]] = defaultdict(list)
    for user_id, track_id, first, last in rows:
        pauses[user_id].append((track_id, first, last))
    return pauses


def _is_paused(track_id: int, pauses: list[PauseColumns]) -> Callable[[date], bool]:
    applying = [(first, last) for paused_id, first, last in pauses if paused_id in {None, track_id}]
    return lambda day: any(first <= day and (last is None or day <= last) for first, last in applying)

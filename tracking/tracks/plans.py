"""Plans and pauses of tracks: the only code that reads them. Reads only.

A plan is made of the habit's versions and dates, the start of the track and the user's clock. `load_plans` reads these
as narrow rows for many tracks; `plan_of` takes them from a track that is loaded anyway.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.db.models import F, QuerySet

from common.prepared import Prepared, given
from habits.models import HabitSchedule, extensions_of, version_of
from habits.recurrence import Extension, Plan, Version
from tracking.models import HabitTrack, Pause
from tracking.streaks.history import PausedDays, is_paused
from users.models import week_starts_of
from users.timing import Clock

PAUSE_COLUMNS = ("user_id", "track_id", "first_day", "last_day")


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """What a track's days depend on apart from its logs, for readers that need neither habit nor user.

    `time`: the habit's; `is_left`: the user has stopped following the habit.
    """

    user_id: int
    time: time | None
    is_left: bool
    plan: Plan
    pauses: Sequence[PausedDays]
    clock: Clock

    def is_paused(self, day: date) -> bool:
        """Return whether a pause includes the day, made by hand or by a moved end date."""
        return is_paused(self.pauses, day) or self.plan.is_extension(day)


def plan_of(track: HabitTrack) -> Plan:
    """Return the plan of a track. No query if its user, habit and the habit's schedules are loaded.

    The plan is built once for each track instance, so that all who handle a change of one track share it. The instance
    keeps it together with the values of which it is made: with other values it is built again.
    """
    habit = track.habit
    made_of = (
        habit.versions,
        track.user.clock,
        track.started_on,
        track.first_log_on,
        track.windows_from,
        habit.start_date,
        habit.end_date,
        habit.created_on,
        extensions_of(habit.extensions),
    )
    if track.built_plan is None or track.built_plan[0] != made_of:
        track.built_plan = made_of, build_plan(*made_of)
    return track.built_plan[1]


def build_plan(
    versions: Sequence[Version],
    clock: Clock,
    started_on: date,
    first_log_on: date | None,
    windows_from: date | None,
    start_date: date | None,
    end_date: date | None,
    created_on: date,
    extensions: tuple[Extension, ...],
) -> Plan:
    """Return the plan of a track from the versions of its habit, its user's clock, its start and the habit's dates.

    It begins on the day on which it was started or first logged, whichever is earlier.
    """
    begun_on = min(started_on, first_log_on or started_on)
    return Plan(
        versions=versions,
        anchor=windows_from or start_date or created_on,
        first=max(begun_on, start_date or begun_on),
        last=end_date,
        exists=clock.exists,
        week_starts=clock.week_starts,
        extensions=extensions,
        known_from=started_on if versions[0].schedule.limit_per_period is not None else None,
    )


def load_plans(track_ids: Collection[int]) -> dict[int, TrackPlan | Exception]:
    """Return the plan of each track by its id, or the exception that prevented building it. Three queries."""
    tracks = list(
        HabitTrack.objects.filter(pk__in=track_ids).values_list(
            "pk",
            "user_id",
            "habit_id",
            "habit__time",
            "left_at",
            "user__time_zone",
            "user__day_starts_at",
            "user__week_changes",
            "started_on",
            "first_log_on",
            "windows_from",
            "habit__start_date",
            "habit__end_date",
            "habit__created_on",
            "habit__extensions",
        )
    )
    versions = load_versions({habit_id for _, _, habit_id, *_ in tracks})
    pauses = load_pauses({pk: user_id for pk, user_id, *_ in tracks})
    plans: dict[int, TrackPlan | Exception] = {}
    for row in tracks:
        pk, user_id, habit_id, at, left_at, zone, day_starts_at, week_changes = row[:8]
        started_on, first_log_on, windows_from, start_date, end_date, created_on, extensions = row[8:]
        try:
            clock = Clock(zone, day_starts_at, week_starts_of(week_changes))
            plan = build_plan(
                [version_of(*columns) for columns in versions[habit_id]],
                clock,
                started_on,
                first_log_on,
                windows_from,
                start_date,
                end_date,
                created_on,
                extensions_of(extensions),
            )
            plans[pk] = TrackPlan(user_id, at, left_at is not None, plan, pauses[pk], clock)
        except Exception as error:  # any error: the other tracks must still be planned
            plans[pk] = error
    return plans


def load_pauses(users: Mapping[int, int]) -> dict[int, list[PausedDays]]:
    """Return the pauses of each track by its id, including those of all tracks of its user. One query.

    `users`: the user id of each track id.
    """
    if not users:
        return {}
    of_track: dict[int, list[PausedDays]] = defaultdict(list)
    of_all: dict[int, list[PausedDays]] = defaultdict(list)
    # Those of other tracks of the users are few; to leave them out makes a statement that costs more than they do.
    of_users = set(users.values())
    if len(of_users) == 1:
        rows = _PAUSES(user_id=of_users.pop())
    else:
        rows = list(Pause.objects.filter(user__in=of_users).values_list(*PAUSE_COLUMNS))
    for user_id, track_id, first, last in rows:
        (of_all[user_id] if track_id is None else of_track[track_id]).append((first, last))
    return {pk: [*of_track.get(pk, ()), *of_all.get(user_id, ())] for pk, user_id in users.items()}


def load_versions_of_user(user_id: int) -> dict[int, list[tuple[Any, ...]]]:
    """Return what `load_versions` does, of all habits that the user has tracked. One query."""
    return _by_habit(_VERSIONS(user_id=user_id))


def load_versions(habit_ids: Collection[int]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the columns of each habit's versions (for habits.models.version_of) by its id, oldest first. One query."""
    return _by_habit(_version_rows(HabitSchedule.objects.filter(habit__in=habit_ids)))


def _by_habit(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    versions: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for habit_id, *columns in rows:
        versions[habit_id].append(tuple(columns))
    return versions


def _version_rows(schedules: QuerySet[HabitSchedule]) -> QuerySet[Any, Any]:
    ordered = schedules.order_by(F("starts_on").asc(nulls_first=True))
    return ordered.values_list("habit_id", *HabitSchedule.VERSION_COLUMNS)


# What each list of one user's tracks asks.
_VERSIONS = Prepared(
    lambda: _version_rows(HabitSchedule.objects.filter(habit__tracks__user=given(HabitTrack, "user", "user_id")))
)
_PAUSES = Prepared(lambda: Pause.objects.filter(user=given(Pause, "user", "user_id")).values_list(*PAUSE_COLUMNS))

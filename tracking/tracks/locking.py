"""Lock a track for a log of a day, with what a log reads of it: two statements, whatever that is."""

from datetime import date
from typing import Any

from django.db.models import Exists, F, FilteredRelation, Q, QuerySet, Subquery

from common.prepared import Columns, Prepared, given
from habits.models import Habit, HabitSchedule, version_of
from tracking.models import Goal, HabitLog, HabitTrack, Pause, StreakCheckpoint
from users.models import User

_TRACK = Columns(HabitTrack)
# Without what only pages and messages show: the wider a row, the longer the database plans and sends it.
_USER = Columns(
    User,
    "user__",
    only=("id", "username", "language", "time_zone", "day_starts_at", "week_changes", "is_ranked", "records_changes"),
)
_HABIT = Columns(
    Habit,
    "habit__",
    only=("id", "owner_id", "name", "goal_type", "start_date", "end_date", "created_on", "extensions"),
)
_CHECKPOINT = Columns(StreakCheckpoint, "latest__")
_LOG = Columns(HabitLog, "said__")
_VERSION = [f"habit__schedules__{name}" for name in HabitSchedule.VERSION_COLUMNS]


def _lock() -> QuerySet[HabitTrack, tuple[Any, ...]]:
    tracks = HabitTrack.objects.filter(pk=given(HabitTrack, "id"), user=given(HabitTrack, "user_id"))
    return tracks.select_for_update(no_key=True).values_list(*_TRACK.paths)


def _read() -> QuerySet[HabitTrack, tuple[Any, ...]]:
    """Return a row for each version of the habit's schedule, oldest first."""
    # Subqueries of given values, not of the outer row, are computed once: so the latest checkpoint is found by its index.
    track, user = given(HabitTrack, "id"), given(HabitTrack, "user_id")
    latest = StreakCheckpoint.objects.filter(track=track).order_by("-day").values("day")[:1]
    pauses = Pause.objects.filter(Q(track=track) | Q(track=None, user=user))
    rows = HabitTrack.objects.filter(pk=track).annotate(
        said=FilteredRelation("logs", condition=Q(logs__day=given(HabitLog, "day"))),
        latest=FilteredRelation("checkpoints", condition=Q(checkpoints__day=Subquery(latest))),
        goals_exist=Exists(Goal.objects.filter(track=track)),
        pauses_exist=Exists(pauses),
    )
    columns = [path for part in (_USER, _HABIT, _CHECKPOINT, _LOG) for path in part.paths]
    ordered = rows.order_by(F("habit__schedules__starts_on").asc(nulls_first=True))
    return ordered.values_list("goals_exist", "pauses_exist", *columns, *_VERSION)


_LOCK, _READ = Prepared(_lock), Prepared(_read)


def locked_with_log(user: User, track_id: int, day: date) -> tuple[HabitTrack, HabitLog | None]:
    """Return the user's track, locked until the transaction ends, and its log of the day.

    As `locked_track` does, with user, habit and the habit's versions, and with what HabitTrack says of goals, pauses
    and the latest checkpoint. Raises HabitTrack.DoesNotExist.
    """
    found = _LOCK(id=track_id, user_id=user.pk)
    if not found:
        raise HabitTrack.DoesNotExist
    track = _TRACK.instance(found[0])
    # In a statement after the lock: a join would read the rows as they were before waiting for it.
    rows = _READ(id=track_id, user_id=user.pk, day=day)
    (track.has_goals, track.has_pauses), at = rows[0][:2], 2
    parts: list[Any] = []
    for columns in (_USER, _HABIT, _CHECKPOINT, _LOG):
        # An outer join that finds nothing gives an empty id.
        parts.append(None if rows[0][at] is None else columns.instance(rows[0], start=at))
        at += len(columns)
    track.user, track.habit, checkpoint, log = parts
    track.latest_checkpoint = checkpoint.checkpoint if checkpoint else None
    track.habit.remember_versions(tuple(version_of(*row[at:]) for row in rows))
    if log is not None:
        log.track = track
    return track, log

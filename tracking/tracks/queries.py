"""Querysets of tracks and pauses, row locks, and the current streak as an SQL expression."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from common.errors import DomainError
from common.prepared import Columns, Prepared, given
from habits.models import Habit, HabitSchedule
from habits.rules import GoalType
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.tags.rules import key_of
from users.models import User

# The user's own order: tracks with a place first, then the others, the oldest first.
ORDER: tuple[OrderBy | str, ...] = (F("position").asc(nulls_last=True), "created_at", "pk")


def with_related(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """Load everything that the rules and serializers read from a track, without further queries."""
    return tracks.select_related("user", "habit", "habit__owner", "habit__linked_habit").prefetch_related(
        "habit__schedules"
    )


def with_plan(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """Load what tracking.tracks.plans.plan_of reads and the track itself, without texts of the habit and the user."""
    own = [field.name for field in HabitTrack._meta.concrete_fields]
    user = ["user__time_zone", "user__day_starts_at", "user__week_changes"]
    habit = ["habit__start_date", "habit__end_date", "habit__created_on", "habit__extensions"]
    rows = tracks.select_related("user", "habit").prefetch_related("habit__schedules")
    return rows.only(*own, *user, *habit)


def current_streak(now: datetime) -> Case:
    """Return an SQL expression equal to HabitTrack.streak_at(now).current, for filters and rankings."""
    return Case(When(lapses_at__lte=now, then=Value(0)), default=F("streak"), output_field=IntegerField())


def longest_streak_in(unit: str) -> Cast:
    """Return an SQL expression for a track's longest streak in a unit, such as "day"; NULL if it has none."""
    return Cast(KeyTextTransform(unit, "longest_streaks"), IntegerField())


def without_limits(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """Return the tracks of habits that are to be done: doing nothing earns no rank, score or award."""
    return tracks.filter(habit__goal_type=GoalType.AT_LEAST.value)


def locked(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """Return the tracks in order of id, locked until the transaction ends, with user, habit and schedules loaded.

    The fixed order prevents deadlocks between transactions that lock several tracks.
    """
    # Prefetched in separate queries after the lock is taken. A join would read user and habit as they were before
    # waiting for the lock, and so miss the changes of the transaction that held it.
    rows = tracks.order_by("pk").select_for_update(no_key=True)
    return rows.prefetch_related("user", "habit__schedules")


def tracks_of(user: User, *, now: datetime, archived: bool | None = False, tag: str = "") -> QuerySet[HabitTrack]:
    """Return `tracks_of_users` of one user, with everything that the rules and serializers read."""
    tracks = tracks_of_users([user], archived=archived, tag=tag).annotate(current_streak=current_streak(now))
    return with_related(tracks)


def tracks_of_users(users: Collection[User], *, archived: bool | None = False, tag: str = "") -> QuerySet[HabitTrack]:
    """Return the tracks that the users have not left, with their habits, in the users' own order.

    `archived`: only archived ones, only others, or both (None); `tag`: only those with the tag of this name. Lists pass
    what they show to tracking.tracks.related.load_related.
    """
    tracks = HabitTrack.objects.filter(user__in=users, left_at=None)
    if archived is not None:
        tracks = tracks.filter(archived_at__isnull=not archived)
    if tag:
        tracks = tracks.filter(tags__name_key=key_of(tag))
    return tracks.select_related("habit").order_by(*ORDER)


def shown_tracks(user: User) -> list[HabitTrack]:
    """Return what `tracks_of_users` gives of one user without a filter: what each look at a day asks."""
    tracks = []
    for row in _SHOWN(user_id=user.pk):
        track = _TRACK.instance(row)
        track.habit = _HABIT.instance(row, start=len(_TRACK))
        tracks.append(track)
    return tracks


_TRACK, _HABIT = Columns(HabitTrack), Columns(Habit, "habit__")
_SHOWN = Prepared(
    lambda: (
        HabitTrack.objects.filter(user=given(HabitTrack, "user", "user_id"), left_at=None, archived_at=None)
        .order_by(*ORDER)
        .values_list(*_TRACK.paths, *_HABIT.paths)
    )
)


def filtered_tracks(
    user: User,
    *,
    today: date,
    name: str = "",
    frequency: str = "",
    archived: bool | None = False,
    tag: str = "",
) -> QuerySet[HabitTrack]:
    """Return the user's tracks whose habit name contains `name` (any case) and whose current frequency matches."""
    tracks = tracks_of_users([user], archived=archived, tag=tag)
    if name:
        tracks = tracks.filter(habit__name__icontains=name)
    if frequency:
        begun = HabitSchedule.objects.filter(Q(starts_on=None) | Q(starts_on__lte=today), habit=OuterRef("habit"))
        in_force = begun.order_by(F("starts_on").desc(nulls_last=True)).values("frequency")[:1]
        tracks = tracks.annotate(frequency=Subquery(in_force)).filter(frequency=frequency)
    return tracks


def locked_track(user: User, track_id: int) -> HabitTrack:
    """Return the user's track, locked until the transaction ends. Raises HabitTrack.DoesNotExist."""
    return locked(HabitTrack.objects.filter(user=user)).get(pk=track_id)


def named_track(user: User, track_id: int) -> HabitTrack:
    """Return the track that the body of a request names, locked until the transaction ends.

    Raises DomainError of the field `track`: does_not_exist if it is not the user's, left.
    """
    try:
        track = locked_track(user, track_id)
    except HabitTrack.DoesNotExist:
        raise DomainError("does_not_exist", "You have no such track.", "track") from None
    if track.left_at is not None:
        raise DomainError("left", "You no longer follow this habit.", "track")
    return track


def pauses_of(user: User, *, archived: bool | None = False) -> QuerySet[Pause]:
    """Return the user's pauses, latest first, without those of habits that the user has left.

    `archived`: only those of archived tracks, only the others (with those of all tracks), or both (None).
    """
    visible = {
        True: Q(track__left_at=None, track__archived_at__isnull=False),
        False: Q(track=None) | Q(track__left_at=None, track__archived_at=None),
        None: Q(track=None) | Q(track__left_at=None),
    }
    return Pause.objects.filter(visible[archived], user=user).order_by("-first_day", "-pk")


def has_logs(*, habit: Habit) -> bool:
    """Return whether anybody who tracks the habit has a log of it."""
    return HabitLog.objects.filter(track__habit=habit).exists()


def users_with_logs(user_ids: Collection[int]) -> list[int]:
    """Return the ids of those users who have at least one log."""
    logs = HabitLog.objects.filter(track__user__in=user_ids)
    return list(logs.order_by().values_list("track__user", flat=True).distinct())

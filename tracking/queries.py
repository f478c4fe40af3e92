"""Reads of tracks: whose, in which order, with what; and the current streak in SQL."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from habits.models import HabitSchedule
from tracking.models import HabitLog, HabitTrack, Pause
from users.models import User


def with_all(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """With what the rules ask of a track and what is shown of it at hand, to be read."""
    return tracks.select_related("user", "habit", "habit__owner", "habit__linked_habit").prefetch_related(
        "habit__schedules"
    )


def current_streak(now: datetime) -> Case:
    """HabitTrack.streak_at(now).current as an expression, for filters and rankings."""
    return Case(When(lapses_at__lte=now, then=Value(0)), default=F("streak"), output_field=IntegerField())


def locked(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """The tracks in order of their ids, locked until the transaction ends, with what the rules ask of them at hand.

    Person and habit are read after the lock is had, not beside it: whoever had it before may have changed them.
    """
    rows = tracks.order_by("pk").select_for_update(no_key=True)
    return rows.prefetch_related("user", "habit__schedules")


def tracks_of(user: User, *, now: datetime) -> QuerySet[HabitTrack]:
    """The tracks that the user has not left, oldest first, each with its `current_streak` at `now`."""
    return tracks_of_all([user], now=now)


def tracks_of_all(users: Collection[User], *, now: datetime) -> QuerySet[HabitTrack]:
    """The same of several people, in one order."""
    tracks = HabitTrack.objects.filter(user__in=users, left_at=None).annotate(current_streak=current_streak(now))
    return with_all(tracks).order_by("created_at", "pk")


def tracks_named(
    user: User, *, now: datetime, today: date, name: str = "", frequency: str = ""
) -> QuerySet[HabitTrack]:
    """Those whose habit has `name` in its name, in any case, and the frequency in force today."""
    tracks = tracks_of(user, now=now)
    if name:
        tracks = tracks.filter(habit__name__icontains=name)
    if frequency:
        begun = HabitSchedule.objects.filter(Q(starts_on=None) | Q(starts_on__lte=today), habit=OuterRef("habit"))
        in_force = begun.order_by(F("starts_on").desc(nulls_last=True)).values("frequency")[:1]
        tracks = tracks.annotate(frequency=Subquery(in_force)).filter(frequency=frequency)
    return tracks


def locked_track(user: User, track_id: int) -> HabitTrack:
    """The user's track, locked until the transaction ends. Raises HabitTrack.DoesNotExist."""
    return locked(HabitTrack.objects.filter(user=user)).get(pk=track_id)


def pauses_of(user: User) -> QuerySet[Pause]:
    """The user's pauses, the latest first; those of a habit that was left are no business of theirs."""
    mine = Q(track=None) | Q(track__left_at=None)
    return Pause.objects.filter(mine, user=user).order_by("-first_day", "-pk")


def users_with_logs(user_ids: Collection[int]) -> list[int]:
    """Return those of the users who have logged a day."""
    logs = HabitLog.objects.filter(track__user__in=user_ids)
    return list(logs.order_by().values_list("track__user", flat=True).distinct())

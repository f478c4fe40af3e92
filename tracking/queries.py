"""Reads of tracks: whose, in which order, with what; and the current streak in SQL."""

from datetime import datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from tracking.models import HabitTrack, Pause
from users.models import User


def with_all(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """With what the rules ask of a track at hand."""
    return tracks.select_related("user", "habit", "habit__owner", "habit__linked_habit").prefetch_related(
        "habit__schedules"
    )


def current_streak(now: datetime) -> Case:
    """HabitTrack.streak_at(now).current as an expression, for filters and rankings."""
    return Case(When(lapses_at__lte=now, then=Value(0)), default=F("streak"), output_field=IntegerField())


def tracks_of(user: User, *, now: datetime) -> QuerySet[HabitTrack]:
    """The tracks that the user has not left, oldest first, each with its `current_streak` at `now`."""
    tracks = HabitTrack.objects.filter(user=user, left_at=None).annotate(current_streak=current_streak(now))
    return with_all(tracks).order_by("created_at", "pk")


def locked_track(user: User, track_id: int) -> HabitTrack:
    """The user's track, locked until the transaction ends. Raises HabitTrack.DoesNotExist."""
    return with_all(HabitTrack.objects.filter(user=user)).select_for_update(of=("self",)).get(pk=track_id)


def pauses_of(user: User) -> QuerySet[Pause]:
    """The user's pauses, the latest first; those of a habit that was left are no business of theirs."""
    mine = Q(track=None) | Q(track__left_at=None)
    return Pause.objects.filter(mine, user=user).order_by("-first_day", "-pk")

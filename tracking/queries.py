"""Reads of tracks: whose, in which order, with what."""

from django.db.models import QuerySet

from tracking.models import HabitTrack
from users.models import User


def with_all(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """With what the rules ask of a track at hand."""
    return tracks.select_related("user", "habit", "habit__owner", "habit__linked_habit").prefetch_related(
        "habit__schedules"
    )


def tracks_of(user: User) -> QuerySet[HabitTrack]:
    """The tracks that the user has not left, oldest first."""
    return with_all(HabitTrack.objects.filter(user=user, left_at=None)).order_by("created_at", "pk")

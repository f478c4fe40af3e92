"""Queries for tags. Reads only."""

from collections.abc import Collection

from django.db.models import Count, Q, QuerySet

from tracking.models import Tag, TrackTag
from users.models import User


def tags_of(user: User) -> QuerySet[Tag]:
    """Return the user's tags by name, with `tracks_count`: how many tracks have it, archived ones too."""
    here = Q(tracks__left_at=None)
    return Tag.objects.filter(user=user).annotate(tracks_count=Count("tracks", filter=here)).order_by("name_key")


def tag_names(track_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of each track's tags in order, by track id. One query."""
    names: dict[int, list[str]] = {pk: [] for pk in track_ids}
    rows = TrackTag.objects.filter(track__in=track_ids).order_by("tag__name_key")
    for pk, name in rows.values_list("track_id", "tag__name"):
        names[pk].append(name)
    return names

"""Queries for tags. Reads only."""

from collections import defaultdict

from django.db.models import Count, Q, QuerySet

from common.prepared import Prepared, given
from tracking.models import Tag, TrackTag
from users.models import User


def tags_of(user: User) -> QuerySet[Tag]:
    """Return the user's tags by name, with `tracks_count`: how many tracks have it, archived ones too."""
    here = Q(tracks__left_at=None)
    return Tag.objects.filter(user=user).annotate(tracks_count=Count("tracks", filter=here)).order_by("name_key")


def tag_names(user: User) -> dict[int, list[str]]:
    """Return the names of the tags, in order, of each track of the user that has any, by track id. One query."""
    names: dict[int, list[str]] = defaultdict(list)
    for pk, name in _NAMES(user_id=user.pk):
        names[pk].append(name)
    return names


_NAMES = Prepared(
    lambda: (
        TrackTag.objects.filter(tag__user=given(Tag, "user", "user_id"))
        .order_by("tag__name_key")
        .values_list("track_id", "tag__name")
    )
)

"""Querysets of tags."""

from django.db.models import Count, Q, QuerySet

from tracking.models import Tag
from users.models import User


def tags_of(user: User) -> QuerySet[Tag]:
    """Return the user's tags by name, with `tracks_count`: how many tracks have it, archived ones too."""
    here = Q(tracks__left_at=None)
    return Tag.objects.filter(user=user).annotate(tracks_count=Count("tracks", filter=here)).order_by("name_key")

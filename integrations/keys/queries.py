"""Reads of keys."""

from datetime import datetime

from django.db.models import Q, QuerySet

from integrations.models import ApiKey
from users.models import User


def keys_of(user: User) -> QuerySet[ApiKey]:
    """Return the user's keys that were not revoked, newest first: expired ones as well."""
    return ApiKey.objects.filter(user=user, revoked_at=None).order_by("-pk")


def live_keys_of(user: User, *, now: datetime) -> QuerySet[ApiKey]:
    """Return the user's keys that work at `now`, newest first."""
    return keys_of(user).filter(Q(expires_at=None) | Q(expires_at__gt=now))


def find(prefix: str) -> ApiKey | None:
    """Return the key with this prefix and its user, by one statement."""
    return ApiKey.objects.select_related("user").filter(prefix=prefix).first()

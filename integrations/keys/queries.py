"""Reads of keys."""

from datetime import datetime

from django.db.models import Q, QuerySet

from integrations.models import ApiKey, Partner
from users.models import User


def keys_of(owner: User | Partner) -> QuerySet[ApiKey]:
    """Return the keys of a user or a partner that were not revoked, newest first: expired ones as well."""
    theirs = {"partner": owner} if isinstance(owner, Partner) else {"user": owner}
    return ApiKey.objects.filter(**theirs, revoked_at=None).order_by("-pk")


def live_keys_of(owner: User | Partner, *, now: datetime) -> QuerySet[ApiKey]:
    """Return the keys of a user or a partner that work at `now`, newest first."""
    return keys_of(owner).filter(Q(expires_at=None) | Q(expires_at__gt=now))


def find(prefix: str) -> ApiKey | None:
    """Return the key with this prefix and its user or partner, by one statement."""
    return ApiKey.objects.select_related("user", "partner__account").filter(prefix=prefix).first()

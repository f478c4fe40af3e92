"""Reads of keys."""

from datetime import datetime

from django.db.models import Q, QuerySet

from common.prepared import Columns, Prepared, given
from integrations.keys.rules import PARTNER
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
    """Return the key with this prefix and its user or partner, by one statement, which depends on its kind."""
    if not prefix.startswith(PARTNER):
        for row in _PERSONS_KEY(prefix=prefix):
            found = _KEY.instance(row)
            found.user = _USER.instance(row, start=len(_KEY))
            return found
        return None
    for row in _PARTNERS_KEY(prefix=prefix):
        found = _KEY.instance(row)
        found.partner = _PARTNER.instance(row, start=len(_KEY))
        found.partner.account = _ACCOUNT.instance(row, start=len(_KEY) + len(_PARTNER))
        return found
    return None


# Every request of a program asks one of these.
_KEY, _USER = Columns(ApiKey), Columns(User, "user__")
_PARTNER, _ACCOUNT = Columns(Partner, "partner__"), Columns(User, "partner__account__")


def _by_prefix() -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(prefix=given(ApiKey, "prefix"))


_PERSONS_KEY = Prepared(lambda: _by_prefix().filter(user__isnull=False).values_list(*_KEY.paths, *_USER.paths))
_PARTNERS_KEY = Prepared(
    lambda: _by_prefix().filter(partner__isnull=False).values_list(*_KEY.paths, *_PARTNER.paths, *_ACCOUNT.paths)
)

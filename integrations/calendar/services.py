"""The services that write calendar addresses."""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from common.edits import UNSET, Unset
from integrations.calendar.queries import feed_of
from integrations.models import CalendarFeed
from users import access
from users.access import AccessItem, Keep
from users.models import User

TOKEN_BYTES = 32


@transaction.atomic
def open_feed(*, user: User, alarm_minutes: int | Unset | None = UNSET, now: datetime) -> CalendarFeed:
    """Return the user's calendar address, made if there is none, with the alarm changed if one is given.

    Raises AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    feed = feed_of(user) or CalendarFeed(user=user, token=_new_token(), created_at=now)
    if alarm_minutes is not UNSET:
        feed.alarm_minutes = alarm_minutes
    feed.save()
    return feed


@transaction.atomic
def replace_address(*, user: User, now: datetime) -> CalendarFeed:
    """Give the user's calendar another address; the old one ends at once.

    Raises CalendarFeed.DoesNotExist, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    feed = CalendarFeed.objects.get(user=user)
    feed.token, feed.created_at = _new_token(), now
    feed.save(update_fields=["token", "created_at"])
    return feed


@transaction.atomic
def close_feed(*, user: User) -> None:
    """End the user's calendar address; without one nothing happens."""
    CalendarFeed.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: Collection[Keep]) -> None:
    """End the address of a user whose access ends: a stolen session may have made or read it."""
    CalendarFeed.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete the address of a user whose account is being deleted."""
    CalendarFeed.objects.filter(user=user).delete()


def list_access(*, user: User) -> list[AccessItem]:
    """Return the user's calendar address, for the list of what has access to the account."""
    feed = feed_of(user)
    return [AccessItem(kind="calendar", id=feed.pk, name="", created_at=feed.created_at)] if feed else []


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)

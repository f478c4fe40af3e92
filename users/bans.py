"""Bans of accounts by staff."""

import logging
from datetime import datetime

from django.db import transaction

from common.errors import DomainError
from users import access, signals
from users.models import User

logger = logging.getLogger(__name__)


@transaction.atomic
def ban(*, user: User, by: User, now: datetime) -> User:
    """Ban an account and end all of its access; a banned account stays as it is. Sends access_ended, ranking_changed.

    Raises DomainError: own_account, not_permitted (staff can be banned by superusers only).
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.pk == by.pk:
        raise DomainError("own_account", "You cannot ban your own account.")
    if (user.is_staff or user.is_superuser) and not by.is_superuser:
        raise DomainError("not_permitted", "Only a superuser can ban staff.")
    if user.banned_at is not None:
        return user
    user.banned_at, user.is_active = now, False
    user.save(update_fields=["banned_at", "is_active"])
    access.end_access(user=user, now=now)
    signals.ranking_changed.send(User, user=user, now=now)
    logger.info("account %s was banned by account %s", user.pk, by.pk)
    return user


@transaction.atomic
def unban(*, user: User, by: User, now: datetime) -> User:
    """Lift a ban: a confirmed account can sign in again, another one still has to be confirmed. Idempotent.

    Nothing from before the ban works again: access is ended once more, because accounts that were banned by an
    earlier version kept their tokens. Sends access_ended, ranking_changed.
    Raises DomainError: not_permitted (the ban of staff is lifted by superusers only).
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if (user.is_staff or user.is_superuser) and not by.is_superuser:
        raise DomainError("not_permitted", "Only a superuser can lift the ban of staff.")
    if user.banned_at is None:
        return user
    access.end_access(user=user, now=now)
    user.banned_at, user.is_active = None, user.confirmed_at is not None
    user.save(update_fields=["banned_at", "is_active"])
    signals.ranking_changed.send(User, user=user, now=now)
    logger.info("the ban of account %s was lifted by account %s", user.pk, by.pk)
    return user

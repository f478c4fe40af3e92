"""Removal, in small batches, of expired sessions and challenges, unused devices and accounts that were never confirmed."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session as AdminSession
from django.db import transaction

from common.row_backoff import FailureCounter
from users import services, signals
from users.models import KnownDevice, PasskeyChallenge, Session, User
from users.rules import KNOWN_DEVICE_LIFETIME

logger = logging.getLogger(__name__)

UNCONFIRMED_LIFETIME = timedelta(days=7)  # more than twice the lifetime of the confirmation link
BATCH_SIZE = 1000  # rows
ACCOUNT_BATCH_SIZE = 100

_TRIES = FailureCounter()


@transaction.atomic
def remove_expired_sessions(*, now: datetime) -> int:
    """Remove one batch of sessions whose refresh token has expired, ended or not; return their number.

    Sends sessions_ended. One that is refreshed in the last moment is left.
    """
    expired = Session.objects.select_for_update(no_key=True, skip_locked=True).filter(expires_at__lt=now)
    batch = dict(expired.values_list("pk", "user")[:BATCH_SIZE])
    if batch:
        signals.sessions_ended.send(Session, user_ids={*batch.values()}, session_ids=[*batch], now=now)
        Session.objects.filter(pk__in=batch).delete()
    return len(batch)


@transaction.atomic
def remove_unused_devices(*, now: datetime) -> int:
    """Remove one batch of devices that have not signed in for KNOWN_DEVICE_LIFETIME; return their number."""
    unused = KnownDevice.objects.filter(signed_in_at__lt=now - KNOWN_DEVICE_LIFETIME)
    batch = list(unused.values_list("pk", flat=True)[:BATCH_SIZE])
    unused.filter(pk__in=batch).delete()
    return len(batch)


@transaction.atomic
def remove_expired_challenges(*, now: datetime) -> int:
    """Remove one batch of challenges of passkeys that nobody has answered in time; return their number."""
    expired = PasskeyChallenge.objects.filter(expires_at__lt=now)
    batch = list(expired.values_list("pk", flat=True)[:BATCH_SIZE])
    expired.filter(pk__in=batch).delete()
    return len(batch)


@transaction.atomic
def remove_expired_admin_sessions(*, now: datetime) -> int:
    """Remove one batch of expired admin sessions; return their number."""
    batch = list(AdminSession.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH_SIZE])
    AdminSession.objects.filter(pk__in=batch).delete()
    return len(batch)


def remove_unconfirmed(*, now: datetime, after: int = 0) -> int | None:
    """Remove one batch of accounts that were not confirmed within UNCONFIRMED_LIFETIME, with ids above `after`.

    Keep staff, banned accounts, accounts with a chat, and those that a receiver of unconfirmed_accounts_removing
    returns. Send account_deleting for each removed account. An account that cannot be removed is logged and skipped.
    Return the last id of the batch, or None if there was no such account.
    """
    candidates = User.objects.filter(
        is_active=False,  # staff can activate an account without a confirmation
        confirmed_at=None,
        banned_at=None,
        date_joined__lt=now - UNCONFIRMED_LIFETIME,
        is_staff=False,
        is_superuser=False,
    ).exclude(addresses__address__isnull=False)
    batch = list(candidates.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:ACCOUNT_BATCH_SIZE])
    if not batch:
        return None
    responses: list[tuple[Any, Any]] = signals.unconfirmed_accounts_removing.send(User, user_ids=batch)
    kept: set[int] = set().union(*(ids for _, ids in responses))
    for pk in batch:
        if pk not in kept:
            _remove(pk, now)
    return batch[-1]


def _remove(pk: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            # Locked and checked again, because the user may have confirmed the address in the meantime.
            users = User.objects.select_for_update(no_key=True)
            user = users.filter(pk=pk, is_active=False, confirmed_at=None, banned_at=None).first()
            if user is not None:
                services.remove_account(user=user, now=now)
    except Exception as error:  # any error with one account must not block the others
        if not _TRIES.should_skip(pk, error):
            raise  # perhaps a database problem, not one of this account: the next daily run tries again
        logger.exception("unconfirmed account %s cannot be removed", pk, extra={"user": pk})

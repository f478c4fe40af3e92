"""Removes what nobody can use any more, in small batches: expired tokens and sessions, accounts never confirmed."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from common.row_backoff import FailureCounter
from users import services, signals
from users.models import User

logger = logging.getLogger(__name__)

UNCONFIRMED_FOR = timedelta(days=7)  # more than twice as long as the mailed link works
BATCH = 1000
ACCOUNTS = 100  # a batch

_TRIES = FailureCounter()


@transaction.atomic
def remove_expired_tokens(*, now: datetime) -> int:
    """Remove one batch of refresh tokens that have expired, used ones too; return how many."""
    batch = list(OutstandingToken.objects.filter(expires_at__lt=now).values_list("pk", flat=True)[:BATCH])
    BlacklistedToken.objects.filter(token__in=batch).delete()
    OutstandingToken.objects.filter(pk__in=batch).delete()
    return len(batch)


@transaction.atomic
def remove_expired_sessions(*, now: datetime) -> int:
    """Remove one batch of the admin's sessions that have expired; return how many."""
    batch = list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH])
    Session.objects.filter(pk__in=batch).delete()
    return len(batch)


def remove_unconfirmed(*, now: datetime, after: int = 0) -> int | None:
    """Remove one batch of accounts whose address was not confirmed within seven days, by id, from `after` on.

    Keeps those of staff, those with a chat, and those that a receiver of unconfirmed_removing names. Sends
    account_deleting for each. Returns the last id that was looked at; None: there are no more. One that cannot be
    removed is logged and takes no other with it.
    """
    old = User.objects.filter(
        is_active=False,  # staff may let somebody in without a confirmation
        confirmed_at=None,
        date_joined__lt=now - UNCONFIRMED_FOR,
        chat_id=None,
        is_staff=False,
        is_superuser=False,
    )
    batch = list(old.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:ACCOUNTS])
    if not batch:
        return None
    answers: list[tuple[Any, Any]] = signals.unconfirmed_removing.send(User, user_ids=batch)
    kept: set[int] = set().union(*(ids for _, ids in answers))
    for pk in batch:
        if pk not in kept:
            _remove(pk, now)
    return batch[-1]


def _remove(pk: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            # Somebody may confirm it at this very moment.
            user = User.objects.select_for_update(no_key=True).filter(pk=pk, is_active=False, confirmed_at=None).first()
            if user is not None:
                services.remove_account(user=user, now=now)
    except Exception as error:  # whatever it is, it must not keep the others
        if not _TRIES.should_skip(pk, error):
            raise  # the database's trouble, perhaps with this account: tomorrow again
        logger.exception("account %s was never confirmed, and cannot be removed", pk, extra={"user": pk})

"""The weekly digest: its settings, its next instant, and what is due. The only writer of digests."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from notifications import outbox
from notifications.digest_times import Weekly
from notifications.models import Delivery, Digest
from notifications.occurrences import Occurrence
from users.models import User

logger = logging.getLogger(__name__)

BATCH = 500
USEFUL_FOR = timedelta(days=1)


def of(user: User) -> Digest:
    """The person's settings; those of somebody who never chose are off, and in no table."""
    return Digest.objects.filter(user=user).first() or Digest(user=user)


@transaction.atomic
def change(*, user: User, now: datetime, **settings: Any) -> Digest:
    """Sets is_on, weekday, hour, or some of them, and plans the next digest by the person's clock."""
    digest, _is_new = Digest.objects.select_for_update(of=("self",)).get_or_create(user=user)
    for name, value in settings.items():
        setattr(digest, name, value)
    _plan(digest, user, now)
    digest.save()
    return digest


@transaction.atomic
def replan(*, user: User, now: datetime) -> None:
    """Plans anew by another clock; a `next_at` <= now stays, for the tick to take."""
    digest = Digest.objects.filter(user=user, next_at__gt=now).select_for_update(of=("self",)).first()
    if digest is not None:
        _plan(digest, user, now)
        digest.save()


@transaction.atomic
def queue_due(*, now: datetime) -> int:
    """Takes one batch of due digests, oldest first: queues each one's latest occurrence, plans the next.

    Returns how many were taken. Another tick at the same time takes others (on SQLite it waits). A person
    who can be reached on no channel is sent nothing.
    """
    due = Digest.objects.filter(next_at__lte=now).order_by("next_at", "pk").select_related("user")
    taken, deliveries = [], []
    for digest in due.select_for_update(skip_locked=True, of=("self",))[:BATCH]:
        try:
            delivery = _take(digest, now)
        except Exception:  # whatever it is, it must not take the others with it
            logger.exception("digest %s cannot be planned", digest.pk)
            continue
        taken.append(digest)
        if delivery:
            deliveries.append(delivery)
    Digest.objects.bulk_update(taken, ["next_at", "next_day"])
    outbox.queue(deliveries)
    return len(taken)


@transaction.atomic
def remove(*, user: User) -> None:
    """Forgets the settings of a person who leaves."""
    Digest.objects.filter(user=user).delete()


def _take(digest: Digest, now: datetime) -> Delivery | None:
    """The delivery of the latest occurrence; sets the next one. None where there is no way to the person."""
    assert digest.next_at is not None and digest.next_day is not None
    weekly = Weekly(digest.user.clock, digest.weekday, digest.hour)
    latest, passed_over = weekly.latest(Occurrence(digest.next_day, digest.next_at), now)
    _plan(digest, digest.user, now)
    has_chat = digest.user.chat_connected and digest.user.chat_unreachable_since is None
    if not has_chat and not digest.user.reminders_by_email:
        return None
    return Delivery(
        key=f"digest:{digest.user_id}:{latest.day}",
        kind=Delivery.Kind.DIGEST,
        channel=Delivery.Channel.TELEGRAM,
        user=digest.user,
        day=latest.day,
        passed_over=passed_over,
        due_at=latest.at,
        available_at=latest.at,
        expires_at=latest.at + USEFUL_FOR,
    )


def _plan(digest: Digest, user: User, now: datetime) -> None:
    following = Weekly(user.clock, digest.weekday, digest.hour).first_after(now) if digest.is_on else None
    digest.next_at = following.at if following else None
    digest.next_day = following.day if following else None

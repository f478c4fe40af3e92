"""Reminders that a person puts off: once a message, to a time of the same local day at which it can come."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from common.errors import DomainError
from notifications.models import Delivery
from notifications.outbox import recipients
from notifications.outbox.announcements import queue_for_user
from tracking.models import HabitTrack
from tracking.tracks.plans import load_plans
from users.timing import DAY

KEYS = "later:"  # begins the keys of these deliveries


def comes_at(delivery: Delivery, at: datetime) -> datetime | None:
    """Return when a reminder comes that is put off to `at`: from within quiet hours at their end.

    None if the local day that it is about is over by then.
    """
    user, day = delivery.user, delivery.day
    if user is None or day is None:
        return None
    comes = recipients.quiet_until(user, at) or at
    return comes if comes < user.clock.start(day + DAY) else None


@transaction.atomic
def put_off(*, delivery: Delivery, track: HabitTrack, at: datetime, now: datetime) -> datetime:
    """Queue the reminder again for `at`, and return when it comes. If it waits already, that stays as it is.

    The caller has locked the track. Raises DomainError passed, too_late (see `comes_at`), left, paused, already_reminded.
    """
    comes = comes_at(delivery, at)
    if at <= now:
        raise DomainError("passed", "That time has passed.")
    if comes is None or delivery.user is None or delivery.day is None:
        raise DomainError("too_late", "There is no time left today.")
    plan = load_plans([track.pk])[track.pk]
    if isinstance(plan, Exception):
        raise plan
    if plan.is_left:
        raise DomainError("left", "You no longer follow this habit.")
    if plan.is_paused(delivery.day):
        raise DomainError("paused", "This habit is paused on that day.")
    key = f"{KEYS}{delivery.pk}"
    unsent = [Delivery.State.DROPPED, Delivery.State.EXPIRED, Delivery.State.FAILED]
    Delivery.objects.filter(key=key, state__in=unsent, uncertain=False).delete()
    before = Delivery.objects.filter(key=key).first()
    if before is not None and before.state != Delivery.State.PENDING:
        raise DomainError("already_reminded", "You have been reminded again already.")
    if before is not None:
        return before.due_at
    queue_for_user(
        key,
        Delivery.Kind.REMINDER,
        user=delivery.user,
        at=comes,
        expires_at=min(comes + settings.DELIVERY_USEFUL_FOR, delivery.user.clock.start(delivery.day + DAY)),
        track=track,
        reminder=delivery.reminder,
        day=delivery.day,
    )
    return comes

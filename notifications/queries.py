"""Reads of the outbox: as its owner sees it, and as its operators do."""

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from notifications.models import Delivery, Digest, Reminder
from users.models import User

# What waits for these is not late by a fault of the service; it has gauges of its own.
EXCUSED = (Delivery.Wait.CHAT, Delivery.Wait.ASIDE)
# Once its time has come a sender has this long to take it up; then it is late as all others are.
TAKEN_UP_WITHIN = timedelta(minutes=2)


def messages_of(user: User) -> QuerySet[Delivery]:
    """The user's messages, newest first."""
    return Delivery.objects.filter(user=user).order_by("-pk")


def reminders_of(user: User) -> QuerySet[Reminder]:
    """The user's reminders, track by track; those of a habit that was left wait until it is followed again."""
    reminders = Reminder.objects.filter(track__user=user, track__left_at=None)
    return reminders.select_related("track__habit").order_by("track", "pk")


def lag(*, now: datetime) -> timedelta:
    """Return the age of the oldest thing that should have happened, planned or queued; zero: there is none.

    Leaves out what waits for a chat's own retry_after and what stepped aside. Three reads, each of one index.
    """
    oldest = [at for at in (_oldest_due(Reminder, now), _oldest_due(Digest, now), oldest_pending(now=now)) if at]
    return now - min(oldest) if oldest else timedelta(0)


def oldest_pending(*, now: datetime) -> datetime | None:
    """Return when the oldest message was due that should have gone by now; None: there is none."""
    excused = Q(waits_for__in=EXCUSED, available_at__gt=now - TAKEN_UP_WITHIN)
    pending = Delivery.objects.filter(~excused, state=Delivery.State.PENDING, due_at__lte=now)
    return pending.order_by("due_at").values_list("due_at", flat=True).first()


def counts() -> list[tuple[str, str, str, int]]:
    """How many messages there are of each (kind, channel, state)."""
    rows = Delivery.objects.values_list("kind", "channel", "state").annotate(Count("pk"))
    return [(kind, channel, state, count) for kind, channel, state, count in rows.order_by("kind", "channel", "state")]


def uncertain() -> QuerySet[Delivery]:
    """The messages of which an attempt's outcome was never learned, newest first."""
    return Delivery.objects.filter(uncertain=True).order_by("-pk")


def stepped_aside(*, now: datetime) -> dict[str, int]:
    """Return how many reminders, digests and messages wait because they could not be planned or composed."""
    # A plan that stepped aside stays due, so the few rows that are due hold them all.
    due = Q(next_at__lte=now, retry_at__isnull=False)
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    return {
        "reminder": Reminder.objects.filter(due).count(),
        "digest": Digest.objects.filter(due).count(),
        "message": pending.filter(waits_for=Delivery.Wait.ASIDE).count(),
    }


def _oldest_due(model: type[Reminder] | type[Digest], now: datetime) -> datetime | None:
    plans = model._default_manager.filter(next_at__lte=now, retry_at=None)
    return plans.order_by("next_at").values_list("next_at", flat=True).first()

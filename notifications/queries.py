"""Reads of the outbox: as its owner sees it, and as its operators do."""

from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from notifications.models import Delivery, Reminder
from users.models import User


def messages_of(user: User) -> QuerySet[Delivery]:
    """The user's messages, newest first."""
    return Delivery.objects.filter(user=user).order_by("-pk")


def reminders_of(user: User) -> QuerySet[Reminder]:
    """The user's reminders, track by track; those of a habit that was left wait until it is followed again."""
    reminders = Reminder.objects.filter(track__user=user, track__left_at=None)
    return reminders.select_related("track__habit").order_by("track", "pk")


def lag(*, now: datetime) -> timedelta:
    """How long the oldest message that could be sent has been waiting; zero where none is."""
    waiting = Delivery.objects.filter(state=Delivery.State.PENDING, available_at__lte=now)
    oldest = waiting.order_by("available_at").values_list("available_at", flat=True).first()
    return now - oldest if oldest else timedelta(0)


def counts() -> list[tuple[str, str, str, int]]:
    """How many messages there are of each (kind, channel, state)."""
    rows = Delivery.objects.values_list("kind", "channel", "state").annotate(Count("pk"))
    return [(kind, channel, state, count) for kind, channel, state, count in rows.order_by("kind", "channel", "state")]


def uncertain() -> QuerySet[Delivery]:
    """The messages of which an attempt's outcome was never learned, newest first."""
    return Delivery.objects.filter(uncertain=True).order_by("-pk")

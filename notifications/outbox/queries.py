"""Reads of the outbox, for its users and its operators."""

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from notifications.models import Delivery, Digest, Reminder
from users.models import User

# Messages that wait for these reasons do not count as late: the delay is not the service's, or has its own metric.
NOT_LATE_WHILE_WAITING = (Delivery.Wait.ADDRESS, Delivery.Wait.FAULT)
# Time for a sender to claim such a message once its wait is over. After it the message counts as late.
PICKUP_GRACE = timedelta(minutes=2)


def messages_of(user: User) -> QuerySet[Delivery]:
    """Return the user's messages, newest first."""
    return Delivery.objects.filter(user=user).order_by("-pk")


def reminders_of(user: User) -> QuerySet[Reminder]:
    """Return the user's reminders, ordered by track, without those of tracks that were left."""
    reminders = Reminder.objects.filter(track__user=user, track__left_at=None)
    return reminders.select_related("track__habit").order_by("track", "pk")


def lag(*, now: datetime) -> timedelta:
    """Return how long ago the oldest planned or queued message that is still pending was due; zero if there is none.

    Messages waiting for a chat's retry_after, or after an unexpected error, are left out. Runs three index reads.
    """
    oldest = [at for at in (_oldest_due(Reminder, now), _oldest_due(Digest, now), oldest_pending_at(now=now)) if at]
    return now - min(oldest) if oldest else timedelta(0)


def oldest_pending_at(*, now: datetime) -> datetime | None:
    """Return when the oldest late message in the outbox was due; None if there is none."""
    excused = Q(waits_for__in=NOT_LATE_WHILE_WAITING, available_at__gt=now - PICKUP_GRACE)
    pending = Delivery.objects.filter(~excused, state=Delivery.State.PENDING, due_at__lte=now)
    return pending.order_by("due_at").values_list("due_at", flat=True).first()


def counts() -> list[tuple[str, str, str, int]]:
    """Return (kind, channel, state, number of messages), ordered."""
    rows = Delivery.objects.values_list("kind", "channel", "state").annotate(Count("pk"))
    return [(kind, channel, state, count) for kind, channel, state, count in rows.order_by("kind", "channel", "state")]


def uncertain() -> QuerySet[Delivery]:
    """Return the messages with an attempt whose result is unknown, newest first."""
    return Delivery.objects.filter(uncertain=True).order_by("-pk")


def count_failing(*, now: datetime) -> dict[str, int]:
    """Return how many reminders, digests and messages wait for a retry after an unexpected error."""
    # A failing plan keeps its next_at, so it is among the due rows, which are few and indexed.
    due = Q(next_at__lte=now, retry_at__isnull=False)
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    return {
        "reminder": Reminder.objects.filter(due).count(),
        "digest": Digest.objects.filter(due).count(),
        "message": pending.filter(waits_for=Delivery.Wait.FAULT).count(),
    }


def _oldest_due(model: type[Reminder] | type[Digest], now: datetime) -> datetime | None:
    plans = model._default_manager.filter(next_at__lte=now, retry_at=None)
    return plans.order_by("next_at").values_list("next_at", flat=True).first()

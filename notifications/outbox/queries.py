"""Reads of the outbox, for its users and its operators."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from notifications.models import ArchivedDelivery, Delivery, Digest, Reminder
from users.models import User

# Messages that wait for these reasons do not count as late: the delay is not the service's, or has its own metric.
NOT_LATE_WHILE_WAITING = (Delivery.Wait.ADDRESS, Delivery.Wait.FAULT, Delivery.Wait.QUIET)
# Time for a sender to claim such a message once its wait is over. After it the message counts as late.
PICKUP_GRACE = timedelta(minutes=2)


def messages_of(user: User) -> QuerySet[Delivery]:
    """Return the user's messages, newest first."""
    return Delivery.objects.filter(user=user).order_by("-pk")


def message_ids_of(
    user: User, *, kept_from: datetime, chosen: Callable[[QuerySet[Any]], QuerySet[Any]]
) -> QuerySet[Any]:
    """Return the ids of the user's messages in the outbox and of those kept in the archive, newest first.

    `chosen` filters either: what is joined cannot be filtered any more.
    """
    archived = ArchivedDelivery.objects.filter(user=user, created_at__gte=kept_from)
    queued = chosen(messages_of(user)).order_by().values_list("pk", flat=True)
    # UNION without ALL: a message that is moved at this moment is counted once.
    return queued.union(chosen(archived).order_by().values_list("pk", flat=True)).order_by("-id")


def load_messages(ids: Sequence[int]) -> list[Delivery]:
    """Return the messages with these ids, in their order, wherever they are now."""
    # The outbox first: what is moved to the archive meanwhile is found there.
    found = Delivery.objects.in_bulk(ids)
    rest = ArchivedDelivery.objects.in_bulk([pk for pk in ids if pk not in found])
    found |= {pk: archived.as_delivery() for pk, archived in rest.items()}
    return [found[pk] for pk in ids if pk in found]


def find_message(user: User, *, delivery_id: int, kept_from: datetime) -> Delivery | None:
    """Return a message of the user from the outbox or from the archive."""
    archived = ArchivedDelivery.objects.filter(user=user, pk=delivery_id, created_at__gte=kept_from)
    return messages_of(user).filter(pk=delivery_id).first() or _first_archived(archived)


def find_reminder(user: User, *, delivery_id: int, token: str) -> Delivery | None:
    """Return a reminder that was sent to the user, with its track, from the outbox or from the archive."""
    chosen = {
        "pk": delivery_id,
        "token": token,
        "user": user,
        "kind": Delivery.Kind.REMINDER,
        "track__isnull": False,
        "day__isnull": False,
    }
    queued = Delivery.objects.filter(**chosen).select_related("user", "track", "reminder")
    return queued.first() or _first_archived(ArchivedDelivery.objects.filter(**chosen).select_related("user", "track"))


def reminders_of(user: User) -> QuerySet[Reminder]:
    """Return the user's reminders, ordered by track, without those of tracks that were left."""
    reminders = Reminder.objects.filter(track__user=user, track__left_at=None)
    return reminders.select_related("track__habit").order_by("track", "pk")


def lag(*, now: datetime) -> timedelta:
    """Return how long ago the oldest planned or queued message that is still pending was due; zero if there is none.

    Messages waiting for a chat's retry_after, after an unexpected error, or in quiet hours, are left out. Runs three index reads.
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


def _first_archived(archived: QuerySet[ArchivedDelivery]) -> Delivery | None:
    found = archived.first()
    return found.as_delivery() if found else None


def _oldest_due(model: type[Reminder] | type[Digest], now: datetime) -> datetime | None:
    plans = model._default_manager.filter(next_at__lte=now, retry_at=None)
    return plans.order_by("next_at").values_list("next_at", flat=True).first()

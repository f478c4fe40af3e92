"""The outbox: queueing, dropping, repeating and purging messages. With `leases`, the only writer of deliveries."""

import itertools
import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Concat, Now

from common import rows
from common.leases import NO_LEASE
from common.wake import wake
from notifications.channels import registry
from notifications.models import Delivery
from notifications.outbox import recipients

logger = logging.getLogger(__name__)

PURGE_BATCH = 1000


class QueuedReminder(NamedTuple):
    """The columns of a delivery that differ between reminders; the fields are named as the columns."""

    key: str
    token: str
    user_id: int
    track_id: int
    reminder_id: int
    day: date
    missed_count: int
    due_at: datetime
    available_at: datetime
    expires_at: datetime
    uncertain: bool


def queue(deliveries: Iterable[Delivery]) -> None:
    """Add messages to the outbox in the running transaction and wake a sender on commit.

    A message whose key exists already is ignored, and so is one that is withheld from a managed user. Composing checks
    the latter for every delivery, here only that is seen which has its user loaded.
    """
    new = [each for each in deliveries if "user" not in each._state.fields_cache or not recipients.is_withheld(each)]
    if not new:
        return
    Delivery.objects.bulk_create(new, ignore_conflicts=True)
    wake("notifications.tasks.send")


def queue_reminders(reminders: Sequence[QueuedReminder], *, now: datetime) -> None:
    """Do the same as `queue` for reminders, in one SQL statement: a tick may queue thousands."""
    if not reminders:
        return
    defaults = Delivery(kind=Delivery.Kind.REMINDER, channel=registry.preferred().name, created_at=now)
    sources = (f"queued.column{number}" for number in itertools.count(1))
    columns = dict(zip(QueuedReminder._fields, sources, strict=False))
    params: list[Any] = []
    # The statement bypasses the ORM, so the defaults of the other columns are filled in here.
    for field in Delivery._meta.concrete_fields:
        value = getattr(defaults, field.attname)
        if field.attname not in columns and value is not None:
            columns[field.attname] = "%s"
            params.append(rows.adapted(value))
    table, values = rows.values_table(reminders)
    with connection.cursor() as cursor:
        cursor.execute(
            # "WHERE true" lets SQLite tell ON CONFLICT from the ON of a join.
            f"INSERT INTO notifications_delivery ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM {table} AS queued WHERE true ON CONFLICT DO NOTHING",
            params + values,
        )
    wake("notifications.tasks.send")


def resume_after_outage(*, channel: str, now: datetime) -> int:
    """Make messages available at once that wait only because their channel was unavailable; return how many.

    Uncertain messages keep their delay: their attempts are few, and an unstable connection would use them up.
    """
    waiting = Delivery.objects.filter(
        state=Delivery.State.PENDING,
        lease=None,
        channel=channel,
        waits_for=Delivery.Wait.OUTAGE,
        uncertain_tries=0,
        available_at__gt=now,
    )
    count = waiting.update(available_at=now, postponed_at=now, waits_for=Delivery.Wait.NOTHING)
    if count:
        wake("notifications.tasks.send")
    return count


def ready_and_next(*, now: datetime) -> tuple[int, datetime | None]:
    """Return how many messages can be sent now, and when the next of the others can be (None: there is none)."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING, lease=None)
    later = pending.filter(available_at__gt=now).order_by("available_at").values_list("available_at", flat=True)
    return pending.filter(available_at__lte=now).count(), later.first()


def drop_unsent(deliveries: QuerySet[Delivery], *, reason: str) -> None:
    """Drop pending messages, except those being sent now, whose result their sender will record."""
    being_sent = Q(sending_at__isnull=False, lease_until__gt=Now())
    unsent = deliveries.filter(~being_sent, state=Delivery.State.PENDING)
    unsent.update(state=Delivery.State.DROPPED, reason=reason, **NO_LEASE)


def drop_and_free_keys(deliveries: QuerySet[Delivery], *, reason: str) -> None:
    """Drop pending messages and change the keys of all, so that new messages can be queued under the same keys."""
    drop_unsent(deliveries, reason=reason)
    deliveries.update(key=Concat("key", Value(":"), Cast("pk", CharField())))


class PurgeStep(NamedTuple):
    """One batch of a purge: how many messages were deleted or moved, the last id examined, and whether it was the last batch."""

    removed: int
    last_id: int
    is_last: bool


@transaction.atomic
def purge(*, before: datetime, after_id: int = 0) -> PurgeStep:
    """Delete one batch of messages queued before an instant, in the order of ids, starting after `after_id`.

    Pending messages are kept. Ids grow with time, so the purge ends at the first batch with younger messages.
    """
    batch = list(Delivery.objects.filter(pk__gt=after_id).order_by("pk").values_list("pk", "created_at")[:PURGE_BATCH])
    old = [pk for pk, created_at in batch if created_at < before]
    removed, _ = Delivery.objects.filter(pk__in=old).exclude(state=Delivery.State.PENDING).delete()
    return PurgeStep(removed, batch[-1][0] if batch else after_id, is_last=len(old) < PURGE_BATCH)


@transaction.atomic
def requeue(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Make failed and expired messages pending again, with their original lifetime from now; return how many."""
    finished = deliveries.filter(state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED])
    lifetime = ExpressionWrapper(F("expires_at") - F("due_at"), output_field=DurationField())
    count = finished.update(
        state=Delivery.State.PENDING,
        reason="requeued",
        waits_for=Delivery.Wait.NOTHING,
        attempts=0,
        uncertain_tries=0,
        expired_leases=0,
        available_at=now,
        postponed_at=now,
        expires_at=ExpressionWrapper(Value(now, output_field=DateTimeField()) + lifetime, output_field=DateTimeField()),
    )
    if count:
        wake("notifications.tasks.send")
    return count

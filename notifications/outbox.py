"""The outbox: queue, claim, record. The only writer of deliveries.

A claim leases rows to one sender, by the database's clock. Whatever a sender records counts only while the
lease is still its own, so one that outlived its lease changes nothing.
"""

import itertools
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Concat, Now

from common import rows
from common.hints import hint
from notifications.models import Delivery

PURGE_BATCH = 1000
FREE: dict[str, Any] = {"lease": None, "lease_until": None, "sending_at": None}
PARK = """
UPDATE notifications_delivery SET available_at = parked.column2, reason = %s,
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS parked
WHERE notifications_delivery.id = parked.column1 AND lease = %s AND state = 'pending'
"""
RECORD_SENT = """
UPDATE notifications_delivery SET state = 'sent', sent_at = %s, reason = '', text = sent.column2,
    chat_id = CAST(sent.column3 AS bigint), message_id = CAST(sent.column4 AS bigint),
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS sent
WHERE notifications_delivery.id = sent.column1 AND lease = %s AND state = 'pending'
"""


class Asked(NamedTuple):
    """What differs between one reminder in the outbox and the next; by the names of the columns."""

    key: str
    token: str
    user_id: int
    track_id: int
    reminder_id: int
    day: date
    passed_over: int
    due_at: datetime
    available_at: datetime
    expires_at: datetime


def queue(deliveries: Iterable[Delivery]) -> None:
    """Puts messages into the outbox within the running transaction, and hints at them on commit.

    One whose key is there already adds nothing.
    """
    rows = list(deliveries)
    if not rows:
        return
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    hint("notifications.tasks.send")


def queue_reminders(asked: Sequence[Asked], *, now: datetime) -> None:
    """The same for reminders, in one statement: a tick may have thousands."""
    if not asked:
        return
    same = Delivery(kind=Delivery.Kind.REMINDER, channel=Delivery.Channel.TELEGRAM, created_at=now)
    columns = dict(zip(Asked._fields, (f"asked.column{number}" for number in itertools.count(1)), strict=False))
    given: list[Any] = []
    for field in Delivery._meta.concrete_fields:
        value = getattr(same, field.attname)
        if field.attname not in columns and value is not None:
            columns[field.attname] = "%s"
            given.append(rows.prepared(value))
    table, values = rows.table(asked)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_delivery ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM {table} AS asked WHERE true ON CONFLICT DO NOTHING",
            given + values,
        )
    hint("notifications.tasks.send")


@transaction.atomic
def claim(*, limit: int, now: datetime) -> tuple[uuid.UUID, list[Delivery]]:
    """Leases up to `limit` messages that are to be sent, oldest first: (the lease, the messages as they were).

    A lease that ran out is taken over; where its sender had begun to send, the row is uncertain from then on.
    """
    lease = uuid.uuid4()
    free = Q(lease=None) | Q(lease_until__lt=Now())
    claimed = list(
        Delivery.objects.filter(free, state=Delivery.State.PENDING, available_at__lte=now)
        .select_related("user", "reminder")
        .order_by("available_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    if claimed:
        Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(
            lease=lease,
            lease_until=_from_now(settings.DELIVERY_LEASE),
            uncertain=Case(When(sending_at__isnull=False, then=Value(True)), default=F("uncertain")),
            sending_at=None,
        )
    return lease, claimed


def begin(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> list[Delivery]:
    """Marks messages as being sent where the lease is still its own and unexpired; returns those.

    The lease begins anew: what is sent last of a batch has as long as what is sent first.
    """
    own = _own(deliveries, lease).filter(lease_until__gt=Now())
    marks = {"sending_at": Now(), "lease_until": _from_now(settings.DELIVERY_LEASE), "attempts": F("attempts") + 1}
    if own.update(**marks) == len(deliveries):
        return list(deliveries)
    held = set(own.filter(sending_at__isnull=False).values_list("pk", flat=True))
    return [delivery for delivery in deliveries if delivery.pk in held]


class Sent(NamedTuple):
    """A message that arrived: the text as it is kept, and where Telegram has it."""

    delivery_id: int
    text: str
    chat_id: int | None
    message_id: int | None


def record_sent(sent: Sequence[Sent], *, lease: uuid.UUID, now: datetime) -> int:
    """These arrived; for how many the lease was still its own. One statement, as they arrive together."""
    if not sent:
        return 0
    table, given = rows.table(sent)
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SENT.format(table=table), [rows.prepared(now), *given, rows.prepared(lease)])
        return int(cursor.rowcount)


def record_retry(
    delivery: Delivery, *, lease: uuid.UUID, at: datetime, reason: str, uncertain: bool = False, address: str = ""
) -> bool:
    """To be tried again at an instant; `uncertain` where it may have arrived all the same; `address`: where else."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    if address:
        changes["address"] = address
    return _own([delivery], lease).update(available_at=at, reason=reason[:200], **changes, **FREE) == 1


def record_end(
    deliveries: Sequence[Delivery], *, lease: uuid.UUID, state: str, reason: str, uncertain: bool = False
) -> None:
    """These will not be sent: failed, expired or dropped, and why."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    _own(deliveries, lease).update(state=state, reason=reason[:200], **changes, **FREE)


def divert(delivery: Delivery, *, lease: uuid.UUID, address: str) -> None:
    """Has a message go by mail from now on."""
    _own([delivery], lease).update(channel=Delivery.Channel.EMAIL, address=address)


def park(until: Mapping[int, datetime], *, lease: uuid.UUID, reason: str) -> None:
    """Puts claimed messages off, each until its instant (by their ids), without counting an attempt."""
    if not until:
        return
    table, given = rows.table(until.items())
    with connection.cursor() as cursor:
        cursor.execute(PARK.format(table=table), [reason, *given, rows.prepared(lease)])


def waiting(*, now: datetime) -> tuple[int, datetime | None]:
    """How many messages could be sent now, and when the next of the others can be (None: there are no others)."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING, lease=None)
    later = pending.filter(available_at__gt=now).order_by("available_at").values_list("available_at", flat=True)
    return pending.filter(available_at__lte=now).count(), later.first()


def drop_unsent(deliveries: QuerySet[Delivery], *, reason: str) -> None:
    """Ends what is still to be sent; what a sender has begun to send is left to its own record."""
    begun = Q(sending_at__isnull=False, lease_until__gt=Now())
    deliveries.filter(~begun, state=Delivery.State.PENDING).update(state=Delivery.State.DROPPED, reason=reason, **FREE)


def release_keys(deliveries: QuerySet[Delivery], *, reason: str) -> None:
    """End what is still to be sent, and let the same be queued again under the same keys."""
    drop_unsent(deliveries, reason=reason)
    deliveries.update(key=Concat("key", Value(":"), Cast("pk", CharField())))


class Purged(NamedTuple):
    """A step of a purge: how many went, the last id it looked at, and whether nothing is left behind it."""

    removed: int
    last: int
    is_last: bool


@transaction.atomic
def purge(*, before: datetime, after: int = 0) -> Purged:
    """Removes one batch of messages that were queued before an instant, by id, from `after` on; never pending ones.

    Ids grow with time, so what is younger is not looked at.
    """
    batch = list(Delivery.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "created_at")[:PURGE_BATCH])
    old = [pk for pk, created_at in batch if created_at < before]
    removed, _ = Delivery.objects.filter(pk__in=old).exclude(state=Delivery.State.PENDING).delete()
    return Purged(removed, batch[-1][0] if batch else after, is_last=len(old) < PURGE_BATCH)


@transaction.atomic
def requeue(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Has messages that failed or expired sent after all, useful for as long as they were at first; how many."""
    ended = deliveries.filter(state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED])
    useful_for = ExpressionWrapper(F("expires_at") - F("due_at"), output_field=DurationField())
    count = ended.update(
        state=Delivery.State.PENDING,
        reason="requeued",
        attempts=0,
        available_at=now,
        expires_at=ExpressionWrapper(
            Value(now, output_field=DateTimeField()) + useful_for, output_field=DateTimeField()
        ),
    )
    if count:
        hint("notifications.tasks.send")
    return count


def _own(deliveries: Sequence[Delivery], lease: uuid.UUID) -> QuerySet[Delivery]:
    """Those of the deliveries that are still the lease's to decide on."""
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=Delivery.State.PENDING, lease=lease
    )


def _from_now(span: timedelta) -> CombinedExpression:
    return CombinedExpression(Now(), "+", Value(span, output_field=DurationField()))

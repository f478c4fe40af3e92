"""The outbox: queue, claim, record. The only writer of deliveries.

A claim leases rows to one sender, by the database's clock. Whatever a sender records counts only while the
lease is still its own, so one that outlived its lease changes nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, DurationField, F, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from common.hints import hint
from notifications.models import Delivery

FREE: dict[str, Any] = {"lease": None, "lease_until": None, "sending_at": None}


def queue(deliveries: Iterable[Delivery]) -> None:
    """Puts messages into the outbox within the running transaction, and hints at them on commit.

    One whose key is there already adds nothing.
    """
    rows = list(deliveries)
    if not rows:
        return
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    hint("notifications.tasks.send")


@transaction.atomic
def claim(*, limit: int, now: datetime) -> tuple[uuid.UUID, list[Delivery]]:
    """Leases up to `limit` messages that are to be sent, oldest first: (the lease, the messages).

    A lease that ran out is taken over; where its sender had begun to send, the row is uncertain from then on.
    """
    lease = uuid.uuid4()
    free = Q(lease=None) | Q(lease_until__lt=Now())
    rows = (
        Delivery.objects.filter(free, state=Delivery.State.PENDING, available_at__lte=now)
        .order_by("available_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))
        .values_list("pk", flat=True)[:limit]
    )
    ids = list(rows)
    Delivery.objects.filter(pk__in=ids).update(
        lease=lease,
        lease_until=_from_now(settings.DELIVERY_LEASE),
        uncertain=Case(When(sending_at__isnull=False, then=Value(True)), default=F("uncertain")),
        sending_at=None,
    )
    claimed = Delivery.objects.filter(lease=lease).select_related("user").order_by("available_at", "pk")
    return lease, list(claimed) if ids else []


def begin(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> list[Delivery]:
    """Marks messages as being sent where the lease is still its own and unexpired; returns those."""
    own = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries],
        state=Delivery.State.PENDING,
        lease=lease,
        lease_until__gt=Now(),
    )
    own.update(sending_at=Now(), attempts=F("attempts") + 1)
    held = set(own.filter(sending_at__isnull=False).values_list("pk", flat=True))
    return [delivery for delivery in deliveries if delivery.pk in held]


def record_sent(
    delivery: Delivery, *, lease: uuid.UUID, now: datetime, text: str, chat_id: int | None, message_id: int | None
) -> bool:
    """The message arrived. False where the lease is no longer its own."""
    return _record(
        delivery,
        lease,
        state=Delivery.State.SENT,
        sent_at=now,
        text=text,
        chat_id=chat_id,
        message_id=message_id,
        reason="",
    )


def record_retry(
    delivery: Delivery, *, lease: uuid.UUID, at: datetime, reason: str, uncertain: bool = False, address: str = ""
) -> bool:
    """To be tried again at an instant; `uncertain` where it may have arrived all the same; `address`: where else."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    if address:
        changes["address"] = address
    return _record(delivery, lease, available_at=at, reason=reason[:200], **changes)


def record_end(delivery: Delivery, *, lease: uuid.UUID, state: str, reason: str, uncertain: bool = False) -> bool:
    """It will not be sent: failed, expired or dropped, and why."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    return _record(delivery, lease, state=state, reason=reason[:200], **changes)


def park_until(deliveries: Iterable[Delivery], *, lease: uuid.UUID, at: datetime, reason: str) -> None:
    """Puts claimed messages off without counting an attempt."""
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries], lease=lease).update(
        available_at=at, reason=reason, **FREE
    )


def waiting(*, now: datetime) -> tuple[int, datetime | None]:
    """How many messages could be sent now, and when the next of the others can be (None: there are no others)."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING, lease=None)
    later = pending.filter(available_at__gt=now).order_by("available_at").values_list("available_at", flat=True)
    return pending.filter(available_at__lte=now).count(), later.first()


def drop_unsent(deliveries: QuerySet[Delivery], *, reason: str) -> None:
    """Ends what is still to be sent; what a sender has begun to send is left to its own record."""
    begun = Q(sending_at__isnull=False, lease_until__gt=Now())
    deliveries.filter(~begun, state=Delivery.State.PENDING).update(state=Delivery.State.DROPPED, reason=reason, **FREE)


def _record(delivery: Delivery, lease: uuid.UUID, **changes: Any) -> bool:
    own = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING, lease=lease)
    return own.update(**changes, **FREE) == 1


def _from_now(span: timedelta) -> CombinedExpression:
    return CombinedExpression(Now(), "+", Value(span, output_field=DurationField()))

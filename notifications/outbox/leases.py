"""Leases: which sender may send a message, and what came of it.

A claim leases rows to one sender, by the database's clock. Each record is conditional on the lease, so a sender whose
lease has expired changes nothing.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    DurationField,
    F,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from common import rows
from common.backoff import backoff
from notifications.models import Delivery
from notifications.outbox import recipients

logger = logging.getLogger(__name__)

RECLAIM_BATCH = 500
MAX_LEASE = timedelta(minutes=10)  # a lease that ends later was given by a clock that ran ahead
ISOLATE_AFTER = 2  # expired leases, after which a message is sent alone
MAX_EXPIRED_LEASES = 5
NO_LEASE: dict[str, Any] = {"lease": None, "lease_until": None, "sending_at": None}
POSTPONE = """
UPDATE notifications_delivery SET available_at = postponed.column2, postponed_at = %s, reason = %s, waits_for = %s,
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS postponed
WHERE notifications_delivery.id = postponed.column1 AND lease = %s AND state = 'pending'
"""
REDIRECT = """
UPDATE notifications_delivery SET channel = redirected.column2, address = redirected.column3
FROM {table} AS redirected
WHERE notifications_delivery.id = redirected.column1 AND lease = %s AND state = 'pending'
"""
RECORD_SENT = """
UPDATE notifications_delivery SET state = 'sent', sent_at = %s, reason = '', text = sent.column2,
    sent_to = sent.column3, message_id = CAST(sent.column4 AS bigint), waits_for = '',
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS sent
WHERE notifications_delivery.id = sent.column1 AND lease = %s AND state = 'pending'
"""


@transaction.atomic
def claim(*, limit: int, now: datetime) -> tuple[uuid.UUID, list[Delivery]]:
    """Lease up to `limit` messages that can be sent now, oldest first; return the lease and the messages.

    A message whose leases expired twice is claimed alone: if it makes its sender crash, no other message is affected.
    """
    lease = uuid.uuid4()
    # SKIP LOCKED lets several senders claim different rows without waiting for each other.
    claimed = recipients.load(
        recipients.with_addresses(
            Delivery.objects.filter(lease=None, state=Delivery.State.PENDING, available_at__lte=now)
        )
        .select_related("user", "reminder")
        .order_by("available_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    risky = next((index for index, each in enumerate(claimed) if each.expired_leases >= ISOLATE_AFTER), None)
    if risky is not None:
        claimed = claimed[: max(1, risky)]
    if claimed:
        lease_columns = {"lease": lease, "lease_until": _from_now(settings.DELIVERY_LEASE), "sending_at": None}
        Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(**lease_columns)
    return lease, claimed


@transaction.atomic
def reclaim_expired_leases(*, now: datetime) -> int:
    """Make messages available again whose lease has expired because their sender crashed or hung; return how many.

    If sending had begun, the message becomes uncertain (this is logged), and fails after MAX_EXPIRED_LEASES. From the
    second expired lease on it waits longer each time.
    """
    # A lease that ends too far in the future was given before the database's clock was set back.
    expired = Q(lease_until__lt=Now()) | Q(lease_until__gt=_from_now(MAX_LEASE))
    leased = Delivery.objects.filter(expired, state=Delivery.State.PENDING, lease__isnull=False)
    batch = list(leased.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:RECLAIM_BATCH])
    for each in batch:
        was_sending = each.sending_at is not None
        each.expired_leases += 1
        each.lease = each.lease_until = each.sending_at = None
        each.uncertain = each.uncertain or was_sending
        if each.expired_leases >= ISOLATE_AFTER:
            each.available_at, each.postponed_at = now + backoff(each.expired_leases - 1), now
        if was_sending and each.expired_leases >= MAX_EXPIRED_LEASES:
            each.state, each.reason = Delivery.State.FAILED, "its senders crashed each time"
        if was_sending:
            logger.warning(
                "delivery %s is uncertain: its sender crashed while sending (%s)",
                each.pk,
                each.state,
                extra=log_context(each),
            )
    Delivery.objects.bulk_update(
        batch,
        [
            "expired_leases",
            "lease",
            "lease_until",
            "sending_at",
            "uncertain",
            "available_at",
            "postponed_at",
            "state",
            "reason",
        ],
    )
    return len(batch)


def mark_sending(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> list[Delivery]:
    """Mark messages as being sent and return those that the lease still holds.

    The lease is extended to its full length, so that the last messages of a batch have as much time as the first.
    """
    held = _held(deliveries, lease).filter(lease_until__gt=Now())
    if held.update(sending_at=Now(), lease_until=_from_now(settings.DELIVERY_LEASE)) == len(deliveries):
        return list(deliveries)
    marked = set(held.filter(sending_at__isnull=False).values_list("pk", flat=True))
    return [delivery for delivery in deliveries if delivery.pk in marked]


def release(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> None:
    """End the lease of messages whose sending has not begun."""
    if deliveries:
        _held(deliveries, lease).update(**NO_LEASE)


class Sent(NamedTuple):
    """A message that was accepted: the text to store, its address, and the channel's id of the message."""

    delivery_id: int
    text: str
    sent_to: str
    message_id: int | None


def record_sent(sent: Sequence[Sent], *, lease: uuid.UUID, now: datetime) -> int:
    """Record messages as sent, in one statement; return for how many the lease still held."""
    if not sent:
        return 0
    table, params = rows.values_table(sent)
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SENT.format(table=table), [rows.adapted(now), *params, rows.adapted(lease)])
        return int(cursor.rowcount)


def record_retry(
    delivery: Delivery,
    *,
    lease: uuid.UUID,
    at: datetime,
    now: datetime,
    reason: str,
    waits_for: str = Delivery.Wait.NOTHING,
    is_failure: bool = False,
    uncertain: bool = False,
    new_address: str = "",
) -> bool:
    """Schedule another attempt for the instant `at`; return whether the lease still held.

    `is_failure` counts a failed attempt. `uncertain` marks the message as possibly arrived. `new_address` replaces the
    recipient.
    """
    changes: dict[str, Any] = {"available_at": at, "postponed_at": now, "reason": reason[:200], "waits_for": waits_for}
    if is_failure:
        changes["attempts"] = F("attempts") + 1
    if uncertain:
        changes |= {"uncertain": True, "uncertain_tries": F("uncertain_tries") + 1}
    if new_address:
        changes["address"] = new_address
    return _held([delivery], lease).update(**changes, **NO_LEASE) == 1


def record_final(
    deliveries: Sequence[Delivery], *, lease: uuid.UUID, state: str, reason: str, uncertain: bool = False
) -> None:
    """Record that messages will not be sent: the state is failed, expired or dropped."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    _held(deliveries, lease).update(
        state=state, reason=reason[:200], waits_for=Delivery.Wait.NOTHING, **changes, **NO_LEASE
    )


def record_presumed_sent(sent: Sent, *, lease: uuid.UUID, now: datetime, reason: str) -> None:
    """Record a message as sent and uncertain, after enough attempts with an unknown result."""
    Delivery.objects.filter(pk=sent.delivery_id, state=Delivery.State.PENDING, lease=lease).update(
        state=Delivery.State.SENT,
        sent_at=now,
        text=sent.text,
        sent_to=sent.sent_to,
        reason=reason[:200],
        waits_for=Delivery.Wait.NOTHING,
        uncertain=True,
        uncertain_tries=F("uncertain_tries") + 1,
        **NO_LEASE,
    )


class Redirect(NamedTuple):
    """The channel and the address to which a message goes instead."""

    delivery_id: int
    channel: str
    address: str


def redirect(redirects: Sequence[Redirect], *, lease: uuid.UUID) -> None:
    """Change the channel and the address of messages, in one statement."""
    if not redirects:
        return
    table, params = rows.values_table(redirects)
    with connection.cursor() as cursor:
        cursor.execute(REDIRECT.format(table=table), [*params, rows.adapted(lease)])


def postpone(
    until: Mapping[int, datetime],
    *,
    lease: uuid.UUID,
    now: datetime,
    reason: str,
    waits_for: str = Delivery.Wait.NOTHING,
) -> None:
    """Postpone claimed messages, by id, each until its own instant. This does not count as a failed attempt."""
    if not until:
        return
    table, params = rows.values_table(until.items())
    with connection.cursor() as cursor:
        cursor.execute(
            POSTPONE.format(table=table), [rows.adapted(now), reason, waits_for, *params, rows.adapted(lease)]
        )


def _held(deliveries: Sequence[Delivery], lease: uuid.UUID) -> QuerySet[Delivery]:
    """Return the pending ones of the deliveries that the lease still holds."""
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=Delivery.State.PENDING, lease=lease
    )


def log_context(delivery: Delivery) -> dict[str, Any]:
    """Return the ids to attach to a log record about a message."""
    return {"delivery": delivery.pk, "user": delivery.user_id, "track": delivery.track_id}


def _from_now(span: timedelta) -> CombinedExpression:
    return CombinedExpression(Now(), "+", Value(span, output_field=DurationField()))

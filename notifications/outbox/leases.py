"""The leases of messages: which sender may send one, and what came of it (common.leases)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from common import rows
from common.leases import NO_LEASE, Outbox
from notifications.models import Delivery
from notifications.outbox import recipients

POSTPONE = """
UPDATE notifications_delivery SET available_at = postponed.column2, postponed_at = %s, reason = %s, waits_for = %s,
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS postponed
WHERE notifications_delivery.id = postponed.column1 AND lease = %s AND state = 'pending'
"""
WAIT_QUIETLY = """
UPDATE notifications_delivery SET available_at = waiting.column2, expires_at = waiting.column3, postponed_at = %s,
    reason = %s, waits_for = %s, lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS waiting
WHERE notifications_delivery.id = waiting.column1 AND lease = %s AND state = 'pending'
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


def claim(*, limit: int, now: datetime) -> tuple[uuid.UUID, list[Delivery]]:
    """Lease up to `limit` messages that can be sent now, oldest first; return the lease and the messages."""
    ready = _OUTBOX.ready(now=now).select_related("reminder")
    return _OUTBOX.claim(ready.order_by("available_at", "pk"), limit=limit, load=recipients.load)


def reclaim_expired_leases(*, now: datetime) -> int:
    """Make messages available again whose sender crashed or hung, as Outbox.reclaim_expired does; return how many."""
    return _OUTBOX.reclaim_expired(now=now)


def mark_sending(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> list[Delivery]:
    """Mark messages as being sent, extend their lease, and return those that it still holds."""
    return _OUTBOX.mark_sending(deliveries, lease=lease)


def release(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> None:
    """End the lease of messages whose sending has not begun."""
    _OUTBOX.release(deliveries, lease=lease)


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
    return _OUTBOX.held([delivery], lease=lease).update(**changes, **NO_LEASE) == 1


def record_final(
    deliveries: Sequence[Delivery],
    *,
    lease: uuid.UUID,
    state: str,
    reason: str,
    uncertain: bool = False,
    expires_at: datetime | None = None,
) -> None:
    """Record that messages will not be sent: the state is failed, expired or dropped. `expires_at` replaces theirs."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    if expires_at is not None:
        changes["expires_at"] = expires_at
    _OUTBOX.held(deliveries, lease=lease).update(
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


class QuietWait(NamedTuple):
    """The instants until which a message waits for the end of quiet hours, and until which it is of use."""

    delivery_id: int
    until: datetime
    expires_at: datetime


def wait_quietly(waits: Sequence[QuietWait], *, lease: uuid.UUID, now: datetime) -> None:
    """Postpone claimed messages to the end of their users' quiet hours. This does not count as a failed attempt."""
    if not waits:
        return
    table, params = rows.values_table(waits)
    with connection.cursor() as cursor:
        cursor.execute(
            WAIT_QUIETLY.format(table=table),
            [rows.adapted(now), "quiet hours", Delivery.Wait.QUIET.value, *params, rows.adapted(lease)],
        )


def log_context(delivery: Delivery) -> dict[str, Any]:
    """Return the ids to attach to a log record about a message."""
    return {"delivery": delivery.pk, "user": delivery.user_id, "track": delivery.track_id}


_OUTBOX = Outbox(Delivery, what="delivery", log_context=log_context)

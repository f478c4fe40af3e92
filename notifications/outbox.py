"""The outbox: queue, claim, record. The only writer of deliveries.

A claim leases rows to one sender, by the database's clock. Whatever a sender records counts only while the
lease is still its own, so one that outlived its lease changes nothing.
"""

import itertools
import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
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
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Concat, Now

from common import rows
from common.backoff import backoff
from common.wake import wake
from notifications.models import Delivery

logger = logging.getLogger(__name__)

PURGE_BATCH = 1000
TAKEN_BACK_AT_ONCE = 500
MAX_LEASE = timedelta(minutes=10)  # a lease that ends later was given by a clock that ran ahead
DEATHS_TO_GO_ALONE = 2
MAX_DEATHS = 5
FREE: dict[str, Any] = {"lease": None, "lease_until": None, "sending_at": None}
POSTPONE = """
UPDATE notifications_delivery SET available_at = parked.column2, postponed_at = %s, reason = %s, waits_for = %s,
    lease = NULL, lease_until = NULL, sending_at = NULL
FROM {table} AS parked
WHERE notifications_delivery.id = parked.column1 AND lease = %s AND state = 'pending'
"""
RECORD_SENT = """
UPDATE notifications_delivery SET state = 'sent', sent_at = %s, reason = '', text = sent.column2,
    chat_id = CAST(sent.column3 AS bigint), message_id = CAST(sent.column4 AS bigint), waits_for = '',
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
    uncertain: bool


def queue(deliveries: Iterable[Delivery]) -> None:
    """Puts messages into the outbox within the running transaction, and hints at them on commit.

    One whose key is there already adds nothing.
    """
    rows = list(deliveries)
    if not rows:
        return
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    wake("notifications.tasks.send")


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
            given.append(rows.adapted(value))
    table, values = rows.values_table(asked)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_delivery ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM {table} AS asked WHERE true ON CONFLICT DO NOTHING",
            given + values,
        )
    wake("notifications.tasks.send")


@transaction.atomic
def claim(*, limit: int, now: datetime) -> tuple[uuid.UUID, list[Delivery]]:
    """Lease up to `limit` messages that are to be sent, oldest first; return the lease and them, as they were.

    One that senders died with goes alone, so that it takes no other with it.
    """
    lease = uuid.uuid4()
    claimed = list(
        Delivery.objects.filter(lease=None, state=Delivery.State.PENDING, available_at__lte=now)
        .select_related("user", "reminder")
        .order_by("available_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    alone = next((place for place, each in enumerate(claimed) if each.deaths >= DEATHS_TO_GO_ALONE), None)
    if alone is not None:
        claimed = claimed[: max(1, alone)]
    if claimed:
        marks = {"lease": lease, "lease_until": _from_now(settings.DELIVERY_LEASE), "sending_at": None}
        Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(**marks)
    return lease, claimed


@transaction.atomic
def take_back(*, now: datetime) -> int:
    """Free the messages whose lease ran out: their sender died, or was stopped. Return how many.

    Where it had begun to send, the row is uncertain from then on, and ends as failed after MAX_DEATHS. From the second
    time on it waits longer each time. Logs each that is uncertain.
    """
    ran_out = Q(lease_until__lt=Now()) | Q(lease_until__gt=_from_now(MAX_LEASE))  # the database's clock was set back
    rows = Delivery.objects.filter(ran_out, state=Delivery.State.PENDING, lease__isnull=False)
    taken = list(rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:TAKEN_BACK_AT_ONCE])
    for each in taken:
        was_sending = each.sending_at is not None
        each.deaths += 1
        each.lease = each.lease_until = each.sending_at = None
        each.uncertain = each.uncertain or was_sending
        if each.deaths >= DEATHS_TO_GO_ALONE:
            each.available_at, each.postponed_at = now + backoff(each.deaths - 1), now
        if was_sending and each.deaths >= MAX_DEATHS:
            each.state, each.reason = Delivery.State.FAILED, "every sender of it died"
        if was_sending:
            logger.warning(
                "delivery %s is uncertain: its sender died while sending (%s)", each.pk, each.state, extra=about(each)
            )
    Delivery.objects.bulk_update(
        taken,
        [
            "deaths",
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
    return len(taken)


def begin(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> list[Delivery]:
    """Marks messages as being sent where the lease is still its own and unexpired; returns those.

    The lease begins anew: what is sent last of a batch has as long as what is sent first.
    """
    own = _own(deliveries, lease).filter(lease_until__gt=Now())
    marks = {"sending_at": Now(), "lease_until": _from_now(settings.DELIVERY_LEASE)}
    if own.update(**marks) == len(deliveries):
        return list(deliveries)
    held = set(own.filter(sending_at__isnull=False).values_list("pk", flat=True))
    return [delivery for delivery in deliveries if delivery.pk in held]


def release(deliveries: Sequence[Delivery], *, lease: uuid.UUID) -> None:
    """Give claimed messages back, of which nothing went out."""
    if deliveries:
        _own(deliveries, lease).update(**FREE)


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
    table, given = rows.values_table(sent)
    with connection.cursor() as cursor:
        cursor.execute(RECORD_SENT.format(table=table), [rows.adapted(now), *given, rows.adapted(lease)])
        return int(cursor.rowcount)


def record_retry(
    delivery: Delivery,
    *,
    lease: uuid.UUID,
    at: datetime,
    now: datetime,
    reason: str,
    waits_for: str = Delivery.Wait.NOTHING,
    counts: bool = False,
    uncertain: bool = False,
    address: str = "",
) -> bool:
    """To be tried again at an instant.

    `counts`: as an attempt that failed; `uncertain`: it may have arrived all the same; `address`: where else it goes.
    """
    changes: dict[str, Any] = {"available_at": at, "postponed_at": now, "reason": reason[:200], "waits_for": waits_for}
    if counts:
        changes["attempts"] = F("attempts") + 1
    if uncertain:
        changes |= {"uncertain": True, "uncertain_tries": F("uncertain_tries") + 1}
    if address:
        changes["address"] = address
    return _own([delivery], lease).update(**changes, **FREE) == 1


def record_end(
    deliveries: Sequence[Delivery], *, lease: uuid.UUID, state: str, reason: str, uncertain: bool = False
) -> None:
    """These will not be sent: failed, expired or dropped, and why."""
    changes: dict[str, Any] = {"uncertain": True} if uncertain else {}
    _own(deliveries, lease).update(state=state, reason=reason[:200], waits_for=Delivery.Wait.NOTHING, **changes, **FREE)


def record_presumed(sent: Sent, *, lease: uuid.UUID, now: datetime, reason: str) -> None:
    """This one ends as sent, uncertain: it was tried often enough without learning whether it arrived."""
    Delivery.objects.filter(pk=sent.delivery_id, state=Delivery.State.PENDING, lease=lease).update(
        state=Delivery.State.SENT,
        sent_at=now,
        text=sent.text,
        chat_id=sent.chat_id,
        reason=reason[:200],
        waits_for=Delivery.Wait.NOTHING,
        uncertain=True,
        uncertain_tries=F("uncertain_tries") + 1,
        **FREE,
    )


def divert(delivery: Delivery, *, lease: uuid.UUID, address: str) -> None:
    """Has a message go by mail from now on."""
    _own([delivery], lease).update(channel=Delivery.Channel.EMAIL, address=address)


def postpone(
    until: Mapping[int, datetime],
    *,
    lease: uuid.UUID,
    now: datetime,
    reason: str,
    waits_for: str = Delivery.Wait.NOTHING,
) -> None:
    """Puts claimed messages off, each until its instant (by their ids), without counting an attempt."""
    if not until:
        return
    table, given = rows.values_table(until.items())
    with connection.cursor() as cursor:
        cursor.execute(
            POSTPONE.format(table=table), [rows.adapted(now), reason, waits_for, *given, rows.adapted(lease)]
        )


def bring_forward(*, channel: str, now: datetime) -> int:
    """Have what waited only because its channel was away go at once; return how many.

    What may have arrived keeps its own wait: its tries are few, and a line that flickers would use them up.
    """
    waiting = Delivery.objects.filter(
        state=Delivery.State.PENDING,
        lease=None,
        channel=channel,
        waits_for=Delivery.Wait.AWAY,
        uncertain_tries=0,
        available_at__gt=now,
    )
    count = waiting.update(available_at=now, postponed_at=now, waits_for=Delivery.Wait.NOTHING)
    if count:
        wake("notifications.tasks.send")
    return count


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
        waits_for=Delivery.Wait.NOTHING,
        attempts=0,
        uncertain_tries=0,
        deaths=0,
        available_at=now,
        postponed_at=now,
        expires_at=ExpressionWrapper(
            Value(now, output_field=DateTimeField()) + useful_for, output_field=DateTimeField()
        ),
    )
    if count:
        wake("notifications.tasks.send")
    return count


def _own(deliveries: Sequence[Delivery], lease: uuid.UUID) -> QuerySet[Delivery]:
    """Those of the deliveries that are still the lease's to decide on."""
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=Delivery.State.PENDING, lease=lease
    )


def about(delivery: Delivery) -> dict[str, Any]:
    """Return the ids that a log line about a message carries."""
    return {"delivery": delivery.pk, "user": delivery.user_id, "track": delivery.track_id}


def _from_now(span: timedelta) -> CombinedExpression:
    return CombinedExpression(Now(), "+", Value(span, output_field=DurationField()))

"""Repairs the outbox after the clock ran ahead, once it is right again.

Each message has the instant at which it was queued and last postponed. If one of these is in the future, a clock that
ran ahead wrote it: the message's times are moved back by the difference. A reminder or digest that was queued before
its time is dropped and planned again under the same key.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from common import clock
from common.leases import NO_LEASE
from notifications.digest import services as digest
from notifications.models import Delivery
from notifications.reminders import services as reminders

BATCH = 500
MAX_LOOK_BACK = timedelta(days=3)
ONE_DAY = timedelta(days=1)
PLANNED_KINDS = {Delivery.Kind.REMINDER, Delivery.Kind.DIGEST}
REASON = "the clock ran ahead"
State = Delivery.State


@transaction.atomic
def repair_queued(*, now: datetime) -> int:
    """Repair one batch of messages that were queued in the future; return how many.

    A planned message (reminder, digest) that is not due yet is dropped, and its plan is set back to its time. If it was
    sent, or may have been, less than a day early, it keeps its key, so that it is not sent twice. All other messages
    (events, mails, "Later") are moved back in time. Messages that a sender is sending now are skipped.
    """
    now = clock.now_at_least(now)
    cutoff = clock.future_cutoff(now)
    being_sent = Q(sending_at__isnull=False, lease_until__gt=Now())
    rows = Delivery.objects.filter(~being_sent, created_at__gt=cutoff).order_by("created_at")
    batch = list(rows.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for each in batch:
        if each.kind in PLANNED_KINDS and each.due_at <= each.created_at:
            _repair_planned(each, now)
        else:
            _move_back(each, each.created_at - now)
        if each.sent_at is not None:
            each.sent_at = min(each.sent_at, now)
        each.created_at = now
        each.postponed_at = None
    columns = [
        "key",
        "due_at",
        "available_at",
        "expires_at",
        "state",
        "reason",
        "sent_at",
        "created_at",
        "postponed_at",
    ]
    Delivery.objects.bulk_update(batch, [*columns, *NO_LEASE])
    return len(batch)


def _repair_planned(delivery: Delivery, now: datetime) -> None:
    if delivery.due_at <= now:
        delivery.available_at = min(delivery.available_at, now)
        return
    if delivery.state == State.PENDING and delivery.uncertain and delivery.due_at <= now + ONE_DAY:
        delivery.available_at = delivery.due_at
        return
    if delivery.state in {State.PENDING, State.EXPIRED}:
        delivery.state, delivery.reason = State.DROPPED, REASON
        # The plan is set back here and not by a later step: a plan that is only slightly ahead would be due, and so
        # no longer recognizable, by the time a later step looks at it.
        rewind_to = digest.rewind_to if delivery.kind == Delivery.Kind.DIGEST else reminders.rewind_to
        rewind_to(delivery)
        delivery.lease = delivery.lease_until = delivery.sending_at = None
    if delivery.state != State.SENT or delivery.due_at > now + ONE_DAY:
        # The key becomes free for the message that will be queued at the right time.
        delivery.key, delivery.due_at = f"ahead:{delivery.pk}", now


def _move_back(delivery: Delivery, ahead: timedelta) -> None:
    delivery.due_at -= ahead
    delivery.available_at -= ahead
    delivery.expires_at -= ahead


@transaction.atomic
def repair_postponed(*, now: datetime) -> int:
    """Move back one batch of messages that were postponed in the future; return how many."""
    now = clock.now_at_least(now)
    rows = Delivery.objects.filter(state=State.PENDING, postponed_at__gt=clock.future_cutoff(now)).order_by(
        "postponed_at"
    )
    batch = list(rows.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for each in batch:
        assert each.postponed_at is not None
        each.available_at -= each.postponed_at - now
        each.postponed_at = now
    Delivery.objects.bulk_update(batch, ["available_at", "postponed_at"])
    return len(batch)


@transaction.atomic
def repair_expired(*, now: datetime) -> int:
    """Make messages pending again that a clock which ran ahead expired too early; return how many.

    Every row is checked, whatever the ticks saw of the clock: a sender may have expired it between two ticks.
    """
    expired = Delivery.objects.filter(
        state=State.EXPIRED, expires_at__gt=clock.now_at_least(now) + clock.TOLERANCE, created_at__lte=now
    )
    return expired.update(state=State.PENDING, reason=REASON, available_at=now, postponed_at=now)


@transaction.atomic
def repair_sent_at(*, now: datetime) -> int:
    """Set `sent_at` to now where it is in the future, for messages of the last three days; return how many."""
    recent = Delivery.objects.filter(created_at__gt=now - MAX_LOOK_BACK)
    return recent.filter(sent_at__gt=clock.future_cutoff(clock.now_at_least(now))).update(sent_at=now)

"""Takes back what a clock that ran ahead did to the outbox, once it is right again.

A row says when it was queued, and when it was last put off: where that is later than now, its instants are moved back by
as much. What a tick queued then is not due yet, and gives its key free for when it is.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from common import clock
from notifications import digest, outbox, reminders
from notifications.models import Delivery

BATCH = 500
LOOK_BACK = timedelta(days=3)
SAME_DAY = timedelta(days=1)
PLANNED = {Delivery.Kind.REMINDER, Delivery.Kind.DIGEST}
REASON = "the clock ran ahead"
State = Delivery.State


@transaction.atomic
def take_back_queued(*, now: datetime) -> int:
    """Take back one batch of messages that were queued later than now; return how many.

    What was planned (a reminder, a digest) and is not due yet goes, and its plan is set back to it; one that
    arrived less than a day early keeps it, and so does one that may have. What somebody caused (news, a mail, a Later) is
    moved back. What is on its way is left to its sender's record.
    """
    now = clock.now_at_least(now)
    ahead_of = clock.future_cutoff(now)
    on_its_way = Q(sending_at__isnull=False, lease_until__gt=Now())
    rows = Delivery.objects.filter(~on_its_way, created_at__gt=ahead_of).order_by("created_at")
    batch = list(rows.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for each in batch:
        if each.kind in PLANNED and each.due_at <= each.created_at:
            _take_back_planned(each, now)
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
    Delivery.objects.bulk_update(batch, [*columns, *outbox.FREE])
    return len(batch)


def _take_back_planned(delivery: Delivery, now: datetime) -> None:
    if delivery.due_at <= now:
        delivery.available_at = min(delivery.available_at, now)
        return
    if delivery.state == State.PENDING and delivery.uncertain and delivery.due_at <= now + SAME_DAY:
        delivery.available_at = delivery.due_at
        return
    if delivery.state in {State.PENDING, State.EXPIRED}:
        delivery.state, delivery.reason = State.DROPPED, REASON
        # At once: what was ahead by little is not ahead any more when somebody looks for it later.
        set_back = digest.set_back if delivery.kind == Delivery.Kind.DIGEST else reminders.set_back
        set_back(delivery)
        delivery.lease = delivery.lease_until = delivery.sending_at = None
    if delivery.state != State.SENT or delivery.due_at > now + SAME_DAY:
        delivery.key, delivery.due_at = f"ahead:{delivery.pk}", now


def _move_back(delivery: Delivery, ahead: timedelta) -> None:
    delivery.due_at -= ahead
    delivery.available_at -= ahead
    delivery.expires_at -= ahead


@transaction.atomic
def take_back_postponed(*, now: datetime) -> int:
    """Move one batch of messages back that were put off later than now; return how many."""
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
def take_back_expired(*, now: datetime) -> int:
    """Send after all what expired by a clock that ran ahead; return how many.

    Each row shows it: a sender may have ended it between two ticks.
    """
    expired = Delivery.objects.filter(
        state=State.EXPIRED, expires_at__gt=clock.now_at_least(now) + clock.TOLERANCE, created_at__lte=now
    )
    return expired.update(state=State.PENDING, reason=REASON, available_at=now, postponed_at=now)


@transaction.atomic
def correct_sent(*, now: datetime) -> int:
    """Correct when messages were sent by a clock that ran ahead; return how many."""
    lately = Delivery.objects.filter(created_at__gt=now - LOOK_BACK)
    return lately.filter(sent_at__gt=clock.future_cutoff(clock.now_at_least(now))).update(sent_at=now)

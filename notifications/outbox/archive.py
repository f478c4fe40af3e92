"""The archive of the outbox: where messages go whose time was over some days ago, and how one comes back.

The outbox stays as small as what is pending and what may still be asked for. A row is in one of the two tables at any
moment: it is moved in one statement (on SQLite two, of one transaction), so a crash loses and doubles nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from common.archiving import columns_of, move_rows
from common.partitions import Partitioned
from notifications.models import ArchivedDelivery, Delivery
from notifications.outbox import services as outbox
from notifications.outbox.services import PurgeStep

AFTER = timedelta(days=3)
BATCH = 1000
# Their keys name a goal, an award, a habit or a challenge for good: the outbox keeps them, so that none is told twice.
TOLD_ONCE = {
    Delivery.Kind.HABIT_CREATED,
    Delivery.Kind.GOAL_REACHED,
    Delivery.Kind.ACHIEVEMENT,
    Delivery.Kind.CHALLENGE_ENDED,
    Delivery.Kind.CHALLENGE_CANCELLED,
}
ARCHIVE = Partitioned(ArchivedDelivery, "created_at")
State = Delivery.State
_COLUMNS = columns_of(ArchivedDelivery)


@transaction.atomic
def archive(*, before: datetime, after_id: int = 0) -> PurgeStep:
    """Move one batch of messages whose time was over before an instant, in the order of ids, starting after `after_id`.

    Pending and uncertain messages stay, and those of TOLD_ONCE. Ids grow with time, so the last batch is the first with
    younger messages.
    """
    rows = Delivery.objects.filter(pk__gt=after_id).order_by("pk")
    batch = list(rows.values_list("pk", "created_at", "expires_at", "sent_at", "state", "kind", "uncertain")[:BATCH])
    young, over = 0, []
    for pk, created_at, expires_at, sent_at, state, kind, uncertain in batch:
        young += created_at >= before
        is_over = max(created_at, expires_at, sent_at or created_at) < before
        if is_over and state != State.PENDING and kind not in TOLD_ONCE and not uncertain:
            over.append(pk)
    moved = move_rows(over, Delivery, ArchivedDelivery, columns=_COLUMNS, condition="moving.state <> 'pending'")
    return PurgeStep(moved, batch[-1][0] if batch else after_id, is_last=len(batch) - young < BATCH)


@transaction.atomic
def requeue(archived: QuerySet[ArchivedDelivery], *, now: datetime) -> int:
    """Take failed and expired messages back into the outbox and make them pending again; return how many.

    One whose key was queued again meanwhile stays in the archive.
    """
    ids = list(archived.filter(state__in=[State.FAILED, State.EXPIRED]).values_list("pk", flat=True))
    free = "NOT EXISTS (SELECT 1 FROM notifications_delivery AS queued WHERE queued.key = moving.key)"
    move_rows(ids, ArchivedDelivery, Delivery, columns=_COLUMNS, condition=free)
    return outbox.requeue(Delivery.objects.filter(pk__in=ids), now=now)


def maintain(*, now: datetime, kept_from: datetime) -> None:
    """Add partitions for the next months, and drop those of months that ended before `kept_from`."""
    ARCHIVE.maintain(now=now, drop_before=kept_from)


def purge(*, before: datetime) -> int:
    """Delete one batch of archived messages queued before an instant; return how many. What goes by partition is left."""
    return ARCHIVE.delete_loose(before=before)


def forget_track(track_id: int) -> None:
    """Remove the reference to a track that is being deleted from its archived messages."""
    ArchivedDelivery.objects.filter(track=track_id).update(track=None)


def keep_with_account(*, user_id: int, addresses: Sequence[str]) -> None:
    """Let archived messages that only have one of the addresses be a user's. Call it after the same in the outbox."""
    ArchivedDelivery.objects.filter(user=None, address__in=addresses).update(user=user_id)


def delete_for_user(*, user_id: int, addresses: Sequence[str]) -> None:
    """Delete the archived messages of a user, including those that only have one of the addresses.

    Call it after their messages in the outbox were deleted: what is being moved meanwhile has arrived then.
    """
    ArchivedDelivery.objects.filter(user=user_id).delete()
    ArchivedDelivery.objects.filter(user=None, address__in=addresses).delete()

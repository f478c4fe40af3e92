"""All writes to changes: recording, numbering, forgetting.

A change is written in the transaction of what happened, without a number: a number taken there would make every write of a
user wait for the one before it, or deadlock with it. Changes are numbered once they are committed, under one lock a user.
So a reader that has seen a number has seen all smaller ones, and there is no gap.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from common import stopping
from common.row_backoff import RowBackoff
from common.wake import wake_in
from integrations.changes import queries
from integrations.changes.rules import KEPT_FOR, UNREAD_FOR, ChangeType, in_order
from integrations.models import Change, ChangeStream, PartnerPerson, StreakWatch, WebhookEndpoint
from tracking.models import HabitTrack
from tracking.tracks.queries import locked
from users.models import User

logger = logging.getLogger(__name__)

SEND_TASK = "integrations.tasks.tell_programs"
BATCH = 500
A_DAY = timedelta(days=1)
_USERS = RowBackoff("changes of user")


def record_all(user: User, changes: Sequence[tuple[ChangeType, dict[str, Any]]], *, now: datetime) -> None:
    """Record what happened to a user, in the running transaction; it is numbered and sent after the commit."""
    Change.objects.bulk_create(Change(user=user, type=kind, occurred_at=now, data=data) for kind, data in changes)
    # A moment later, so that the changes of one request are sent by one run.
    transaction.on_commit(lambda: wake_in(1.0, SEND_TASK), robust=True)


def watch(track: HabitTrack, *, now: datetime, watch: StreakWatch | None = None) -> None:
    """Note the streak of a track as told. `watch`: the row that it has. The caller holds the track's lock."""
    streak = track.streak_at(now)
    row = StreakWatch(
        track=track,
        streak=streak.current,
        unit=str(streak.unit),
        lapses_at=track.lapses_at if streak.current else None,
    )
    if watch is None or any(getattr(watch, name) != getattr(row, name) for name in ("streak", "unit", "lapses_at")):
        StreakWatch.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["track"], update_fields=["streak", "unit", "lapses_at"]
        )


def start_recording(*, user: User, now: datetime) -> ChangeStream:
    """Record the user's changes from now on, and return their stream. Positions from before a break are void."""
    with transaction.atomic():
        User.everyone.select_for_update(no_key=True).get(pk=user.pk)
        stream, _ = ChangeStream.objects.get_or_create(user=user)
        if stream.recorded_since is not None:
            return stream
        if stream.last_sequence:
            # What happened since recording stopped is in nobody's list: who asks for it must read everything again.
            stream.last_sequence += 1
            stream.forgotten_to = stream.last_sequence
        stream.recorded_since = stream.read_at = now
        stream.save()
        User.everyone.filter(pk=user.pk).update(records_changes=True)
        user.records_changes = True
    # After the commit: requests that hold a track's lock end first, and all later ones read the column again.
    with transaction.atomic():
        for track in locked(HabitTrack.objects.filter(user=user)):
            watch(track, now=now)
    return stream


def note_reading(*, stream: ChangeStream, now: datetime) -> None:
    """Note that a program reads the changes, at most once a day."""
    if stream.read_at is None or now - stream.read_at >= A_DAY:
        ChangeStream.objects.filter(pk=stream.pk).update(read_at=now)


def number_all(
    *, now: datetime, queue: Callable[[User, Sequence[Change]], None], may_go_on: Callable[[], bool]
) -> None:
    """Number the changes that are committed, user by user, and give them to `queue` in the same transaction.

    A user whose changes cannot be numbered because of a bug waits, and holds up nobody.
    """
    while may_go_on():
        ids = queries.unnumbered_users(limit=BATCH, apart_from=_USERS.waiting(now=now))
        if not ids:
            return
        for user_id in ids:
            if not may_go_on():
                return
            with _USERS.attempt(user_id, now=now):
                number(user_id=user_id, queue=queue)


@transaction.atomic
def number(*, user_id: int, queue: Callable[[User, Sequence[Change]], None]) -> ChangeStream:
    """Number the user's changes that are committed, and return their stream."""
    ChangeStream.objects.get_or_create(user_id=user_id)
    streams = ChangeStream.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    stream = streams.get(user=user_id)
    # The order of ids is that in which they were written: of one track under its lock, so later states come later.
    waiting = in_order(list(Change.objects.filter(user=user_id, sequence=None).order_by("pk")[:BATCH]))
    if waiting:
        for change in waiting:
            stream.last_sequence += 1
            change.sequence = stream.last_sequence
        Change.objects.bulk_update(waiting, ["sequence"])
        stream.save(update_fields=["last_sequence"])
        queue(stream.user, waiting)
    return stream


def forget_old(*, now: datetime, may_go_on: Callable[[], bool]) -> bool:
    """Delete changes that are older than KEPT_FOR, in batches; return whether all are deleted."""
    old = Change.objects.filter(occurred_at__lt=now - KEPT_FOR, sequence__isnull=False).order_by("occurred_at", "pk")
    while may_go_on():
        batch = list(old.values_list("pk", "user", "sequence")[:BATCH])
        if not batch:
            return True
        with transaction.atomic():
            last: dict[int, int] = {}
            for _, user_id, sequence in batch:
                last[user_id] = max(sequence or 0, last.get(user_id, 0))
            for user_id, sequence in sorted(last.items()):
                stream = ChangeStream.objects.filter(user=user_id, forgotten_to__lt=sequence)
                stream.update(forgotten_to=sequence)
            Change.objects.filter(pk__in=[pk for pk, _, _ in batch]).delete()
    return False


def stop_unread(*, now: datetime) -> int:
    """Stop recording for users of whose changes no program has asked for UNREAD_FOR; return how many.

    With a partner's account that ends for its people, who are recorded for it.
    """
    live = WebhookEndpoint.objects.filter(user=OuterRef("user"), ended_at=None)
    for_partners = PartnerPerson.objects.filter(user=OuterRef("user"), records_changes=True)
    unread = ChangeStream.objects.filter(
        ~Exists(live),
        ~Exists(for_partners),
        Q(read_at=None) | Q(read_at__lt=now - UNREAD_FOR),
        recorded_since__isnull=False,
    )
    count = 0
    for user_id in unread.order_by("pk").values_list("user", flat=True)[:BATCH]:
        if stopping.is_requested():
            break
        with transaction.atomic():
            user = User.everyone.select_for_update(no_key=True).get(pk=user_id)
            is_wanted = PartnerPerson.objects.filter(user=user, records_changes=True).exists()
            if not is_wanted and not user.webhook_endpoints.filter(ended_at=None).exists():
                User.everyone.filter(pk=user_id).update(records_changes=False)
                ChangeStream.objects.filter(user=user_id).update(recorded_since=None)
                PartnerPerson.objects.filter(partner__account=user_id).update(records_changes=False)
                StreakWatch.objects.filter(track__user=user_id).delete()
                count += 1
    return count


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all changes of a user whose account is being deleted, and what partners were told of them."""
    # Who numbers them holds the stream and writes such rows: after the lock there are no new ones.
    ChangeStream.objects.select_for_update(of=("self",)).filter(user=user).first()
    StreakWatch.objects.filter(track__user=user).delete()
    Change.objects.filter(user=user).delete()
    Change.objects.filter(about=user).delete()
    ChangeStream.objects.filter(user=user).delete()

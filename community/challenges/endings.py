"""End challenges: store their final results and notify their members, in batches with a transaction each.

Safe to run twice or concurrently: each batch locks its rows, skips rows that another worker has locked, and marks
what is done in the rows.
"""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from common import clock, stopping
from common.row_backoff import RowBackoff
from common.wake import wake
from community import signals
from community.challenges import scores as challenge_scores
from community.models import Challenge, ChallengeMember

logger = logging.getLogger(__name__)

MAX_SECONDS = 20  # of one run; the next run continues
_TO_FINALIZE, _TO_NOTIFY, _TO_REOPEN = (
    RowBackoff("challenge to finalize"),
    RowBackoff("challenge to notify"),
    RowBackoff("challenge to reopen"),
)
_MEMBERS = RowBackoff("challenge member to notify")

# RANK() gives equal members the same rank. Banned users get none.
RANK = """
UPDATE community_challengemember SET "rank" = ranked.place
FROM (
    SELECT member.id, RANK() OVER (ORDER BY completed DESC, strength DESC) AS place
    FROM community_challengemember AS member JOIN users_user ON users_user.id = member.user_id
    WHERE challenge_id = %s AND users_user.is_active
) AS ranked
WHERE community_challengemember.id = ranked.id
"""


def finalize_ended(*, now: datetime) -> int:
    """Store the final results of challenges that are over in every time zone; return the number of challenges.

    Reopens challenges first that a clock running ahead has finalized too early. A challenge that fails does not stop
    the others and is tried again later.
    """
    _reopen_finalized_early(now=now)
    over = Challenge.objects.filter(notified_at=None, results_at=None, cancelled_at=None, ends_at__lte=now)
    may_go_on, finalized = stopping.deadline(MAX_SECONDS), 0
    for challenge in over.exclude(pk__in=_TO_FINALIZE.waiting(now=now)).order_by("ends_at", "pk"):
        with _TO_FINALIZE.attempt(challenge.pk, now=now):
            while may_go_on() and _count_final(challenge, now=now):
                pass
            if may_go_on() and _store_ranks(challenge, now=now):
                finalized += 1
        if not may_go_on():
            break
    return finalized


def notify_members(*, now: datetime) -> int:
    """Notify the members of challenges that were finalized or cancelled; return the number of members.

    A challenge or member that fails does not stop the others and is tried again later. Sends challenge_ended or
    challenge_cancelled for each batch.
    """
    ended = Challenge.objects.filter(Q(results_at__isnull=False) | Q(cancelled_at__isnull=False), notified_at=None)
    may_go_on, notified = stopping.deadline(MAX_SECONDS), 0
    for challenge in ended.exclude(pk__in=_TO_NOTIFY.waiting(now=now)).order_by("ends_at", "pk"):
        with _TO_NOTIFY.attempt(challenge.pk, now=now):
            while may_go_on() and (number := _notify_batch(challenge, now=now)):
                notified += number
            _mark_notified(challenge, now=now)
        if not may_go_on():
            break
    return notified


def wake_maintenance() -> None:
    """Queue a run of maintain_challenges on commit; if the broker is down, the next scheduled run does the work."""
    wake("community.tasks.maintain_challenges")


@transaction.atomic
def _count_final(challenge: Challenge, *, now: datetime) -> int:
    """Recount a batch of members for the last time. Members with a concurrent log are left to the next run."""
    rows = ChallengeMember.objects.filter(challenge=challenge, is_final=False).order_by("pk")
    members = list(rows.select_for_update(no_key=True, skip_locked=True)[: challenge_scores.BATCH])
    if members:
        challenge_scores.recount(challenge, members, challenge_scores.tracks_of(members), now=now, is_final=True)
    return len(members)


@transaction.atomic
def _store_ranks(challenge: Challenge, *, now: datetime) -> bool:
    """Store every member's rank and return True; False if members are still to be counted, or it is done already."""
    rows = Challenge.objects.filter(pk=challenge.pk, results_at=None, cancelled_at=None)
    locked = rows.select_for_update(no_key=True, skip_locked=True).first()
    if locked is None or locked.members.filter(is_final=False).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute(RANK, [locked.pk])
    locked.results_at = now
    locked.save(update_fields=["results_at"])
    return True


@transaction.atomic
def _mark_notified(challenge: Challenge, *, now: datetime) -> None:
    """Mark the challenge as done if all of its members are notified."""
    locked = Challenge.objects.select_for_update(no_key=True).filter(pk=challenge.pk, notified_at=None)
    if locked.first() and not challenge.members.filter(is_notified=False).exists():
        locked.update(notified_at=now)


def _notify_batch(challenge: Challenge, *, now: datetime) -> int:
    """Notify a batch of members, or each separately if one fails; return the number of members tried."""
    pending = ChallengeMember.objects.filter(challenge=challenge, is_notified=False)
    rows = pending.exclude(pk__in=_MEMBERS.waiting(now=now)).order_by("pk")
    try:
        return _notify_locked(challenge, rows, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is unavailable, which is no member's fault
    except Exception:  # one member of the batch fails: trying them one by one finds out which
        logger.exception("notifying a batch of members of challenge %s failed; trying them one by one", challenge.pk)
    ids = list(rows.values_list("pk", flat=True)[: challenge_scores.BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _MEMBERS.attempt(pk, now=now):
            _notify_locked(challenge, rows.filter(pk=pk), now=now)
    return len(ids)


@transaction.atomic
def _notify_locked(challenge: Challenge, rows: QuerySet[ChallengeMember], *, now: datetime) -> int:
    locked = rows.select_related("user").select_for_update(no_key=True, skip_locked=True, of=("self",))
    members = list(locked[: challenge_scores.BATCH])
    if members:
        batch = ChallengeMember.objects.filter(pk__in=[member.pk for member in members])
        batch.update(is_notified=True, recount_at=None)
        signal = signals.challenge_cancelled if challenge.cancelled_at else signals.challenge_ended
        signal.send(Challenge, challenge=challenge, members=members, now=now)
    return len(members)


def _reopen_finalized_early(*, now: datetime) -> int:
    """Reopen challenges that a clock running ahead has finalized; return the number of challenges tried."""
    counted = ChallengeMember.objects.filter(counted_at__gt=clock.future_cutoff(now), is_final=True)
    counted.filter(challenge__results_at=None).update(is_final=False)
    ahead = Challenge.objects.filter(results_at__gt=clock.future_cutoff(now)).exclude(
        pk__in=_TO_REOPEN.waiting(now=now)
    )
    ids = list(ahead.order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        if stopping.is_requested():
            break
        with _TO_REOPEN.attempt(pk, now=now):
            _reopen(pk, now=now)
    return len(ids)


@transaction.atomic
def _reopen(challenge_id: int, *, now: datetime) -> None:
    """Discard the results, so that members are counted, ranked and notified again when the challenge is really over.

    If the habit has been deleted, nothing can be recounted and the results stay. Sends challenge_reopened.
    """
    rows = Challenge.objects.select_for_update(no_key=True).filter(
        pk=challenge_id, results_at__gt=clock.future_cutoff(now)
    )
    challenge = rows.first()
    if challenge is None:
        return  # another worker has reopened it
    if challenge.habit_id is None:
        challenge.results_at = now
        challenge.save(update_fields=["results_at"])
        return
    # counted_at is in the future like results_at, so challenge_scores.recount_due finds the members and recounts them.
    challenge.members.update(rank=None, is_final=False, is_notified=False, counted_at=challenge.results_at)
    logger.warning(
        "challenge %s was finalized by a clock running ahead (%s) and is reopened", challenge.pk, challenge.results_at
    )
    challenge.results_at = challenge.notified_at = None
    challenge.save(update_fields=["results_at", "notified_at"])
    signals.challenge_reopened.send(Challenge, challenge=challenge, now=now)

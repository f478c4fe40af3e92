"""How challenges end: their results are fixed, and their members told. All in batches, each its own transaction.

It may be run twice, or by several at once: a batch is locked by one, and what is done is marked in its rows.
"""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from common import clock, stopping
from common.row_backoff import RowBackoff
from common.wake import wake
from community import signals, standings
from community.models import Challenge, ChallengeMember

logger = logging.getLogger(__name__)

MAX_SECONDS = 20  # of a pass; the next one goes on
_TO_FIX, _TO_TELL, _TO_REOPEN = (
    RowBackoff("challenge to fix"),
    RowBackoff("challenge to tell"),
    RowBackoff("challenge to reopen"),
)
_MEMBERS = RowBackoff("challenge member to tell")

# RANK shares a place among equals; whom staff have barred get none.
RANK = """
UPDATE community_challengemember SET "rank" = ranked.place
FROM (
    SELECT member.id, RANK() OVER (ORDER BY completed DESC, strength DESC) AS place
    FROM community_challengemember AS member JOIN users_user ON users_user.id = member.user_id
    WHERE challenge_id = %s AND users_user.is_active
) AS ranked
WHERE community_challengemember.id = ranked.id
"""


def fix_ended(*, now: datetime) -> int:
    """Fix the results of the challenges that are over for everybody; return how many. Then it is told (`tell`).

    What a clock that ran ahead had fixed is opened again before. One that fails by a fault of ours takes no other
    with it, and steps aside.
    """
    _reopen_ahead(now=now)
    over = Challenge.objects.filter(told_at=None, results_at=None, cancelled_at=None, ends_at__lte=now)
    may_go_on, fixed = stopping.deadline(MAX_SECONDS), 0
    for challenge in over.exclude(pk__in=_TO_FIX.waiting(now=now)).order_by("ends_at", "pk"):
        with _TO_FIX.attempt(challenge.pk, now=now):
            while may_go_on() and _count(challenge, now=now):
                pass
            if may_go_on() and _rank(challenge, now=now):
                fixed += 1
        if not may_go_on():
            break
    return fixed


def tell(*, now: datetime) -> int:
    """Tell the members of challenges that were fixed or cancelled; return how many.

    Sends challenge_ended or challenge_cancelled with each batch of them. A challenge whose members cannot be told by a
    fault of ours takes no other with it, and steps aside; so does a single member among the others.
    """
    ended = Challenge.objects.filter(Q(results_at__isnull=False) | Q(cancelled_at__isnull=False), told_at=None)
    may_go_on, told = stopping.deadline(MAX_SECONDS), 0
    for challenge in ended.exclude(pk__in=_TO_TELL.waiting(now=now)).order_by("ends_at", "pk"):
        with _TO_TELL.attempt(challenge.pk, now=now):
            while may_go_on() and (number := _tell_batch(challenge, now=now)):
                told += number
            _close(challenge, now=now)
        if not may_go_on():
            break
    return told


def ask() -> None:
    """Asks on commit for a pass over the challenges; with the broker away the next one comes by the clock."""
    wake("community.tasks.look_after_challenges")


@transaction.atomic
def _count(challenge: Challenge, *, now: datetime) -> int:
    """Counts some members for the last time. Those whose logs are just being written are left to the next pass."""
    rows = ChallengeMember.objects.filter(challenge=challenge, is_final=False).order_by("pk")
    members = list(rows.select_for_update(no_key=True, skip_locked=True)[: standings.BATCH])
    if members:
        standings.recount(challenge, members, standings.tracks_of(members), now=now, is_final=True)
    return len(members)


@transaction.atomic
def _rank(challenge: Challenge, *, now: datetime) -> bool:
    """Gives every member their rank, once all are counted. False where that is for another pass, or was done."""
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
def _close(challenge: Challenge, *, now: datetime) -> None:
    """Nothing is left to do for a challenge of which everybody is told."""
    locked = Challenge.objects.select_for_update(no_key=True).filter(pk=challenge.pk, told_at=None)
    if locked.first() and not challenge.members.filter(is_told=False).exists():
        locked.update(told_at=now)


def _tell_batch(challenge: Challenge, *, now: datetime) -> int:
    """Tell some members; return how many were looked at. Where one fails, each is told by itself."""
    waiting = ChallengeMember.objects.filter(challenge=challenge, is_told=False)
    rows = waiting.exclude(pk__in=_MEMBERS.waiting(now=now)).order_by("pk")
    try:
        return _tell_some(challenge, rows, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # of one of them; each by itself shows of which
        logger.exception("members of challenge %s cannot be told together; each is by itself", challenge.pk)
    ids = list(rows.values_list("pk", flat=True)[: standings.BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _MEMBERS.attempt(pk, now=now):
            _tell_some(challenge, rows.filter(pk=pk), now=now)
    return len(ids)


@transaction.atomic
def _tell_some(challenge: Challenge, rows: QuerySet[ChallengeMember], *, now: datetime) -> int:
    locked = rows.select_related("user").select_for_update(no_key=True, skip_locked=True, of=("self",))
    members = list(locked[: standings.BATCH])
    if members:
        of = ChallengeMember.objects.filter(pk__in=[member.pk for member in members])
        of.update(is_told=True, carry_at=None)
        news = signals.challenge_cancelled if challenge.cancelled_at else signals.challenge_ended
        news.send(Challenge, challenge=challenge, members=members, now=now)
    return len(members)


def _reopen_ahead(*, now: datetime) -> int:
    """Open the challenges again whose results a clock fixed that ran ahead; return how many were looked at."""
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
    """Take results back: they are counted, fixed and told again at the end. Sends challenge_reopened.

    Where the habit is gone meanwhile there is nothing to count by: its results stay.
    """
    rows = Challenge.objects.select_for_update(no_key=True).filter(
        pk=challenge_id, results_at__gt=clock.future_cutoff(now)
    )
    challenge = rows.first()
    if challenge is None:
        return  # another was quicker
    if challenge.habit_id is None:
        challenge.results_at = now
        challenge.save(update_fields=["results_at"])
        return
    # As if counted when the results were fixed: standings.carry_on finds them, and counts them again.
    challenge.members.update(rank=None, is_final=False, is_told=False, counted_at=challenge.results_at)
    logger.warning(
        "results of challenge %s were fixed by a clock ahead (%s): it goes on", challenge.pk, challenge.results_at
    )
    challenge.results_at = challenge.told_at = None
    challenge.save(update_fields=["results_at", "told_at"])
    signals.challenge_reopened.send(Challenge, challenge=challenge, now=now)

"""How challenges end: their results are fixed, and their members told. All in batches, each its own transaction.

It may be run twice, or by several at once: a batch is locked by one, and what is done is marked in its rows.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from common.hints import hint
from community import signals, standings
from community.models import Challenge, ChallengeMember

logger = logging.getLogger(__name__)

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


def without_end() -> bool:
    """Let a pass take all the time that it needs."""
    return True


def fix_ended(*, now: datetime, may_go_on: Callable[[], bool] = without_end) -> int:
    """Fixes the results of the challenges that are over for everybody; how many. Then it is told (`tell`).

    One that fails by a fault of ours takes no other with it, and is tried again.
    """
    over = Challenge.objects.filter(told_at=None, results_at=None, cancelled_at=None, ends_at__lte=now)
    fixed = 0
    for challenge in over.order_by("ends_at", "pk"):
        try:
            while may_go_on() and _count(challenge, now=now):
                pass
            fixed += _rank(challenge, now=now)
        except Exception:  # whatever it is, it must not keep the others from ending
            logger.exception("challenge %s cannot be ended", challenge.pk)
    return fixed


def tell(*, now: datetime, may_go_on: Callable[[], bool] = without_end) -> int:
    """Tells the members of challenges that were fixed or cancelled; how many.

    Sends challenge_ended or challenge_cancelled with each batch of them.
    """
    ended = Challenge.objects.filter(Q(results_at__isnull=False) | Q(cancelled_at__isnull=False), told_at=None)
    told = 0
    for challenge in ended.order_by("ends_at", "pk"):
        try:
            while may_go_on() and (number := _tell_some(challenge, now=now)):
                told += number
            _close(challenge, now=now)
        except Exception:  # whatever it is, it must not keep the others from being told
            logger.exception("members of challenge %s cannot be told", challenge.pk)
    return told


def ask() -> None:
    """Asks on commit for a pass over the challenges; with the broker away the next one comes by the clock."""
    hint("community.tasks.look_after_challenges")


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


@transaction.atomic
def _tell_some(challenge: Challenge, *, now: datetime) -> int:
    rows = ChallengeMember.objects.filter(challenge=challenge, is_told=False).order_by("pk").select_related("user")
    members = list(rows.select_for_update(no_key=True, skip_locked=True, of=("self",))[: standings.BATCH])
    if members:
        of = ChallengeMember.objects.filter(pk__in=[member.pk for member in members])
        of.update(is_told=True, carry_at=None)
        news = signals.challenge_cancelled if challenge.cancelled_at else signals.challenge_ended
        news.send(Challenge, challenge=challenge, members=members, now=now)
    return len(members)

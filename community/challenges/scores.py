"""Store the scores of challenge members: completed days and strength. The only module that writes them.

Scores are never incremented: they are always recounted from the logs and strengths that tracking stores.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q, QuerySet

from common import clock, stopping
from common.prepared import Columns, Prepared, given
from common.row_backoff import RowBackoff
from community.models import Challenge, ChallengeMember
from tracking.models import HabitLog, HabitTrack, StreakCheckpoint
from tracking.streaks.rules import Status
from tracking.streaks.strength import first_day_needed, initial
from tracking.tracks.histories import load_histories
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_plan
from users.timing import DAY

logger = logging.getLogger(__name__)

BATCH = 500
# A member's next day begins sooner than this: a later `recount_at` was set by a clock that ran ahead.
MAX_RECOUNT_DELAY = 4 * DAY
STRENGTH_DECIMALS = 6  # members whose strengths are equal after rounding share a rank
_BACKOFF = RowBackoff("challenge member")

_MEMBER, _CHALLENGE = Columns(ChallengeMember), Columns(Challenge, "challenge__")


def _live() -> QuerySet[ChallengeMember, tuple[Any, ...]]:
    """Return the members of unfinished challenges that a track counts for, locked."""
    track = given(ChallengeMember, "track", "track_id")
    live = ChallengeMember.objects.filter(track=track, is_final=False, challenge__cancelled_at=None)
    locked = live.select_for_update(no_key=True, of=("self",)).order_by("challenge")
    return locked.values_list(*_MEMBER.paths, *_CHALLENGE.paths)


_LIVE = Prepared(_live)


@transaction.atomic(savepoint=False)
def update_for_track(*, track: HabitTrack, now: datetime) -> None:
    """Recount the scores of the track in its unfinished challenges. One query if it is in none.

    The caller holds the track's lock, and `track` has its current values.
    """
    for row in _LIVE(track_id=track.pk):
        member, challenge = _MEMBER.instance(row), _CHALLENGE.instance(row, start=len(_MEMBER))
        recount(challenge, [member], {track.pk: track}, now=now)


def recount_due(*, now: datetime) -> int:
    """Recount a batch of members whose score is due; return the number of members.

    A score is due when the member's next day has begun, as strength fades with days without logs, or when a clock
    that ran ahead has counted it. Members whose rows are locked by a concurrent log are left to the next run; a member
    whose recount fails is tried again later.
    """
    ahead = clock.future_cutoff(now)
    is_due = Q(recount_at__lte=now) | Q(recount_at__gt=max(now + MAX_RECOUNT_DELAY, ahead)) | Q(counted_at__gt=ahead)
    due = ChallengeMember.objects.filter(is_due, is_final=False, challenge__cancelled_at=None)
    due = due.exclude(pk__in=_BACKOFF.waiting(now=now)).order_by("recount_at", "pk")
    try:
        return _recount_batch(due, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is unavailable, which is no member's fault
    except Exception:  # one member of the batch fails: trying them one by one finds out which
        logger.exception("recounting a batch of challenge members failed; trying them one by one")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now):
            _recount_batch(due.filter(pk=pk), now=now)
    return len(ids)


@transaction.atomic
def _recount_batch(due: QuerySet[ChallengeMember], *, now: datetime) -> int:
    locked = due.select_related("challenge").select_for_update(no_key=True, skip_locked=True, of=("self",))
    members = sorted(locked[:BATCH], key=lambda member: member.challenge_id)
    for _, group in groupby(members, key=lambda member: member.challenge_id):
        same = list(group)
        recount(same[0].challenge, same, tracks_of(same), now=now)
    return len(members)


def tracks_of(members: Sequence[ChallengeMember]) -> dict[int, HabitTrack]:
    """Return the members' tracks by id, with all related rows that a recount needs."""
    wanted = [member.track_id for member in members if member.track_id]
    return {track.pk: track for track in with_plan(HabitTrack.objects.filter(pk__in=wanted))}


def recount(
    challenge: Challenge,
    members: Sequence[ChallengeMember],
    tracks: Mapping[int, HabitTrack],
    *,
    now: datetime,
    is_final: bool = False,
) -> None:
    """Store the members' completed days and strength, from the current logs, with a fixed number of queries.

    `is_final`: this is the last recount of these members. The caller holds the members' locks.
    """
    todays = {pk: track.user.clock.day_of(now) for pk, track in tracks.items()}
    until = {pk: min(today, challenge.last_day) for pk, today in todays.items()}
    counts, strengths = _completed(until, since=challenge.first_day), _strengths(tracks, until)
    for member in members:
        track = tracks.get(member.track_id or 0)
        member.completed = counts.get(track.pk, 0) if track else 0
        member.strength = round(strengths[track.pk], STRENGTH_DECIMALS) if track else 0.0
        member.is_final = is_final
        fades = track is not None and todays[track.pk] < challenge.last_day and not is_final
        member.counted_at = now
        member.recount_at = track.user.clock.start(todays[track.pk] + DAY) if track and fades else None
    ChallengeMember.objects.bulk_update(members, ["completed", "strength", "is_final", "recount_at", "counted_at"])


def _completed(until: Mapping[int, date], *, since: date) -> dict[int, int]:
    """Return the completed days of each track from `since` to its day in `until`.

    Later logs exist where a user has travelled west: they count once that day has come.
    """
    is_up_to_last = Q(pk__in=[])
    for last in sorted(set(until.values())):
        is_up_to_last |= Q(track__in=[pk for pk, day in until.items() if day == last], day__lte=last)
    logs = HabitLog.objects.filter(is_up_to_last, day__gte=since, status=Status.COMPLETED.value)
    return dict(logs.order_by().values_list("track").annotate(Count("pk")))


def _strengths(tracks: Mapping[int, HabitTrack], until: Mapping[int, date]) -> dict[int, float]:
    """Return the strength of each track at the end of its day in `until`, which is today or earlier."""
    plans = {pk: plan_of(track) for pk, track in tracks.items()}
    # By track: the first day that is not included in a stored strength, and that stored strength.
    known = {pk: (plan.first, initial(plan.is_limit)) for pk, plan in plans.items()}
    past = []
    for pk, track in tracks.items():
        if track.strength_on and track.strength_on <= until[pk]:
            known[pk] = track.strength_on + DAY, track.strength
        elif track.strength_on:
            past.append(pk)
    if past:
        checkpoints = StreakCheckpoint.objects.filter(track__in=past, day__lte=max(until.values()) + DAY)
        for pk, day, strength in checkpoints.order_by("day").values_list("track", "day", "strength"):
            if day <= until[pk] + DAY:
                known[pk] = day, strength
    behind = {pk: first_day_needed(plans[pk], since) for pk, (since, _) in known.items() if since <= until[pk]}
    found = load_histories([tracks[pk] for pk in behind], since=behind) if behind else {}
    return {
        pk: found[pk].strength(since, until[pk], initial=strength) if pk in found else strength
        for pk, (since, strength) in known.items()
    }

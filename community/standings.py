"""Keeps how members of a challenge stand in line with their logs: the only writer of their completed days and strength.

Nothing is added up here: what is stored is what tracking's logs and strengths say of the challenge's days.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q, QuerySet

from common import clock, stopping
from common.row_backoff import RowBackoff
from community.models import Challenge, ChallengeMember
from tracking.histories import load_histories, plan_of
from tracking.models import HabitLog, HabitTrack, StreakCheckpoint
from tracking.queries import with_related
from tracking.streaks import Status
from tracking.strength import first_day_needed
from users.timing import DAY

logger = logging.getLogger(__name__)

BATCH = 500
MAX_CARRY = 4 * DAY  # the next day of anybody comes sooner: what lies further ahead was set by a clock that ran ahead
_BACKOFF = RowBackoff("challenge member")
PLACES = 6  # of a strength: whose differs by less are equals


@transaction.atomic
def follow_track(*, track: HabitTrack, now: datetime) -> None:
    """Brings the track's memberships in line with its logs and strength; one query where there are none.

    The caller holds the track's lock, and has it as it stands.
    """
    live = ChallengeMember.objects.filter(track=track, is_final=False, challenge__cancelled_at=None)
    locked = live.select_related("challenge").select_for_update(no_key=True, of=("self",))
    for member in locked.order_by("challenge"):
        recount(member.challenge, [member], {track.pk: track}, now=now)


def carry_on(*, now: datetime) -> int:
    """Carry on one batch of strengths, which fade as days go by, and of what a clock ahead had counted; how many.

    Those whose logs are just being written wait. A member who fails by a fault of ours steps aside.
    """
    ahead = clock.future_cutoff(now)
    has_come = Q(carry_at__lte=now) | Q(carry_at__gt=max(now + MAX_CARRY, ahead)) | Q(counted_at__gt=ahead)
    due = ChallengeMember.objects.filter(has_come, is_final=False, challenge__cancelled_at=None)
    due = due.exclude(pk__in=_BACKOFF.waiting(now=now)).order_by("carry_at", "pk")
    try:
        return _carry(due, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # of one of them; each by itself shows of which
        logger.exception("a batch of members cannot be carried on; each is tried by itself")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now):
            _carry(due.filter(pk=pk), now=now)
    return len(ids)


@transaction.atomic
def _carry(due: QuerySet[ChallengeMember], *, now: datetime) -> int:
    locked = due.select_related("challenge").select_for_update(no_key=True, skip_locked=True, of=("self",))
    members = sorted(locked[:BATCH], key=lambda member: member.challenge_id)
    for _, group in groupby(members, key=lambda member: member.challenge_id):
        same = list(group)
        recount(same[0].challenge, same, tracks_of(same), now=now)
    return len(members)


def tracks_of(members: Sequence[ChallengeMember]) -> dict[int, HabitTrack]:
    """Their tracks by id, with what the rules ask of them at hand."""
    wanted = [member.track_id for member in members if member.track_id]
    return {track.pk: track for track in with_related(HabitTrack.objects.filter(pk__in=wanted))}


def recount(
    challenge: Challenge,
    members: Sequence[ChallengeMember],
    tracks: Mapping[int, HabitTrack],
    *,
    now: datetime,
    is_final: bool = False,
) -> None:
    """Stores what the members have completed, and how strong they are; a fixed number of queries.

    `is_final`: for the last time. The caller holds the members' locks.
    """
    todays = {pk: track.user.clock.day_of(now) for pk, track in tracks.items()}
    until = {pk: min(today, challenge.last_day) for pk, today in todays.items()}
    counts, strengths = _completed(until, since=challenge.first_day), _strengths(tracks, until)
    for member in members:
        track = tracks.get(member.track_id or 0)
        member.completed = counts.get(track.pk, 0) if track else 0
        member.strength = round(strengths[track.pk], PLACES) if track else 0.0
        member.is_final = is_final
        fades = track is not None and todays[track.pk] < challenge.last_day and not is_final
        member.counted_at = now
        member.carry_at = track.user.clock.start(todays[track.pk] + DAY) if track and fades else None
    ChallengeMember.objects.bulk_update(members, ["completed", "strength", "is_final", "carry_at", "counted_at"])


def _completed(until: Mapping[int, date], *, since: date) -> dict[int, int]:
    """How many days each track completed, up to its day in `until`: what travel moved ahead of today comes later."""
    has_come = Q(pk__in=[])
    for last in sorted(set(until.values())):
        has_come |= Q(track__in=[pk for pk, day in until.items() if day == last], day__lte=last)
    logs = HabitLog.objects.filter(has_come, day__gte=since, status=Status.COMPLETED.value)
    return dict(logs.order_by().values_list("track").annotate(Count("pk")))


def _strengths(tracks: Mapping[int, HabitTrack], until: Mapping[int, date]) -> dict[int, float]:
    """The strength of each track at the end of its day in `until`: today, or an earlier one."""
    plans = {pk: plan_of(track) for pk, track in tracks.items()}
    # From which day to count on, and the strength before it.
    known = {pk: (plan.first, 0.0) for pk, plan in plans.items()}
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

"""Brings the tracks of a habit's followers in line with its edits: in batches, by the worker.

An edit leaves a row behind in its own transaction, so that none is lost; the owner's answer does not wait for
ten thousand followers.
"""

import logging
from datetime import date, datetime

from django.db import transaction

from common import stopping
from common.row_backoff import FailureCounter, RowBackoff
from common.wake import wake
from habits.models import Habit
from tracking import signals, standing
from tracking.courses import plan_of
from tracking.models import HabitChange, HabitTrack
from tracking.queries import locked
from tracking.streaks import status_of

logger = logging.getLogger(__name__)

BATCH = 100
_EDITS = RowBackoff("edit of a habit")
_TRIES = FailureCounter()


def queue(*, habit: Habit, since: date | None, retimed: bool) -> None:
    """Leaves an edit for the worker, within the running transaction."""
    HabitChange.objects.create(habit=habit, since=since, retimed=retimed)
    wake("tracking.tasks.keep_up")


def bring_in_line(*, now: datetime) -> bool:
    """Take one batch of followers through the oldest edit that nobody else is at. False: there was none.

    An edit that fails by a fault of ours steps aside. So does one follower among others, whom the next edit, or
    `manage.py recount_streaks`, brings in line.
    """
    if stopping.is_requested():
        return False
    changes = HabitChange.objects.exclude(pk__in=_EDITS.waiting(now=now)).order_by("pk")
    with transaction.atomic():
        change = changes.select_for_update(skip_locked=True, of=("self",)).first()
        if change is None:
            return False
        with _EDITS.attempt(change.pk, now=now), transaction.atomic():
            _take_batch(change, now=now)
    return True


def _take_batch(change: HabitChange, *, now: datetime) -> None:
    tracks = list(locked(HabitTrack.objects.filter(habit=change.habit_id, pk__gt=change.done_to))[:BATCH])
    done_to = change.done_to
    for track in tracks:
        if stopping.is_requested():
            break
        if track.user_id != track.habit.owner_id:
            _take_through(change, track, now=now)
        done_to = track.pk
    if len(tracks) < BATCH and (not tracks or done_to == tracks[-1].pk):
        change.delete()
    else:
        change.done_to = done_to
        change.save(update_fields=["done_to"])


def _take_through(change: HabitChange, track: HabitTrack, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            follow_edit(track, since=change.since, retimed=change.retimed, now=now)
    except Exception as error:  # whatever it is, it must not keep the others from following
        if not _TRIES.should_skip(track.pk, error):
            raise  # the database's trouble, perhaps with this track: the batch is tried again
        logger.exception(
            "track %s cannot follow the edit of its habit; recount_streaks mends it",
            track.pk,
            extra={"track": track.pk},
        )


def follow_edit(track: HabitTrack, *, since: date | None, retimed: bool, now: datetime) -> None:
    """Brings one track, which is locked, in line with an edit of its habit. Sends track_changed."""
    if since:
        _judge_anew(track, since)
        standing.refresh(track=track, since=since, now=now)
    signals.track_changed.send(HabitTrack, track=track, retimed=retimed, now=now)


def _judge_anew(track: HabitTrack, since: date) -> None:
    """Judges the logs from `since` on by the daily amount now in force on their day."""
    plan = plan_of(track)
    for log in track.logs.filter(day__gte=since, amount__isnull=False):
        assert log.amount is not None
        judged = status_of(log.amount, plan.in_force(log.day).daily_amount).value
        if judged != log.status:
            log.status = judged
            log.save(update_fields=["status", "updated_at"])

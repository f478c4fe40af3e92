"""Apply edits of a habit to its followers' tracks: in batches, by the worker.

An edit inserts a HabitChange row in its own transaction, so that it cannot be lost, and the owner's request does not
wait for ten thousand followers.
"""

import logging
from datetime import date, datetime

from django.db import transaction

from common import stopping
from common.row_backoff import FailureCounter, RowBackoff
from common.wake import wake
from habits.models import Habit
from tracking import signals
from tracking.models import HabitChange, HabitTrack
from tracking.streaks import services as streak_stats
from tracking.streaks.rules import status_of
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked

logger = logging.getLogger(__name__)

BATCH = 100
_EDITS = RowBackoff("habit edit")
_TRIES = FailureCounter()


def queue(*, habit: Habit, since: date | None, retimed: bool) -> None:
    """Queue an edit for the worker, in the current transaction."""
    HabitChange.objects.create(habit=habit, since=since, retimed=retimed)
    wake("tracking.tasks.apply_pending_changes")


def sync_followers(*, now: datetime) -> bool:
    """Apply the oldest pending edit to one batch of followers. Return False if there was none to process.

    An edit that fails because of a bug is retried later, so that it does not block other edits. A single track that
    fails is skipped and logged; the next edit or `manage.py recount_streaks --repair` corrects it.
    """
    if stopping.is_requested():
        return False
    changes = HabitChange.objects.exclude(pk__in=_EDITS.waiting(now=now)).order_by("pk")
    with transaction.atomic():
        # skip_locked: other workers take other edits at the same time.
        change = changes.select_for_update(skip_locked=True, of=("self",)).first()
        if change is None:
            return False
        with _EDITS.attempt(change.pk, now=now), transaction.atomic():
            _sync_batch(change, now=now)
    return True


def _sync_batch(change: HabitChange, *, now: datetime) -> None:
    """Apply the edit to the next tracks by id, and save how far it got; delete it after the last track."""
    tracks = list(locked(HabitTrack.objects.filter(habit=change.habit_id, pk__gt=change.done_to))[:BATCH])
    done_to = change.done_to
    for track in tracks:
        if stopping.is_requested():
            break
        if track.user_id != track.habit.owner_id:
            _apply_edit_or_skip(change, track, now=now)
        done_to = track.pk
    # Fewer tracks than BATCH means that these were the last ones, unless the worker was asked to stop among them.
    if len(tracks) < BATCH and (not tracks or done_to == tracks[-1].pk):
        change.delete()
    else:
        change.done_to = done_to
        change.save(update_fields=["done_to"])


def _apply_edit_or_skip(change: HabitChange, track: HabitTrack, *, now: datetime) -> None:
    try:
        with transaction.atomic():  # a savepoint: a failure undoes this track only
            retimed_at = change.created_at if change.retimed else None
            apply_edit(track, since=change.since, retimed_at=retimed_at, now=now)
    except Exception as error:  # any error: one track must not block the others
        if not _TRIES.should_skip(track.pk, error):
            raise  # a database error is often temporary: retry the whole batch
        logger.exception(
            "an edit of the habit could not be applied to track %s; repair it with recount_streaks --repair",
            track.pk,
            extra={"track": track.pk},
        )


def apply_edit(track: HabitTrack, *, since: date | None, retimed_at: datetime | None, now: datetime) -> None:
    """Apply an edit of the habit to one track, which the caller has locked. Sends track_changed.

    `retimed_at`: when the time of day was edited, None if it was not.
    """
    if since:
        _update_statuses(track, since)
        streak_stats.refresh_streak_stats(track=track, since=since, now=now)
    signals.track_changed.send(HabitTrack, track=track, retimed_at=retimed_at, now=now)


def _update_statuses(track: HabitTrack, since: date) -> None:
    """Recalculate completed or partial for logs from `since` on, by the daily amount in force on their day."""
    plan = plan_of(track)
    if plan.is_limit:
        return
    for log in track.logs.filter(day__gte=since, amount__isnull=False):
        assert log.amount is not None
        status = status_of(log.amount, plan.in_force(log.day).daily_amount).value
        if status != log.status:
            log.status = status
            log.save(update_fields=["status", "updated_at"])

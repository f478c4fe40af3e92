"""Repair of tracks that were updated while the server clock ran ahead.

Logs are never changed here. A log of a day that is still in the future counts as soon as that day comes
(streak_stats.recount_due_tracks).
"""

from datetime import date, datetime

from django.db import transaction

from common import clock, stopping
from common.row_backoff import RowBackoff
from habits.rules import FIRST_DAY
from habits.services import move_creation_day
from tracking import signals
from tracking.goals import services as goals
from tracking.models import HabitTrack, Pause
from tracking.streaks import services as streak_stats
from tracking.tracks import followers
from tracking.tracks.queries import locked

BATCH = 200
_BACKOFF = RowBackoff("repair of track")


def repair_tracks(*, now: datetime) -> int:
    """Recount one batch of tracks whose `counted_at` is in the future; return the number of tracks processed.

    Sends track_changed for each, as when the user changes their time zone. A track that fails because of a bug is
    retried later, so that it does not block the others.
    """
    rows = HabitTrack.objects.filter(counted_at__gt=clock.future_cutoff(now))
    due = rows.exclude(pk__in=_BACKOFF.waiting(now=now)).order_by("counted_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            track = locked(rows.filter(pk=pk)).first()
            if track is None:
                continue  # another worker has repaired it
            track.counted_at = None  # so that the recount stores the current time (streak_stats._save_stats)
            since = _move_start_to_today(track, track.user.clock.day_of(now), now)
            streak_stats.refresh_streak_stats(track=track, since=since, now=now)
            goals.move_future_goals_to_today(track=track, now=now)
            signals.track_changed.send(HabitTrack, track=track, retimed_at=None, now=now)
    return len(ids)


def _move_start_to_today(track: HabitTrack, today: date, now: datetime) -> date:
    """Move the start of the track, and the creation day of the user's own habit, to today if they are in the future.

    Return the first day whose evaluation this affects.
    """
    habit, since = track.habit, today
    if habit.owner_id == track.user_id and habit.created_on > today:
        move_creation_day(habit=habit, day=today)
        since = FIRST_DAY
        if habit.followers:
            followers.queue(habit=habit, since=FIRST_DAY, retimed=False)
    if track.started_on > today:
        track.started_on, since = today, FIRST_DAY
    if track.left_at is not None and track.left_at > now:
        _move_pause_to_today(track, Pause.Reason.LEFT, today)
        track.left_at = now
    if track.archived_at is not None and track.archived_at > now:
        _move_pause_to_today(track, Pause.Reason.ARCHIVED, today)
        track.archived_at = now
    track.save(update_fields=["started_on", "left_at", "archived_at"])
    return since


def _move_pause_to_today(track: HabitTrack, reason: Pause.Reason, today: date) -> None:
    """Move the start of the pause that lasts for this reason to today if it is in the future."""
    Pause.objects.filter(track=track, reason=reason, last_day=None, first_day__gt=today).update(first_day=today)

"""Stored streaks and strength of tracks: all writes to them and to their checkpoints.

A change is counted forward from the last checkpoint before it (tracking.streaks.recount).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from common import stopping
from common.clock import TOLERANCE
from common.row_backoff import RowBackoff
from habits.recurrence import DAY, Plan
from habits.rules import FIRST_DAY
from tracking import signals
from tracking.models import HabitTrack, StreakCheckpoint
from tracking.streaks.recount import Checkpoint, StreakStats, beginning, first_affected_day, recount
from tracking.streaks.rules import Streak
from tracking.streaks.strength import first_day_needed
from tracking.tracks.histories import load_history, strength_at
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked, with_plan

BATCH = 200
_BACKOFF = RowBackoff("recount of track")


@dataclass(frozen=True, slots=True)
class StoredStats:
    """A track's stored streaks and strength as they read on a given day; the strength is rounded to nine places."""

    streak: Streak
    strength: float


@transaction.atomic(savepoint=False)
def refresh_streak_stats(*, track: HabitTrack, since: date, now: datetime) -> None:
    """Recalculate and store streaks and strength after logs, schedules or pauses changed from `since` on.

    A `since` after today counts as today; FIRST_DAY recalculates everything. The caller holds the track's lock.
    Sends track_stats_changed.
    """
    today = track.user.clock.day_of(now)
    plan = plan_of(track)
    start = _rewind_to_checkpoint(track, plan, before=first_affected_day(plan, min(since, today)))
    history = load_history(track, since=first_day_needed(plan, start.day))
    _save(track, recount(history, start, today), now)
    signals.track_stats_changed.send(HabitTrack, track=track, now=now)


def recount_due_tracks(*, now: datetime) -> int:
    """Recount one batch of tracks whose future-dated logs (left by westward travel) are now due.

    Return the number of tracks processed. Sends day_logged for each such day. A track that fails because of a bug is
    retried later, so that it does not block the others.
    """
    postponed = _BACKOFF.waiting(now=now)
    due = HabitTrack.objects.filter(recount_at__lte=now).exclude(pk__in=postponed).order_by("recount_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            # Filtered again under the lock, as the track may have been recounted since it was selected.
            track = locked(HabitTrack.objects.filter(pk=pk, recount_at__lte=now)).first()
            if track is None or track.recount_at is None:
                continue  # another worker has recounted it
            day = track.user.clock.day_of(track.recount_at)
            refresh_streak_stats(track=track, since=day, now=now)
            signals.day_logged.send(HabitTrack, track=track, days=[day], now=now)
    return len(ids)


def find_differences(*, now: datetime, repair: bool) -> Iterator[tuple[HabitTrack, StoredStats, StoredStats]]:
    """Yield (track, stored, counted) for every track whose stored stats differ from those counted from all its logs.

    There should be none. With `repair`, the stored stats are corrected.
    """
    last = 0
    # By id in batches, so that memory does not grow with the number of tracks.
    while tracks := list(with_plan(HabitTrack.objects.filter(pk__gt=last)).order_by("pk")[:BATCH]):
        for track in tracks:
            history, today = load_history(track), track.user.clock.day_of(now)
            stats = recount(history, beginning(history.plan), today)
            counted = StoredStats(stats.streak, round(stats.strength, 9))
            stored = StoredStats(track.streak_at(now), round(strength_at(track, history, today), 9))
            if stored != counted:
                if repair:
                    with transaction.atomic():
                        refresh_streak_stats(
                            track=locked(HabitTrack.objects.filter(pk=track.pk)).get(), since=FIRST_DAY, now=now
                        )
                yield track, stored, counted
        last = tracks[-1].pk


def _rewind_to_checkpoint(track: HabitTrack, plan: Plan, *, before: date) -> Checkpoint:
    """Return the last checkpoint up to `before`, or the start of the track. Delete later checkpoints."""
    checkpoints = StreakCheckpoint.objects.filter(track=track).order_by("-day")
    latest = checkpoints.first()
    if latest and latest.day > before:
        checkpoints.filter(day__gt=before).delete()
        latest = checkpoints.first()
    return latest.checkpoint if latest else beginning(plan)


def _save(track: HabitTrack, stats: StreakStats, now: datetime) -> None:
    clock, streak = track.user.clock, stats.streak
    StreakCheckpoint.objects.bulk_create(StreakCheckpoint.of(track, each) for each in stats.checkpoints)
    track.streak, track.longest_streak, track.streak_unit = streak.current, streak.longest, streak.unit
    track.strength, track.strength_on = stats.strength, stats.strength_on
    track.lapses_at = clock.start(stats.lapse_day + DAY) if stats.lapse_day else None
    track.unit_changes = [(clock.start(day), unit) for day, unit in stats.unit_changes]
    track.recount_at = clock.start(stats.recount_on) if stats.recount_on else None
    # A counted_at in the future was written while the clock ran ahead. It is kept, so that tracking.tracks.clock_repair still
    # finds the track and repairs its other dates as well.
    if track.counted_at is None or track.counted_at <= now + TOLERANCE:
        track.counted_at = now
    streaks = ["streak", "longest_streak", "streak_unit", "lapses_at", "unit_changes_at", "next_units", "recount_at"]
    track.save(update_fields=[*streaks, "strength", "strength_on", "counted_at"])

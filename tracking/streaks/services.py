"""Stored streaks and strength of tracks: all writes to them and to their checkpoints.

A change is counted forward from the last checkpoint before it (tracking.streaks.recount).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from common import stopping
from common.clock import TOLERANCE
from common.edits import UNSET
from common.prepared import PreparedUpdate, given
from common.row_backoff import RowBackoff
from habits.recurrence import DAY, Plan
from habits.rules import FIRST_DAY
from tracking import signals
from tracking.models import HabitLog, HabitTrack, StreakCheckpoint, by_text
from tracking.streaks.recount import (
    Checkpoint,
    StreakStats,
    beginning,
    first_affected_day,
    first_day_needed,
    recount,
)
from tracking.streaks.rules import Streak
from tracking.tracks.histories import RecentHistory, load_history, strength_at
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked, with_plan

BATCH = 200
RECENT = 52 * DAY  # a month, the window that can begin in the month before it, and two weeks to find an earlier log
_BACKOFF = RowBackoff("recount of track")

_STATS = (
    "streak",
    "longest_streaks",
    "streak_unit",
    "lapses_at",
    "recount_at",
    "strength",
    "strength_on",
    "counted_at",
)
_STORE = PreparedUpdate(lambda: HabitTrack.objects.filter(pk=given(HabitTrack, "id")), _STATS)


@dataclass(frozen=True, slots=True)
class StoredStats:
    """A track's stored streaks and strength as they read on a given day; the strength is rounded to nine places."""

    streak: Streak
    strength: float


@transaction.atomic(savepoint=False)
def refresh_streak_stats(*, track: HabitTrack, since: date, now: datetime) -> RecentHistory:
    """Recalculate and store streaks and strength after logs, schedules or pauses changed from `since` on.

    A `since` after today counts as today; FIRST_DAY recalculates everything. The caller holds the track's lock. Return
    the logs that were read. Sends track_stats_changed.
    """
    if track.is_outdated:
        _derive_beginning(track)
        since = FIRST_DAY
    today = track.user.clock.day_of(now)
    plan = plan_of(track)
    start = _rewind_to_checkpoint(track, plan, before=first_affected_day(plan, min(since, today)))
    # Somewhat further back than the streaks need, so that awards find the days around a log in what is read here.
    needed = min(first_day_needed(plan, start.day), since - RECENT)
    history = load_history(track, since=needed)
    _save(track, recount(history, start, today), now)
    signals.track_stats_changed.send(HabitTrack, track=track, now=now)
    return RecentHistory(needed, history)


def recount_due_tracks(*, now: datetime) -> int:
    """Recount one batch of tracks that time alone has changed (`recount_at`).

    Return the number of tracks processed. Sends day_logged for a future-dated log (left by westward travel) that is due.
    A track that fails because of a bug is retried later, so that it does not block the others.
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
            recent = refresh_streak_stats(track=track, since=day, now=now)
            if HabitLog.objects.filter(track=track, day=day).exists():
                signals.day_logged.send(HabitTrack, track=track, days=[day], recent=recent, now=now)
    return len(ids)


def recount_outdated_tracks(*, now: datetime) -> int:
    """Recount one batch of tracks that were counted by an earlier release's definitions, in order of id.

    In silence: nobody is told of what the definitions alone have changed, and awards that are held stay. Return the
    number of tracks processed. Sends track_stats_changed and track_redefined.
    """
    outdated = HabitTrack.objects.filter(is_outdated=True)
    ids = list(outdated.exclude(pk__in=_BACKOFF.waiting(now=now)).order_by("pk").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            track = locked(outdated.filter(pk=pk)).first()
            if track is None:
                continue  # another worker has recounted it
            refresh_streak_stats(track=track, since=FIRST_DAY, now=now)
            signals.track_redefined.send(HabitTrack, track=track, retimed_at=None, now=now)
    return len(ids)


def _derive_beginning(track: HabitTrack) -> None:
    """Set what earlier releases did not store: when the track was started, its first log, and where windows start."""
    habit = track.habit
    track.started_on = track.user.clock.day_of(track.created_at)
    track.first_log_on = track.logs.order_by("day").values_list("day", flat=True).first()
    track.windows_from = (habit.start_date or habit.created_on) if track.first_log_on else None
    track.is_outdated = False
    track.save(update_fields=["started_on", "first_log_on", "windows_from", "is_outdated"])


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
    latest, track.latest_checkpoint = track.latest_checkpoint, UNSET  # the recount stores later ones
    if latest is UNSET:
        latest = _value(checkpoints.first())
    if latest and latest.day > before:
        checkpoints.filter(day__gt=before).delete()
        latest = _value(checkpoints.first())
    return latest or beginning(plan)


def _value(row: StreakCheckpoint | None) -> Checkpoint | None:
    return row.checkpoint if row else None


def _save(track: HabitTrack, stats: StreakStats, now: datetime) -> None:
    clock, streak = track.user.clock, stats.streak
    if stats.checkpoints:
        StreakCheckpoint.objects.bulk_create(StreakCheckpoint.of(track, each) for each in stats.checkpoints)
    track.streak, track.streak_unit = streak.current, streak.unit
    track.longest_streaks = by_text(streak.longest_of)
    track.strength, track.strength_on = stats.strength, stats.strength_on
    track.lapses_at = clock.start(stats.lapse_day + DAY) if stats.lapse_day else None
    track.recount_at = clock.start(stats.recount_on) if stats.recount_on else None
    # A counted_at in the future was written while the clock ran ahead. It is kept, so that tracking.tracks.clock_repair still
    # finds the track and repairs its other dates as well.
    if track.counted_at is None or track.counted_at <= now + TOLERANCE:
        track.counted_at = now
    _STORE(id=track.pk, **{column: getattr(track, column) for column in _STATS})

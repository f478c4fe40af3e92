"""Keeps the stored streaks and strength true: the only writer of a track's own and of their checkpoints.

A change counts forward from the last checkpoint before it, so that today's log reads about a month of logs
(and what the strength's window looks back on) whatever the history, and an older day what came after it.
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
from tracking.courses import Course, course_of, plan_of, strength_at
from tracking.models import HabitTrack, StreakCheckpoint
from tracking.queries import locked, with_all
from tracking.streaks import Streak, after
from tracking.strength import first_needed

BATCH = 200
_BACKOFF = RowBackoff("track to recount")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is stored of a track, as it reads on a day; the strength to nine places."""

    streak: Streak
    strength: float


@transaction.atomic
def refresh(*, track: HabitTrack, since: date, now: datetime) -> None:
    """Brings the stored streaks and strength in line with a change of what is said, asked or paused from `since` on.

    `since` is at most today; FIRST_DAY counts everything anew. The caller holds the track's lock. Sends
    standing_changed.
    """
    today = track.user.clock.day_of(now)
    plan = plan_of(track)
    start, standing, strength = _last_checkpoint(track, plan, before=_affected_from(plan, min(since, today)))
    course = course_of(track, since=first_needed(plan, start))
    strengths = dict(course.strengths(start, today, before=strength))
    checkpoints: list[StreakCheckpoint] = []
    for period in plan.periods(start, today):
        if _new_month(period.first, checkpoints[-1].day if checkpoints else start):
            checkpoints.append(_checkpoint(track, period.first, standing, strengths[period.first - DAY]))
        standing = after(standing, period, course.days, course.is_paused, today)
    StreakCheckpoint.objects.bulk_create(checkpoints)
    if strengths:
        strength = strengths[max(strengths)]
    track.strength, track.strength_on = strength, max(today, start - DAY)
    _store(track, course, standing, today, now)
    signals.standing_changed.send(HabitTrack, track=track, now=now)


def catch_up(*, now: datetime) -> int:
    """Count one batch of tracks with logged days that have come since travel moved them into the future.

    Returns how many were looked at. Sends day_logged for each such day. A track that fails by a fault of ours steps
    aside.
    """
    waiting = _BACKOFF.waiting(now=now)
    coming = HabitTrack.objects.filter(recount_at__lte=now).exclude(pk__in=waiting).order_by("recount_at")
    ids = list(coming.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            track = locked(HabitTrack.objects.filter(pk=pk, recount_at__lte=now)).first()
            if track is None or track.recount_at is None:
                continue  # another was quicker
            day = track.user.clock.day_of(track.recount_at)
            refresh(track=track, since=day, now=now)
            signals.day_logged.send(HabitTrack, track=track, day=day, now=now)
    return len(ids)


def differing(*, now: datetime, repair: bool) -> Iterator[tuple[HabitTrack, Figures, Figures]]:
    """Every track whose stored figures differ from those counted from all of its logs: (track, stored, counted).

    There should be none. `repair` brings them in line.
    """
    last = 0
    while tracks := list(with_all(HabitTrack.objects.filter(pk__gt=last)).order_by("pk")[:BATCH]):
        for track in tracks:
            course, today = course_of(track), track.user.clock.day_of(now)
            counted = Figures(course.streak(today), round(course.strength(course.plan.first, today), 9))
            stored = Figures(track.streak_at(now), round(strength_at(track, course, today), 9))
            if stored != counted:
                if repair:
                    with transaction.atomic():
                        refresh(track=locked(HabitTrack.objects.filter(pk=track.pk)).get(), since=FIRST_DAY, now=now)
                yield track, stored, counted
        last = tracks[-1].pk


def _affected_from(plan: Plan, since: date) -> date:
    """The first day of the period that a change from `since` on touches, also of one that it cuts short."""
    touched = [since]
    for day in (since, since - DAY):
        period = plan.period_of(day)
        if period:
            touched.append(period.first)
    return min(touched)


def _last_checkpoint(track: HabitTrack, plan: Plan, *, before: date) -> tuple[date, Streak, float]:
    """From which day to count, and streaks and strength before it. Forgets the checkpoints after `before`."""
    checkpoints = StreakCheckpoint.objects.filter(track=track).order_by("-day")
    latest = checkpoints.first()
    if latest and latest.day > before:
        checkpoints.filter(day__gt=before).delete()
        latest = checkpoints.first()
    if latest is None:
        return plan.first, Streak(0, 0, plan.in_force(plan.first).streak_unit), 0.0
    return latest.day, Streak(latest.current, latest.longest, latest.unit), latest.strength


def _new_month(day: date, last: date) -> bool:
    return (day.year, day.month) != (last.year, last.month)


def _checkpoint(track: HabitTrack, day: date, standing: Streak, strength: float) -> StreakCheckpoint:
    return StreakCheckpoint(
        track=track,
        day=day,
        current=standing.current,
        longest=standing.longest,
        unit=standing.unit,
        strength=strength,
    )


def _store(track: HabitTrack, course: Course, standing: Streak, today: date, now: datetime) -> None:
    clock, plan = track.user.clock, course.plan
    lapse_day = course.lapse_day(today) if standing.current else None
    changes = plan.next_units(today) if len(plan.versions) > 1 else []
    track.streak, track.longest_streak, track.streak_unit = standing.current, standing.longest, standing.unit
    track.lapses_at = clock.start(lapse_day + DAY) if lapse_day else None
    track.unit_changes_at = clock.start(changes[0][0]) if changes else None
    track.next_units = [[clock.start(day).isoformat(), unit] for day, unit in changes]
    ahead = min((day for day in course.days if day > today), default=None)
    track.recount_at = clock.start(ahead) if ahead else None
    if track.counted_at is None or track.counted_at <= now + TOLERANCE:
        track.counted_at = now  # else it is left to be healed, with what else the clock ahead wrote
    streaks = ["streak", "longest_streak", "streak_unit", "lapses_at", "unit_changes_at", "next_units", "recount_at"]
    track.save(update_fields=[*streaks, "strength", "strength_on", "counted_at"])

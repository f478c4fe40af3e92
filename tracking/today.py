"""The day as a person sees it: what it asks for, what is done, what is at risk."""

from dataclasses import dataclass
from datetime import date, datetime

from habits.recurrence import Period
from tracking.courses import courses_of_today, strength_at
from tracking.models import HabitLog, HabitTrack
from tracking.queries import tracks_of
from users.models import User


@dataclass(frozen=True, slots=True)
class TodayEntry:
    """A track that has today among its target days; `done` of `required` completed days in the period so far."""

    track: HabitTrack
    day: date
    log: HabitLog | None
    due: bool
    period: Period
    done: int
    at_risk: bool
    strength: float


def entries(user: User, *, now: datetime) -> list[TodayEntry]:
    """Today's target tracks, done ones too, by time of day; a fixed number of queries."""
    today = user.clock.day_of(now)
    tracks = list(tracks_of(user, now=now))
    courses = courses_of_today(tracks, today)
    logs = {log.track_id: log for log in HabitLog.objects.filter(track__in=tracks, day=today)}
    found = []
    for track in tracks:
        course = courses[track.pk]
        period = course.plan.period_of(today)
        if period is None or today not in period.target_days or course.is_paused(today):
            continue
        found.append(
            TodayEntry(
                track=track,
                day=today,
                log=logs.get(track.pk),
                due=course.is_due(today),
                period=period,
                done=course.completed(period, today),
                at_risk=track.streak_at(now).current > 0 and course.is_at_risk(today),
                strength=strength_at(track, course, today),
            )
        )
    return sorted(found, key=lambda entry: (entry.track.habit.time is None, entry.track.habit.time, entry.track.pk))

"""The user's today: which tracks are due, done or at risk. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from habits.recurrence import Period
from tracking.models import HabitTrack
from tracking.streaks.rules import LimitProgress, Status
from tracking.tracks.histories import load_histories_for_today, strength_at
from tracking.tracks.queries import tracks_of
from users.models import User


@dataclass(frozen=True, slots=True)
class TodayEntry:
    """A track for which today is a target day. `status`, `amount`: of today's log; `done`: completed days of the period.

    `limit`: how much of a limit habit's period is used; None for a habit that is to be done.
    """

    track: HabitTrack
    day: date
    status: Status | None
    amount: Decimal | None
    due: bool
    period: Period
    done: int
    at_risk: bool
    strength: float
    limit: LimitProgress | None


def entries(user: User, *, now: datetime) -> list[TodayEntry]:
    """Return the tracks for which today is a target day, including done ones, by time of day.

    A fixed number of queries.
    """
    today = user.clock.day_of(now)
    tracks = list(tracks_of(user, now=now))
    histories = load_histories_for_today(tracks, today)
    result = []
    for track in tracks:
        history = histories[track.pk]
        period = history.period_of(today, today)
        if period is None or not period.is_target(today) or history.is_paused(today):
            continue
        result.append(
            TodayEntry(
                track=track,
                day=today,
                status=history.days.get(today),
                amount=history.amounts.get(today),
                due=history.is_due(today),
                period=period,
                done=history.completed_days(period, today),
                at_risk=track.streak_at(now).current > 0 and history.is_at_risk(today),
                strength=strength_at(track, history, today),
                limit=history.limit_progress(period, today),
            )
        )
    return sorted(result, key=lambda entry: (entry.track.habit.time is None, entry.track.habit.time, entry.track.pk))

"""From a track's history to everything that is stored of its streaks and strength. Pure functions.

The count starts at a checkpoint: the streaks and strength before a day on which a period starts. There is about one a
month, so that a log of today reads about one month of logs (and the days before that the strength looks back on),
however long the history is.
"""

from dataclasses import dataclass
from datetime import date

from habits.patterns import DAY
from habits.recurrence import Plan
from habits.units import StreakUnit
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Streak


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The streaks and strength at the end of the day before `day`."""

    day: date
    streak: Streak
    strength: float


@dataclass(frozen=True, slots=True)
class StreakStats:
    """What is stored of a track's streaks and strength.

    `strength` is that at the end of `strength_on`. `lapse_day`: the last day on which the current streak still counts
    if nothing more is completed; None: it never lapses, or it is 0. `unit_changes`: later days on which the streaks
    start at 0 in another unit. `recount_on`: the next day with a future-dated log. `checkpoints`: the new ones.
    """

    streak: Streak
    strength: float
    strength_on: date
    lapse_day: date | None
    unit_changes: list[tuple[date, StreakUnit]]
    recount_on: date | None
    checkpoints: list[Checkpoint]


def beginning(plan: Plan) -> Checkpoint:
    """Return the checkpoint at the start of a track."""
    return Checkpoint(plan.first, Streak(0, 0, plan.in_force(plan.first).streak_unit), 0.0)


def first_affected_day(plan: Plan, since: date) -> date:
    """Return the first day of the first period that a change from `since` on can affect.

    That can be the period of the day before, because a new schedule version cuts it.
    """
    periods = [plan.period_of(day) for day in (since, since - DAY)]
    return min([since, *(period.first for period in periods if period)])


def recount(history: TrackHistory, start: Checkpoint, today: date) -> StreakStats:
    """Return the stats as of `today`, counted from the checkpoint `start`.

    The history's logs must be loaded from strength.first_day_needed(plan, start.day) on.
    """
    plan, streak = history.plan, start.streak
    strengths = dict(history.daily_strengths(start.day, today, initial=start.strength))
    checkpoints: list[Checkpoint] = []
    for period in plan.periods(start.day, today):
        last = checkpoints[-1] if checkpoints else start
        if _is_new_month(period.first, last.day):
            checkpoints.append(Checkpoint(period.first, streak, strengths[period.first - DAY]))
        streak = history.extend_streak(streak, period, today)
    return StreakStats(
        streak=streak,
        strength=strengths[max(strengths)] if strengths else start.strength,
        strength_on=max(today, start.day - DAY),
        lapse_day=history.lapse_day(today) if streak.current else None,
        # A schedule that never changed has one unit. Without the check, each recount would search a year for another.
        unit_changes=plan.next_units(today) if len(plan.versions) > 1 else [],
        recount_on=min((day for day in history.days if day > today), default=None),
        checkpoints=checkpoints,
    )


def _is_new_month(day: date, last: date) -> bool:
    return (day.year, day.month) != (last.year, last.month)

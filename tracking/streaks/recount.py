"""From a track's history to everything that is stored of its streaks and strength. Pure functions.

The count starts at a checkpoint: the streaks and strength before a day on which a period starts. There is about one a
month, so that a log of today reads about one month of logs (and the days before that the strength looks back on),
however long the history is.
"""

from dataclasses import dataclass
from datetime import date

from habits.patterns import DAY
from habits.recurrence import Plan
from tracking.streaks import strength
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Streak


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The streaks, as they begin on `day` in its unit, and the strength at the end of the day before it."""

    day: date
    streak: Streak
    strength: float


@dataclass(frozen=True, slots=True)
class StreakStats:
    """What is stored of a track's streaks and strength.

    `strength` is that at the end of `strength_on`. `lapse_day`: the last day on which the current streak still counts
    if nothing more is completed; None: it never lapses, or it is 0. `recount_on`: the next day on which time alone
    changes the streaks otherwise. `checkpoints`: the new ones.
    """

    streak: Streak
    strength: float
    strength_on: date
    lapse_day: date | None
    recount_on: date | None
    checkpoints: list[Checkpoint]


def beginning(plan: Plan) -> Checkpoint:
    """Return the checkpoint at the start of a track."""
    unit = plan.segment_on(plan.first).pattern.unit
    return Checkpoint(plan.first, Streak(0, unit), strength.initial(plan.is_limit))


def first_affected_day(plan: Plan, since: date) -> date:
    """Return the first day of the first natural period that a change from `since` on can affect.

    That can be the period of the day before, because a new schedule version cuts it.
    """
    return min(plan.natural_first(since), plan.natural_first(since - DAY))


def recount(history: TrackHistory, start: Checkpoint, today: date) -> StreakStats:
    """Return the stats as of `today`, counted from the checkpoint `start`.

    The history's logs must be loaded from `first_day_needed(plan, start.day)` on.
    """
    plan, streak = history.plan, start.streak
    stretch = plan.segment_on(start.day).stretch
    strengths = dict(history.daily_strengths(start.day, today, initial=start.strength))
    checkpoints: list[Checkpoint] = []
    for period in history.counted_periods(start.day, today):
        if period.first < start.day:
            continue  # counted before
        if period.stretch != stretch:
            stretch, streak = period.stretch, streak.in_unit(period.unit)
        last = checkpoints[-1] if checkpoints else start
        if _is_new_month(period.first, last.day):
            checkpoints.append(Checkpoint(period.first, streak, strengths[period.first - DAY]))
        streak = streak.after(period.verdict)
    if (now := plan.segment_on(today)).stretch != stretch:
        streak = streak.in_unit(now.pattern.unit)
    return StreakStats(
        streak=streak,
        strength=strengths[max(strengths)] if strengths else start.strength,
        strength_on=max(today, start.day - DAY),
        lapse_day=history.lapse_day(today) if streak.current else None,
        recount_on=history.next_change(today),
        checkpoints=checkpoints,
    )


def first_day_needed(plan: Plan, since: date) -> date:
    """Return the first day whose log a recount from `since` on must know."""
    return min(plan.needed_from(since, None), strength.first_day_needed(plan, since))


def _is_new_month(day: date, last: date) -> bool:
    return (day.year, day.month) != (last.year, last.month)

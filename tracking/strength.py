"""How strong a habit has become, from 0 to 1: it grows with each day done and fades with each that is not. Pure.

The formula is that of Loop Habit Tracker (iSoron/uhabits, Score.kt and ScoreList.kt): each day
strength = previous * m + achieved * (1 - m), with m = 0.5 ** (sqrt(num / den) / 13), where num / den is how
often is asked, and achieved the share of what is asked that was done lately. It starts at 0.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from habits.recurrence import DAY, Frequency, Plan, Schedule

# In how many days strength falls by half where a daily habit is not done.
HALF_LIFE = 13
DAYS_IN = {Frequency.WEEKLY: 7, Frequency.MONTHLY: 30, Frequency.YEARLY: 365}


@dataclass(frozen=True, slots=True)
class Rate:
    """How often is asked: on `num` of `den` days."""

    num: int
    den: int

    @property
    def window(self) -> tuple[int, int]:
        """How many days are to be done, and in how many: both doubled where not every day asks."""
        return (2 * self.num, 2 * self.den) if self.num < self.den else (self.num, self.den)


def rate(schedule: Schedule) -> Rate:
    """1/1 daily, k/7 on k weekdays, 1/n for windows of n days, times/7, times/30, times/365."""
    if schedule.frequency is not Frequency.DAILY:
        num, den = schedule.times_per_period, DAYS_IN[schedule.frequency]
    elif schedule.interval > 1:
        num, den = 1, schedule.interval
    else:
        num, den = len(schedule.weekdays) or 7, 7
    return Rate(num, den) if num < den else Rate(1, 1)


def value(amount: Decimal, daily_amount: Decimal) -> float:
    """What a day counts: the share of its amount that was done, at most 1."""
    return 1.0 if amount >= daily_amount else float(amount / daily_amount)


def step(previous: float, achieved: float, frequency: float) -> float:
    """Strength after one more day, of which `achieved` (0 to 1) of what is asked was done."""
    keeps: float = 0.5 ** (sqrt(frequency) / HALF_LIFE)
    return previous * keeps + achieved * (1 - keeps)


def strengths(
    days: Iterable[date],
    *,
    rate_on: Callable[[date], Rate],
    values: Mapping[date, float],
    is_carried: Callable[[date], bool],
    before: float = 0.0,
) -> Iterator[tuple[date, float]]:
    """The strength at the end of each of `days` (in order, none left out), from `before` on.

    `values`: what the days count, those of the window before the first one too; `is_carried`: skipped, paused
    or not on the calendar, so that the strength stays what it was.
    """
    strength, known, done = before, None, 0.0
    for day in days:
        asked = rate_on(day)
        num, den = asked.window
        if asked == known:
            done += values.get(day, 0.0) - values.get(day - den * DAY, 0.0)
        else:
            known, done = asked, sum(values.get(day - back * DAY, 0.0) for back in range(den))
        if not is_carried(day):
            strength = step(strength, min(1.0, done / num), asked.num / asked.den)
        yield day, strength


def first_needed(plan: Plan, since: date) -> date:
    """The first day whose log decides on the strength of any day from `since` on."""
    first = since
    for number, version in enumerate(plan.versions):
        begins = max(version.starts_on or since, since)
        following = plan.versions[number + 1].starts_on if number + 1 < len(plan.versions) else None
        if following is None or following > begins:
            first = min(first, begins - timedelta(days=rate(version.schedule).window[1] - 1))
    return first

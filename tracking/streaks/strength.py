"""Strength of a habit, from 0 to 1: it grows with each completed day and fades with each missed one. Pure functions.

The formulas are those of Loop Habit Tracker (iSoron/uhabits, Score.kt and ScoreList.kt): each day
strength = previous * m + achieved * (1 - m), with m = 0.5 ** (sqrt(num / den) / 13), where num / den is how often the
habit is required, and achieved is the share of the required days that was done recently. It starts at 0. Of a limit
habit, achieved is how well the amounts of the last period stayed within the limit, and it starts at 1.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from math import sqrt

from habits.patterns import DAY, Rate
from habits.recurrence import Plan, Schedule

# Days until the strength of a daily habit falls by half if nothing is done.
HALF_LIFE = 13


def initial(is_limit: bool) -> float:
    """Return the strength of a new track."""
    return 1.0 if is_limit else 0.0


def window(rate: Rate) -> tuple[int, int]:
    """Return (required days, window length in days). Both are doubled unless every day is required."""
    return (2 * rate.num, 2 * rate.den) if rate.num < rate.den else (rate.num, rate.den)


def value(amount: Decimal, daily_amount: Decimal) -> float:
    """Return the value of a day: the share of the daily amount that was done, at most 1."""
    return 1.0 if amount >= daily_amount else float(amount / daily_amount)


def step(previous: float, achieved: float, frequency: float) -> float:
    """Return the strength after one more day, on which the share `achieved` (0 to 1) was done."""
    multiplier: float = 0.5 ** (sqrt(frequency) / HALF_LIFE)
    return previous * multiplier + achieved * (1 - multiplier)


@dataclass(frozen=True, slots=True)
class Demand:
    """How often a habit is required, or, of a limit habit, how often it is judged and its limit."""

    rate: Rate
    limit: float | None = None

    @property
    def length(self) -> int:
        """Return how many days a day's strength looks back on, itself included."""
        return window(self.rate)[1] if self.limit is None else self.rate.den

    def achieved(self, total: float) -> float:
        """Return the share achieved, 0 to 1, from the sum of the values of the days that it looks back on."""
        if self.limit is None:
            return min(1.0, total / window(self.rate)[0])
        if not self.limit:
            return 0.0 if total else 1.0
        return min(1.0, max(0.0, 2 - total / self.limit))


@lru_cache(maxsize=4096)
def demand(schedule: Schedule) -> Demand:
    """Return what a schedule demands. Cached, because most habits share a few schedules."""
    limit = schedule.limit_per_period
    return Demand(schedule.rate, None if limit is None else float(limit))


def daily_strengths(
    days: Iterable[date],
    *,
    demand_on: Callable[[date], Demand],
    values: Mapping[date, float],
    is_carried: Callable[[date], bool],
    initial: float,
) -> Iterator[tuple[date, float]]:
    """Yield (day, strength at the end of the day) for consecutive `days`, starting from the strength `initial`.

    `values`: the value of each day, of a limit habit its amount, including the days before the first one that it looks
    back on. `is_carried`: the strength does not change on this day, because it is skipped, paused or not on the calendar.
    """
    strength, current_length, total = initial, None, 0.0
    for day in days:
        asked = demand_on(day)
        length = asked.length
        # The sum is updated by one day; it is summed again only if its length changes. That of a limit habit is summed
        # each time: rounding must not make something of nothing.
        if length == current_length and asked.limit is None:
            total += values.get(day, 0.0) - values.get(day - length * DAY, 0.0)
        else:
            current_length, total = length, sum(values.get(day - back * DAY, 0.0) for back in range(length))
        if not is_carried(day):
            strength = step(strength, asked.achieved(total), asked.rate.num / asked.rate.den)
        yield day, strength


def first_day_needed(plan: Plan, since: date) -> date:
    """Return the first day whose log affects the strength of any day from `since` on."""
    first = since
    for number, version in enumerate(plan.versions):
        begins = max(version.starts_on or since, since)
        following = plan.versions[number + 1].starts_on if number + 1 < len(plan.versions) else None
        if following is None or following > begins:
            first = min(first, begins - timedelta(days=demand(version.schedule).length - 1))
    return first

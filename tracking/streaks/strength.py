"""Strength of a habit, from 0 to 1: it grows with each completed day and fades with each missed one. Pure functions.

The formula is that of Loop Habit Tracker (iSoron/uhabits, Score.kt and ScoreList.kt): each day
strength = previous * m + achieved * (1 - m), with m = 0.5 ** (sqrt(num / den) / 13), where num / den is how often the
habit is required, and achieved is the share of the required days that was done recently. It starts at 0.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from habits.patterns import DAY, Rate
from habits.recurrence import Plan

# Days until the strength of a daily habit falls by half if nothing is done.
HALF_LIFE = 13


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


def daily_strengths(
    days: Iterable[date],
    *,
    rate_on: Callable[[date], Rate],
    values: Mapping[date, float],
    is_carried: Callable[[date], bool],
    initial: float = 0.0,
) -> Iterator[tuple[date, float]]:
    """Yield (day, strength at the end of the day) for consecutive `days`, starting from the strength `initial`.

    `values`: the value of each day, including the window before the first one. `is_carried`: the strength does not
    change on this day, because it is skipped, paused or not on the calendar.
    """
    strength, current_rate, done = initial, None, 0.0
    for day in days:
        day_rate = rate_on(day)
        num, den = window(day_rate)
        # The sum over the window is updated by one day; it is summed again only if the rate changes.
        if day_rate == current_rate:
            done += values.get(day, 0.0) - values.get(day - den * DAY, 0.0)
        else:
            current_rate, done = day_rate, sum(values.get(day - back * DAY, 0.0) for back in range(den))
        if not is_carried(day):
            strength = step(strength, min(1.0, done / num), day_rate.num / day_rate.den)
        yield day, strength


def first_day_needed(plan: Plan, since: date) -> date:
    """Return the first day whose log affects the strength of any day from `since` on."""
    first = since
    for number, version in enumerate(plan.versions):
        begins = max(version.starts_on or since, since)
        following = plan.versions[number + 1].starts_on if number + 1 < len(plan.versions) else None
        if following is None or following > begins:
            first = min(first, begins - timedelta(days=window(version.schedule.rate)[1] - 1))
    return first

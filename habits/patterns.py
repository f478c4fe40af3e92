"""How each frequency divides the calendar into periods: one class each, listed in PATTERNS. Pure functions.

A period has target days (on which the habit may be due), which are also the days that count, and a required number of
completed days:

| pattern                   | period                       | target days          | required         |
|---------------------------|------------------------------|----------------------|------------------|
| Daily                     | each target day              | its weekdays, or all | 1                |
| EveryNDays                | windows of n days            | all of the window    | 1                |
| Weekly / Monthly / Yearly | the person's week / month /  | its weekdays, or all | times_per_period |
|                           | year                         |                      | (at most those)  |

A new frequency is a class here, an entry in PATTERNS and, if it has a new name, a member of Frequency.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from math import ceil
from typing import ClassVar

from habits.units import StreakUnit, UnitBase

DAY = timedelta(days=1)
DAYS_IN_WEEK = 7


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a habit is required: on `num` of `den` days."""

    num: int
    den: int


def rate(num: int, den: int) -> Rate:
    """Return `num` of `den` days, which is 1 of 1 if that is every day."""
    return Rate(num, den) if num < den else Rate(1, 1)


@dataclass(frozen=True)
class Pattern(ABC):
    """The periods and target days of a schedule. Changing its pattern cuts the current period.

    `weekdays`: 0 (Monday) to 6, empty = all; `interval`: the number of the frequency's units in a period.
    """

    weekdays: frozenset[int] = frozenset()
    interval: int = 1

    frequency: ClassVar[Frequency]
    unit_base: ClassVar[UnitBase]
    max_times: ClassVar[int]  # largest times_per_period
    intervals: ClassVar[range] = range(1, 2)
    takes_weekdays: ClassVar[bool] = True

    @abstractmethod
    def start(self, day: date, anchor: date) -> date:
        """Return the first day of the period that contains `day`; one period starts on `anchor`."""

    @abstractmethod
    def next_start(self, first: date) -> date:
        """Return the first day of the period after the one that starts on `first`."""

    @property
    def unit(self) -> StreakUnit:
        """Return the unit in which streaks are counted."""
        return StreakUnit(self.interval, self.unit_base)

    @property
    def is_window(self) -> bool:
        """Return whether the periods are windows of several days, of which one is enough."""
        return False

    def rate(self, times: int) -> Rate:
        """Return how often the habit is required: at most as often as its weekdays come."""
        k, length = len(self.weekdays), self.unit.days
        if k and times * DAYS_IN_WEEK >= k * length:
            return Rate(k, DAYS_IN_WEEK)
        return rate(times, length)

    def min_times(self, max_gap_days: int) -> int:
        """Return how often a period must be done, so that the habit comes once in `max_gap_days` days on average."""
        return ceil(self.interval * self.unit_base.max_days / max_gap_days)

    def default_times(self, max_gap_days: int) -> int:
        """Return times_per_period if it is not given: the allowed minimum."""
        return min(self.min_times(max_gap_days), self.max_times)

    def includes_weekday(self, weekday: int) -> bool:
        """Return whether the weekday (0 is Monday) can be a target day."""
        return not self.weekdays or weekday in self.weekdays


class Daily(Pattern):
    frequency, unit_base = Frequency.DAILY, UnitBase.DAY
    max_times = 1

    def start(self, day: date, anchor: date) -> date:
        return day

    def next_start(self, first: date) -> date:
        return first + DAY


class EveryNDays(Pattern):
    """Windows of `interval` days, counted from the anchor."""

    frequency, unit_base = Frequency.DAILY, UnitBase.DAY
    max_times = 1
    intervals = range(2, 8)
    takes_weekdays = False

    @property
    def is_window(self) -> bool:
        return True

    def start(self, day: date, anchor: date) -> date:
        return day - DAY * ((day - anchor).days % self.interval)

    def next_start(self, first: date) -> date:
        return first + DAY * self.interval


class Weekly(Pattern):
    """Weeks that start on the anchor's weekday: the one on which the person's weeks start."""

    frequency, unit_base = Frequency.WEEKLY, UnitBase.WEEK
    max_times = DAYS_IN_WEEK

    def start(self, day: date, anchor: date) -> date:
        return day - DAY * ((day - anchor).days % DAYS_IN_WEEK)

    def next_start(self, first: date) -> date:
        return first + DAY * DAYS_IN_WEEK

    def default_times(self, max_gap_days: int) -> int:
        return max(super().default_times(max_gap_days), len(self.weekdays))


class Monthly(Pattern):
    frequency, unit_base = Frequency.MONTHLY, UnitBase.MONTH
    max_times = 28  # the days of the shortest month

    def start(self, day: date, anchor: date) -> date:
        return day.replace(day=1)

    def next_start(self, first: date) -> date:
        return (first + DAY * 31).replace(day=1)


class Yearly(Pattern):
    frequency, unit_base = Frequency.YEARLY, UnitBase.YEAR
    max_times = 365

    def start(self, day: date, anchor: date) -> date:
        return date(day.year, 1, 1)

    def next_start(self, first: date) -> date:
        return date(first.year + 1, 1, 1)


# The order is that in which streak units are listed.
PATTERNS: tuple[type[Pattern], ...] = (Daily, EveryNDays, Weekly, Monthly, Yearly)

MAX_INTERVAL = max(each.intervals[-1] for each in PATTERNS)
UNITS = tuple(StreakUnit(count, each.unit_base) for each in PATTERNS for count in each.intervals)


def takes_interval(frequency: Frequency, interval: int) -> bool:
    """Return whether the frequency can have the interval."""
    return any(each.frequency is frequency and interval in each.intervals for each in PATTERNS)


def pattern_class(frequency: Frequency, interval: int = 1) -> type[Pattern]:
    """Return the class of a frequency with an interval that it takes."""
    return next(each for each in PATTERNS if each.frequency is frequency and interval in each.intervals)


@lru_cache(maxsize=4096)
def pattern_of(frequency: Frequency, interval: int, weekdays: frozenset[int]) -> Pattern:
    """Return the pattern of a schedule's fields. Cached, because most habits share a few patterns."""
    return pattern_class(frequency, interval)(weekdays, interval)

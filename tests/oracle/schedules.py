"""What a request of schedule fields becomes, and what is refused."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

from tests.oracle.dates import WEEKDAYS

FREQUENCIES = ("daily", "weekly", "monthly", "yearly")
FIELDS = ("frequency", "interval", "weekdays", "times_per_period", "daily_amount", "unit", "limit_per_period")
MAX_GAP_DAYS = 7
MAX_INTERVAL = 7
MAX_PERIOD_DAYS = {"weekly": 7, "monthly": 31, "yearly": 366}
MAX_TIMES = {"weekly": 7, "monthly": 28, "yearly": 365}

Shape = tuple[str, int, frozenset[str]]


class Refused(ValueError):
    """Say which field of a request is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True)
class StreakUnit:
    """What a streak counts: days, windows of n days, weeks, months or years."""

    count: int
    base: str


@dataclass(frozen=True)
class Schedule:
    """The fields of one version as they were set; `times_per_period` None means derived."""

    frequency: str = "daily"
    interval: int = 1
    weekdays: frozenset[str] = frozenset()
    times_per_period: int | None = None
    daily_amount: Fraction = Fraction(1)
    unit: str = ""
    limit_per_period: Fraction | None = None

    @property
    def shape(self) -> Shape:
        """Return what cuts when it changes: "a change of frequency, interval or weekdays *cuts*"."""
        return self.frequency, self.interval, self.weekdays

    @property
    def streak_unit(self) -> StreakUnit:
        """Return the "unit (day, n days, week, month, year)"."""
        return unit_of(self.shape)


def unit_of(shape: Shape) -> StreakUnit:
    """Return the unit in which streaks of a schedule of this shape are counted."""
    base = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}[shape[0]]
    return StreakUnit(shape[1], base)


def min_times(frequency: str, max_gap: int = MAX_GAP_DAYS) -> int:
    """Return the least times of a period: "at least once in 7 days, on average": 1, 5, 53; daily: 1."""
    return ceil(MAX_PERIOD_DAYS[frequency] / max_gap) if frequency != "daily" else 1


def times(schedule: Schedule, max_gap: int = MAX_GAP_DAYS) -> int:
    """Return the days to complete in a period.

    "Left out, times_per_period is the number of weekdays (weekly; without weekdays 1) or that minimum."
    """
    if schedule.frequency == "daily":
        return 1
    if schedule.times_per_period is not None:
        return schedule.times_per_period
    if schedule.frequency == "weekly" and schedule.weekdays:
        return len(schedule.weekdays)
    return min_times(schedule.frequency, max_gap)


def _weekdays(named: Iterable[str]) -> frozenset[str]:
    """Return the weekdays: "All seven weekdays are the same as none"."""
    weekdays = frozenset(named)
    if not weekdays <= frozenset(WEEKDAYS):
        raise Refused("weekdays", "are mon to sun")
    return frozenset() if len(weekdays) == 7 else weekdays


def changed(old: Schedule, *, goal_type: str = "at_least", max_gap: int = MAX_GAP_DAYS, **named: Any) -> Schedule:
    """Return the old version with the named fields changed, or raise Refused.

    "A field left out stays derived; fields that a new frequency does not have are dropped."
    """
    for field in named:
        if field not in FIELDS:
            raise Refused(field, "is no field of a schedule")
    frequency = named.get("frequency", old.frequency)
    if frequency not in FREQUENCIES:
        raise Refused("frequency", "is daily, weekly, monthly or yearly")
    kept = old
    kept = replace(kept, interval=1) if frequency != "daily" else replace(kept, times_per_period=None)
    values = dict(named)
    if "weekdays" in values:
        values["weekdays"] = _weekdays(values["weekdays"])
    for field in ("daily_amount", "limit_per_period"):
        if values.get(field) is not None:
            values[field] = Fraction(values[field])
    if frequency == "daily" and values.get("times_per_period") == 1:
        values["times_per_period"] = None
    is_new = frequency != old.frequency and frequency != "daily"
    if is_new and kept.times_per_period and not _is_allowed(frequency, kept.times_per_period, max_gap):
        kept = replace(kept, times_per_period=None)
    schedule = replace(kept, **values)
    (_check_limit if goal_type == "at_most" else _check_target)(schedule, max_gap)
    return schedule


def _is_allowed(frequency: str, times_per_period: int, max_gap: int) -> bool:
    """Return whether a frequency can have these times: 3 a week says nothing of a month."""
    return min_times(frequency, max_gap) <= times_per_period <= MAX_TIMES[frequency]


def new_schedule(*, goal_type: str = "at_least", max_gap: int = MAX_GAP_DAYS, **named: Any) -> Schedule:
    """Return the first version that a request with these fields makes, or raise Refused."""
    return changed(Schedule(), goal_type=goal_type, max_gap=max_gap, **named)


def _check_target(schedule: Schedule, max_gap: int) -> None:
    """Refuse what an at_least habit cannot have."""
    if schedule.limit_per_period is not None:
        raise Refused("limit_per_period", "only of an at_most habit")
    if not 1 <= schedule.interval <= min(MAX_INTERVAL, max_gap):
        raise Refused("interval", "1..7")
    if schedule.frequency != "daily" and schedule.interval != 1:
        raise Refused("interval", "daily only")
    if schedule.interval > 1 and schedule.weekdays:
        raise Refused("weekdays", "not with an interval above 1")
    if schedule.daily_amount <= 0:
        raise Refused("daily_amount", "above 0")
    if schedule.frequency == "daily":
        if schedule.times_per_period is not None:
            raise Refused("times_per_period", "daily: 1")
    elif not min_times(schedule.frequency, max_gap) <= times(schedule, max_gap) <= MAX_TIMES[schedule.frequency]:
        raise Refused("times_per_period", "a week 1..7 times, a month 5..28, a year 53..365")
    if schedule.weekdays and len(schedule.weekdays) * max_gap < 7:
        raise Refused("weekdays", "at least once in the longest gap, on average")


def _check_limit(schedule: Schedule, max_gap: int) -> None:
    """Refuse what an at_most habit cannot have.

    It has "`limit_per_period` ≥ 0, frequency daily, weekly or monthly, no interval, weekdays, times or daily_amount".
    """
    if schedule.limit_per_period is None or schedule.limit_per_period < 0:
        raise Refused("limit_per_period", "0 or more")
    if schedule.frequency == "yearly":
        raise Refused("frequency", "daily, weekly or monthly")
    for field, without in (("interval", 1), ("weekdays", frozenset()), ("times_per_period", None), ("daily_amount", 1)):
        if getattr(schedule, field) != without:
            raise Refused(field, "not of an at_most habit")


def earliest_effective_day(today: date, *, has_followers: bool = False, date_in_utc_14: date | None = None) -> date:
    """Return the first day from which a change may hold.

    "From today or a later day (for a habit with followers not before the date in UTC+14)."
    """
    if has_followers and date_in_utc_14 is not None:
        return max(today, date_in_utc_14)
    return today

"""Other trackers' frequencies as schedules of this service. Pure.

A frequency that the service does not have becomes the nearest one that it has, and a notice says so.
"""

from dataclasses import replace
from fractions import Fraction
from math import ceil

from habits.patterns import DAYS_IN_WEEK, MAX_INTERVAL, Frequency, pattern_of
from habits.recurrence import Schedule

APPROXIMATED, RARER, UNKNOWN = "frequency_approximated", "rarer_than_weekly", "schedule_unknown"
MAX_MONTHLY_TIMES = 28
LONGEST = 10**6  # days; whatever is rarer is just as rare

EVERY_DAY = Schedule(Frequency.DAILY)
Proposal = tuple[Schedule, frozenset[str]]


def times_in_days(num: int, den: int, *, max_gap_days: int) -> Proposal:
    """Return the schedule for `num` times in `den` days, and the notices of what had to be changed."""
    if num < 1 or den < 1:
        return EVERY_DAY, frozenset({UNKNOWN})
    num, den = min(num, LONGEST), min(den, LONGEST)
    if num >= den:
        return _allowed(EVERY_DAY, max_gap_days)
    if num == 1 and den < MAX_INTERVAL:
        return _allowed(Schedule(Frequency.DAILY, interval=den), max_gap_days)
    if den == DAYS_IN_WEEK:
        return _allowed(Schedule(Frequency.WEEKLY, times_per_period=num), max_gap_days)
    if 28 <= den <= 31 and num >= _min_times(Frequency.MONTHLY, max_gap_days):
        if num > MAX_MONTHLY_TIMES:
            return EVERY_DAY, frozenset({APPROXIMATED})
        return Schedule(Frequency.MONTHLY, times_per_period=num), frozenset()
    if den in {365, 366} and num >= _min_times(Frequency.YEARLY, max_gap_days):
        return Schedule(Frequency.YEARLY, times_per_period=num), frozenset()
    return _by_rate(Fraction(DAYS_IN_WEEK * num, den), max_gap_days)


def on_weekdays(weekdays: frozenset[int], *, every: int = 1, max_gap_days: int) -> Proposal:
    """Return the schedule for named weekdays of every n-th week."""
    if not weekdays:
        return times_in_days(1, DAYS_IN_WEEK * every, max_gap_days=max_gap_days)
    if every > 1:
        return times_in_days(len(weekdays), DAYS_IN_WEEK * every, max_gap_days=max_gap_days)
    if len(weekdays) == DAYS_IN_WEEK:
        return EVERY_DAY, frozenset()
    if len(weekdays) < ceil(DAYS_IN_WEEK / max_gap_days):
        return times_in_days(len(weekdays), DAYS_IN_WEEK, max_gap_days=max_gap_days)
    return Schedule(Frequency.DAILY, weekdays=weekdays), frozenset()


def unknown() -> Proposal:
    """Return what stands for a schedule that the file does not have."""
    return EVERY_DAY, frozenset({UNKNOWN})


def limit_period(den: int) -> tuple[Frequency, Fraction, frozenset[str]]:
    """Return the period of a limit on `den` days, the factor for its amount, and the notices."""
    exact = {1: Frequency.DAILY, DAYS_IN_WEEK: Frequency.WEEKLY, 30: Frequency.MONTHLY}
    if den in exact:
        return exact[den], Fraction(1), frozenset()
    return Frequency.WEEKLY, Fraction(DAYS_IN_WEEK, max(1, den)), frozenset({APPROXIMATED})


def _by_rate(rate: Fraction, max_gap_days: int) -> Proposal:
    """Return the times a week, rounded to the nearest, a half down: a plan that was kept must not look broken."""
    if rate < 1:
        schedule, _ = _allowed(Schedule(Frequency.WEEKLY), max_gap_days)
        return schedule, frozenset({RARER})
    times = ceil(rate - Fraction(1, 2))
    schedule = EVERY_DAY if times >= DAYS_IN_WEEK else Schedule(Frequency.WEEKLY, times_per_period=times)
    schedule, _ = _allowed(schedule, max_gap_days)
    return schedule, frozenset({APPROXIMATED})


def _allowed(schedule: Schedule, max_gap_days: int) -> Proposal:
    """Return the schedule, or the rarest that HABIT_MAX_GAP_DAYS allows if it is rarer than that."""
    if schedule.interval > max_gap_days:
        return replace(schedule, interval=max_gap_days), frozenset({APPROXIMATED})
    if schedule.frequency is Frequency.WEEKLY:
        minimum = _min_times(Frequency.WEEKLY, max_gap_days)
        if schedule.times_per_period < minimum:
            return replace(schedule, times_per_period=minimum), frozenset({APPROXIMATED})
    return schedule, frozenset()


def _min_times(frequency: Frequency, max_gap_days: int) -> int:
    return pattern_of(frequency, 1, frozenset()).min_times(max_gap_days)

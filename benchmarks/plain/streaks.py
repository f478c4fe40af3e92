"""Streaks and other figures of a habit, counted from all its logs."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.plain.models import PlainHabit, PlainLog

ONE_DAY = timedelta(days=1)


@dataclass
class Streaks:
    current: int
    longest: int


def completed_days(habits: Iterable[PlainHabit]) -> dict[int, list[date]]:
    """Return all completed days of each habit by its id, in order. One query."""
    logs = PlainLog.objects.filter(habit__in=[habit.pk for habit in habits], status=PlainLog.Status.COMPLETED)
    found: dict[int, list[date]] = defaultdict(list)
    for habit_id, day in logs.order_by("day").values_list("habit_id", "day"):
        found[habit_id].append(day)
    return found


def count_streaks(habit: PlainHabit, days: Collection[date], today: date) -> Streaks:
    """Return the streaks of a habit from its completed days, in order."""
    longest = current = 0
    previous = None
    for day in days:
        if previous and (day - previous == ONE_DAY or (habit.weekdays and day <= habit.next_target(previous))):
            current += 1
        else:
            current = 1
        if current > longest:
            longest = current
        previous = day
    if previous is None or habit.next_target(previous) < today:
        current = 0
    return Streaks(current, longest)


def success_rate(habit: PlainHabit, days: Collection[date], first: date, last: date) -> float | None:
    """Return the share of the days in `first`..`last` on which the habit was to be done and was completed."""
    done = set(days)
    day, asked, kept = max(first, habit.started_on), 0, 0
    while day <= last:
        if habit.is_target(day):
            asked += 1
            kept += day in done
        day += ONE_DAY
    return kept / asked if asked else None

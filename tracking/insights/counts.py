"""What happened on each day of a range, as flat lists of numbers, and the stats of a summary. Pure.

A summary of a year of twenty habits looks at 15,000 days. Lists that are shared, sliced and summed take a tenth of the
time of an object for each period.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from habits.patterns import DAYS_IN_WEEK
from habits.recurrence import DAY
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Status


class ChartPoint(NamedTuple):
    """One point of a chart: the days `first`..`last` of a week or month."""

    first: date
    last: date
    completed: int
    success_rate: float | None


@dataclass(frozen=True, slots=True)
class SummaryStats:
    """Totals of a range. Changes compare with the same number of days before it; weekday 0 is Monday.

    `by_weekday` (from Monday) and `by_hour` (from midnight) count completed days; a day without a time has no hour.
    """

    completed: int
    success_rate: float | None
    completed_change: int
    success_rate_change: float | None
    best_weekday: int | None
    best_hour: int | None
    by_weekday: list[int]
    by_hour: list[int]
    weekly: list[ChartPoint]
    monthly: list[ChartPoint]


class _Part(NamedTuple):
    """A week or month within a range, with the numbers of its days as a slice."""

    first: date
    last: date
    start: int
    stop: int


class Calendar:
    """The days of a range, and of the range before it with which it is compared, numbered from the first one on.

    All habits of one user's summary share it, so that weeks, months and target days are found once.
    """

    def __init__(self, first: date, last: date, *, today: date, exists: Callable[[date], bool]) -> None:
        self.first, self.last, self.today = first, last, today
        self.length = (last - first).days + 1
        self.comparison_first = first - self.length * DAY
        self.days = [self.comparison_first + number * DAY for number in range(2 * self.length)]
        self.numbers = {day: number for number, day in enumerate(self.days)}
        within = self.days[self.length :]
        self.weeks = self._parts(day for day in within if day.weekday() == 0)
        self.months = self._parts(day for day in within if day.day == 1)
        self._exists = exists
        self._targets: dict[frozenset[int], list[int]] = {}

    def targets(self, weekdays: frozenset[int]) -> list[int]:
        """Return for each day 1 if it is a target day of daily habits with these weekdays (empty: all), otherwise 0."""
        if weekdays not in self._targets:
            self._targets[weekdays] = [
                int((not weekdays or day.weekday() in weekdays) and self._exists(day)) for day in self.days
            ]
        return self._targets[weekdays]

    def _parts(self, starts: Iterable[date]) -> list[_Part]:
        """Return the range divided at `starts`. The first and the last part may be shorter than a week or month."""
        edges = sorted({self.first, *starts, self.last + DAY})
        return [
            _Part(begins, following - DAY, self.numbers[begins], self.numbers[following - DAY] + 1)
            for begins, following in pairwise(edges)
        ]


class Counts:
    """What happened on each day of a calendar.

    `completed`: 1 for each completed day, of a total their number; `done` and `required`: of the kept and broken periods
    that end on the day; `hours`: how many days of the range were completed in each hour of the day.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.completed, self.done, self.required = ([0] * len(calendar.days) for _ in range(3))
        self.hours = [0] * 24

    @classmethod
    def of_track(cls, history: TrackHistory, calendar: Calendar, zone: tzinfo) -> "Counts":
        """Count the days and periods of a track. `zone`: of its user."""
        counts = cls(calendar)
        skipped = counts._count_days(history, zone)
        if history.plan.asks_day_by_day:
            counts._judge_days(history, skipped)
        else:
            counts._judge_periods(history)
        return counts

    @classmethod
    def total(cls, of_tracks: Sequence["Counts"], calendar: Calendar) -> "Counts":
        """Add up the counts of several tracks."""
        total = cls(calendar)
        if of_tracks:
            total.completed = _added([each.completed for each in of_tracks])
            total.done = _added([each.done for each in of_tracks])
            total.required = _added([each.required for each in of_tracks])
            total.hours = _added([each.hours for each in of_tracks])
        return total

    def stats(self) -> SummaryStats:
        """Return the stats of the range."""
        calendar, length = self.calendar, self.calendar.length
        rate, rate_before = self._rate(length, None), self._rate(0, length)
        completed = sum(self.completed[length:])
        of_weekdays = [0] * DAYS_IN_WEEK
        for number in range(length, min(length + DAYS_IN_WEEK, len(calendar.days))):
            of_weekdays[calendar.days[number].weekday()] = sum(self.completed[number::DAYS_IN_WEEK])
        return SummaryStats(
            completed=completed,
            success_rate=rate,
            completed_change=completed - sum(self.completed[:length]),
            success_rate_change=None if rate is None or rate_before is None else rate - rate_before,
            best_weekday=_index_of_largest(of_weekdays),
            best_hour=_index_of_largest(self.hours),
            by_weekday=of_weekdays,
            by_hour=self.hours,
            weekly=self._points(calendar.weeks),
            monthly=self._points(calendar.months),
        )

    def _count_days(self, history: TrackHistory, zone: tzinfo) -> list[int]:
        """Count the completed days and their hours; return the numbers of the skipped ones. Later days do not count."""
        calendar, completed, hours, skipped = self.calendar, self.completed, self.hours, []
        numbers, length, completed_at = calendar.numbers, calendar.length, history.completed_at
        for day, status in history.days.items():
            number = numbers.get(day)
            if number is None or day > calendar.today:
                continue
            if status is Status.COMPLETED:
                completed[number] = 1
                if number >= length and (seconds := completed_at.get(day)) is not None:
                    hours[datetime.fromtimestamp(seconds, zone).hour] += 1
            elif status is Status.SKIPPED:
                skipped.append(number)
        return skipped

    def _judge_days(self, history: TrackHistory, skipped: list[int]) -> None:
        """Count the periods of a plan that asks day by day, as rules.judge_day judges them."""
        calendar, plan, today = self.calendar, history.plan, self.calendar.today
        last = min(calendar.last, today, plan.last or today)
        start = max(0, (plan.first - calendar.comparison_first).days)
        stop = (last - calendar.comparison_first).days + 1
        if start >= stop:
            return
        required = self.required
        required[start:stop] = calendar.targets(plan.segments[0].pattern.weekdays)[start:stop]
        excused = skipped
        if history.can_be_paused:
            excused = [*skipped, *(number for number in range(start, stop) if history.is_paused(calendar.days[number]))]
        if last == today:
            excused = [*excused, stop - 1]  # open
        for number in excused:
            if not self.completed[number]:
                required[number] = 0
        self.done = list(map(mul, self.completed, required))

    def _judge_periods(self, history: TrackHistory) -> None:
        """Count the periods of any plan."""
        calendar = self.calendar
        for last, done, required in history.decided_periods(calendar.comparison_first, calendar.last, calendar.today):
            number = calendar.numbers[last]
            self.done[number] += done
            self.required[number] += required

    def _rate(self, start: int, stop: int | None) -> float | None:
        """Return the success rate of the periods that end on the days of these numbers."""
        required = sum(self.required[start:stop])
        return sum(self.done[start:stop]) / required if required else None

    def _points(self, parts: Iterable[_Part]) -> list[ChartPoint]:
        completed = self.completed
        return [
            ChartPoint(first, last, sum(completed[start:stop]), self._rate(start, stop))
            for first, last, start, stop in parts
        ]


def _added(lists: Sequence[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*lists, strict=True)]


def _index_of_largest(counts: Sequence[int]) -> int | None:
    """Return the index of the largest count, the first of several, or None if all are 0."""
    largest = max(counts)
    return counts.index(largest) if largest else None

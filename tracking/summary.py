"""What a range of days adds up to, for each habit and over all: figures, comparisons, series. Reads only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from habits.recurrence import DAY
from tracking.courses import courses_of_today, plan_of, strength_at
from tracking.models import HabitLog, HabitTrack
from tracking.progress import courses_over
from tracking.queries import tracks_of
from tracking.streaks import Judged, Status, Streak, success_rate
from users.models import User

T = TypeVar("T")

# About how many days a streak's unit lasts, to compare streaks of different units ("3 days" says it itself).
DAYS_IN_UNIT = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of days in a chart."""

    first: date
    last: date
    completed: int
    success_rate: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a range adds up to; weekday 0 is Monday; changes are against as many days right before it."""

    completed: int
    success_rate: float | None
    completed_change: int
    success_rate_change: float | None
    best_weekday: int | None
    best_hour: int | None
    weekly: list[Point]
    monthly: list[Point]


@dataclass(frozen=True, slots=True)
class HabitSummary:
    """One track: its figures in the range, and how it stands now."""

    track: HabitTrack
    figures: Figures
    streak: Streak
    strength: float
    is_at_risk: bool

    @property
    def to_longest(self) -> int:
        """How many periods more make the current streak as long as the longest."""
        return self.streak.longest - self.streak.current


@dataclass(frozen=True, slots=True)
class Summary:
    """All tracks: figures over all, the mean strength, the streaks that reach furthest, and each habit."""

    first: date
    last: date
    figures: Figures
    strength: float | None
    current: HabitSummary | None
    longest: HabitSummary | None
    habits: list[HabitSummary]


def summary(user: User, *, first: date, last: date, now: datetime) -> Summary:
    """The user's summary of `first`..`last`; a fixed number of queries."""
    today = user.clock.day_of(now)
    tracks = list(tracks_of(user, now=now))
    before = first - (last - first) - DAY
    periods = {track.pk: list(plan_of(track).periods(before, last)) for track in tracks}
    ranged = courses_over(tracks, periods, first=before, last=last)
    current = courses_of_today(tracks, today)
    hours = _hours(tracks, first, min(last, today), user.clock.zone)
    days: dict[int, list[date]] = {}
    judged: dict[int, list[Judged]] = {}
    for track in tracks:
        course = ranged[track.pk]
        days[track.pk] = [
            day
            for day, status in course.days.items()
            if status is Status.COMPLETED and before <= day <= min(last, today)
        ]
        judged[track.pk] = course.judged(periods[track.pk], today, last=last)
    habits = []
    for track in tracks:
        streak, course = track.streak_at(now), current[track.pk]
        habits.append(
            HabitSummary(
                track=track,
                figures=_figures(days[track.pk], judged[track.pk], hours[track.pk], first, last),
                streak=streak,
                strength=strength_at(track, course, today),
                is_at_risk=streak.current > 0 and course.is_at_risk(today),
            )
        )
    return Summary(
        first=first,
        last=last,
        figures=_figures(_flat(days.values()), _flat(judged.values()), _flat(hours.values()), first, last),
        strength=sum(each.strength for each in habits) / len(habits) if habits else None,
        current=_furthest(habits, [each.streak.current for each in habits]),
        longest=_furthest(habits, [each.streak.longest for each in habits]),
        habits=habits,
    )


def _hours(tracks: list[HabitTrack], first: date, last: date, zone: str) -> dict[int, list[int]]:
    """The hours of the person's clock at which days in `first`..`last` were completed."""
    hours: dict[int, list[int]] = {track.pk: [] for track in tracks}
    logs = HabitLog.objects.filter(
        track__in=tracks, day__gte=first, day__lte=last, status=Status.COMPLETED.value, completed_at__isnull=False
    )
    for track_id, completed_at in logs.values_list("track_id", "completed_at"):
        assert completed_at is not None
        hours[track_id].append(completed_at.astimezone(ZoneInfo(zone)).hour)
    return hours


def _figures(days: Sequence[date], judged: Sequence[Judged], hours: Sequence[int], first: date, last: date) -> Figures:
    """`days`: those completed, of the range and of the one before it; so are the periods."""
    within = [day for day in days if day >= first]
    now = [each for each in judged if each.last >= first]
    rate, rate_before = success_rate(now), success_rate([each for each in judged if each.last < first])
    return Figures(
        completed=len(within),
        success_rate=rate,
        completed_change=2 * len(within) - len(days),
        success_rate_change=None if rate is None or rate_before is None else rate - rate_before,
        best_weekday=_most(day.weekday() for day in within),
        best_hour=_most(hours),
        weekly=_series(within, now, [day for day in _span(first, last) if day.weekday() == 0], first, last),
        monthly=_series(within, now, [day for day in _span(first, last) if day.day == 1], first, last),
    )


def _most(found: Iterable[int]) -> int | None:
    """The most frequent; of several the least."""
    counts = Counter(found)
    return min(counts, key=lambda each: (-counts[each], each), default=None)


def _series(days: Sequence[date], judged: Sequence[Judged], starts: list[date], first: date, last: date) -> list[Point]:
    """The range in stretches that begin on `starts`; the first and the last may be cut short by it."""
    edges = sorted({first, *starts, last + DAY})
    index: dict[date, int] = {}
    for number, (begins, following) in enumerate(pairwise(edges)):
        index |= dict.fromkeys(_span(begins, following - DAY), number)
    completed = Counter(index[day] for day in days)
    periods: dict[int, list[Judged]] = {}
    for each in judged:
        periods.setdefault(index[each.last], []).append(each)
    return [
        Point(begins, following - DAY, completed[number], success_rate(periods.get(number, [])))
        for number, (begins, following) in enumerate(pairwise(edges))
    ]


def _furthest(habits: list[HabitSummary], lengths: list[int]) -> HabitSummary | None:
    """The habit whose streak covers the most days; of several the oldest; None where all are 0."""
    best, most = None, 0
    for habit, length in zip(habits, lengths, strict=True):
        unit = habit.streak.unit
        days = length * (DAYS_IN_UNIT.get(unit) or int(unit.split()[0]))
        if days > most:
            best, most = habit, days
    return best


def _span(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))


def _flat(lists: Iterable[list[T]]) -> list[T]:
    return [each for one in lists for each in one]

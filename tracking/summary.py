"""What a range of days adds up to, for each habit and over all: figures, comparisons, series. Reads only."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar

from habits.recurrence import DAY, Period
from tracking.courses import Course, courses_of_todays, plan_of, strength_at
from tracking.models import HabitLog, HabitTrack
from tracking.progress import courses_over_ranges
from tracking.queries import tracks_of_all
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose summary is wanted, of which days."""

    user: User
    first: date
    last: date


def summary(user: User, *, first: date, last: date, now: datetime) -> Summary:
    """Return the user's summary of `first`..`last`; a fixed number of queries."""
    return summaries([Wanted(user, first, last)], now=now)[0]


def summaries(wanted: Sequence[Wanted], *, now: datetime) -> list[Summary]:
    """Return the summaries, each of another person, in their order; the number of queries is that of one."""
    theirs: dict[int, list[HabitTrack]] = {each.user.pk: [] for each in wanted}
    for track in tracks_of_all([each.user for each in wanted], now=now):
        theirs[track.user_id].append(track)
    parts = [_Part(each, theirs[each.user.pk], each.user.clock.day_of(now)) for each in wanted]
    tracks = [track for part in parts for track in part.tracks]
    periods = {
        track.pk: list(plan_of(track).periods(part.before, part.wanted.last)) for part in parts for track in part.tracks
    }
    known = _Known(
        now=now,
        periods=periods,
        ranged=courses_over_ranges(tracks, periods, _of_tracks(parts, lambda part: (part.before, part.wanted.last))),
        current=courses_of_todays(tracks, _of_tracks(parts, lambda part: part.today)),
        hours=_hours(parts),
    )
    return [_summary(part, known) for part in parts]


@dataclass(frozen=True, slots=True)
class _Part:
    """One summary that is wanted, with the person's tracks and their local day."""

    wanted: Wanted
    tracks: list[HabitTrack]
    today: date

    @property
    def before(self) -> date:
        """The first day of the range that the wanted one is compared with: as many days right before it."""
        return self.wanted.first - (self.wanted.last - self.wanted.first) - DAY

    @property
    def until(self) -> date:
        """The last day of the range that has come."""
        return min(self.wanted.last, self.today)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for all summaries together; by the tracks' ids."""

    now: datetime
    periods: Mapping[int, list[Period]]
    ranged: Mapping[int, Course]
    current: Mapping[int, Course]
    hours: Mapping[int, list[int]]


def _of_tracks(parts: Sequence[_Part], value: Callable[[_Part], T]) -> dict[int, T]:
    """Return a value of each part by the ids of its tracks."""
    return {track.pk: value(part) for part in parts for track in part.tracks}


def _summary(part: _Part, known: _Known) -> Summary:
    wanted, today, now = part.wanted, part.today, known.now
    first, last = wanted.first, wanted.last
    days: dict[int, list[date]] = {}
    judged: dict[int, list[Judged]] = {}
    habits = []
    for track in part.tracks:
        ranged, current, streak = known.ranged[track.pk], known.current[track.pk], track.streak_at(now)
        days[track.pk] = [
            day
            for day, status in ranged.days.items()
            if status is Status.COMPLETED and part.before <= day <= part.until
        ]
        judged[track.pk] = ranged.judged(known.periods[track.pk], today, last=last)
        habits.append(
            HabitSummary(
                track=track,
                figures=_figures(days[track.pk], judged[track.pk], known.hours[track.pk], first, last),
                streak=streak,
                strength=strength_at(track, current, today),
                is_at_risk=streak.current > 0 and current.is_at_risk(today),
            )
        )
    hours = [known.hours[track.pk] for track in part.tracks]
    return Summary(
        first=first,
        last=last,
        figures=_figures(_flat(days.values()), _flat(judged.values()), _flat(hours), first, last),
        strength=sum(each.strength for each in habits) / len(habits) if habits else None,
        current=_furthest(habits, [each.streak.current for each in habits]),
        longest=_furthest(habits, [each.streak.longest for each in habits]),
        habits=habits,
    )


def _hours(parts: Sequence[_Part]) -> dict[int, list[int]]:
    """Return the hours of each person's clock at which days of their range were completed, by the tracks' ids."""
    of = _of_tracks(parts, lambda part: part)
    hours: dict[int, list[int]] = {pk: [] for pk in of}
    if not of:
        return hours
    logs = HabitLog.objects.filter(
        track__in=list(of),
        day__gte=min(part.wanted.first for part in of.values()),
        day__lte=max(part.until for part in of.values()),
        status=Status.COMPLETED.value,
        completed_at__isnull=False,
    )
    for track_id, day, completed_at in logs.values_list("track_id", "day", "completed_at"):
        part = of[track_id]
        if completed_at is not None and part.wanted.first <= day <= part.until:
            hours[track_id].append(completed_at.astimezone(part.wanted.user.tzinfo).hour)
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

"""Summary of a range of days, per habit and over all habits: totals, comparisons and series. Reads only."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar

from habits.recurrence import DAY
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import (
    DecidedPeriod,
    Status,
    Streak,
    success_rate,
)
from tracking.tracks.histories import load_histories_for_local_days, load_histories_for_ranges, strength_at
from tracking.tracks.queries import tracks_of_users
from tracking.tracks.related import load_related
from users.models import User

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One point of a chart: the days `first`..`last` of a week or month."""

    first: date
    last: date
    completed: int
    success_rate: float | None


@dataclass(frozen=True, slots=True)
class SummaryStats:
    """Totals of a range. Changes compare with the same number of days before it; weekday 0 is Monday."""

    completed: int
    success_rate: float | None
    completed_change: int
    success_rate_change: float | None
    best_weekday: int | None
    best_hour: int | None
    weekly: list[ChartPoint]
    monthly: list[ChartPoint]


@dataclass(frozen=True, slots=True)
class HabitSummary:
    """The stats of one track in the range, and its current streak, strength and risk."""

    track: HabitTrack
    stats: SummaryStats
    streak: Streak
    strength: float
    is_at_risk: bool

    @property
    def to_longest(self) -> int:
        """Return how many more periods make the current streak as long as the longest."""
        return self.streak.longest - self.streak.current


@dataclass(frozen=True, slots=True)
class Summary:
    """Stats over all tracks, their mean strength, the habits with the longest streaks (in days), and each habit."""

    first: date
    last: date
    stats: SummaryStats
    strength: float | None
    current: HabitSummary | None
    longest: HabitSummary | None
    habits: list[HabitSummary]


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """A request for one user's summary of the days `first`..`last`."""

    user: User
    first: date
    last: date


def summary(user: User, *, first: date, last: date, now: datetime, archived: bool = False, tag: str = "") -> Summary:
    """Return the user's summary of `first`..`last`. A fixed number of queries."""
    return summaries([SummaryRequest(user, first, last)], now=now, archived=archived, tag=tag)[0]


def summaries(
    requests: Sequence[SummaryRequest], *, now: datetime, archived: bool = False, tag: str = ""
) -> list[Summary]:
    """Return the summaries of different users in the order of the requests, with the queries of a single summary.

    `archived`: of archived tracks instead of the others; `tag`: of tracks with the tag of this name.
    """
    tracks_by_user: dict[int, list[HabitTrack]] = {each.user.pk: [] for each in requests}
    users = [each.user for each in requests]
    for track in load_related(tracks_of_users(users, archived=archived, tag=tag), users):
        tracks_by_user[track.user_id].append(track)
    users_data = [_UserData(each, tracks_by_user[each.user.pk], each.user.clock.day_of(now)) for each in requests]
    tracks = [track for data in users_data for track in data.tracks]
    loaded = _LoadedData(
        now=now,
        ranged=load_histories_for_ranges(
            tracks, _by_track(users_data, lambda data: (data.comparison_first, data.request.last))
        ),
        current=load_histories_for_local_days(tracks, _by_track(users_data, lambda data: data.today)),
        hours=_hours(users_data),
    )
    return [_summary(data, loaded) for data in users_data]


@dataclass(frozen=True, slots=True)
class _UserData:
    """One request with the user's tracks and local today."""

    request: SummaryRequest
    tracks: list[HabitTrack]
    today: date

    @property
    def comparison_first(self) -> date:
        """Return the first day of the comparison range: the same number of days before the requested range."""
        return self.request.first - (self.request.last - self.request.first) - DAY

    @property
    def until(self) -> date:
        """Return the last day of the range that is not in the future."""
        return min(self.request.last, self.today)


@dataclass(frozen=True, slots=True)
class _LoadedData:
    """The data loaded for all summaries together, by track id."""

    now: datetime
    ranged: Mapping[int, TrackHistory]  # with the logs of the range and the comparison range
    current: Mapping[int, TrackHistory]  # with the logs that today's strength and risk need
    hours: Mapping[int, list[int]]


def _by_track(users_data: Sequence[_UserData], value: Callable[[_UserData], T]) -> dict[int, T]:
    """Return a value calculated for each user, by the ids of the user's tracks."""
    return {track.pk: value(data) for data in users_data for track in data.tracks}


def _summary(data: _UserData, loaded: _LoadedData) -> Summary:
    today, now = data.today, loaded.now
    first, last = data.request.first, data.request.last
    days: dict[int, list[date]] = {}
    decided: dict[int, list[DecidedPeriod]] = {}
    habits = []
    for track in data.tracks:
        ranged, current, streak = loaded.ranged[track.pk], loaded.current[track.pk], track.streak_at(now)
        days[track.pk] = [
            day
            for day, status in ranged.days.items()
            if status is Status.COMPLETED and data.comparison_first <= day <= data.until
        ]
        periods = ranged.periods(data.comparison_first, last, today)
        decided[track.pk] = ranged.decided_periods(periods, today, last=last)
        habits.append(
            HabitSummary(
                track=track,
                stats=_stats(days[track.pk], decided[track.pk], loaded.hours[track.pk], first, last),
                streak=streak,
                strength=strength_at(track, current, today),
                is_at_risk=streak.current > 0 and current.is_at_risk(today),
            )
        )
    hours = [loaded.hours[track.pk] for track in data.tracks]
    return Summary(
        first=first,
        last=last,
        stats=_stats(_flat(days.values()), _flat(decided.values()), _flat(hours), first, last),
        strength=sum(each.strength for each in habits) / len(habits) if habits else None,
        current=_longest_streak_habit(habits, [each.streak.current for each in habits]),
        longest=_longest_streak_habit(habits, [each.streak.longest for each in habits]),
        habits=habits,
    )


def _hours(users_data: Sequence[_UserData]) -> dict[int, list[int]]:
    """Return the local hours at which the days of each user's range were completed, by track id."""
    by_track = _by_track(users_data, lambda data: data)
    hours: dict[int, list[int]] = {pk: [] for pk in by_track}
    if not by_track:
        return hours
    logs = HabitLog.objects.filter(
        track__in=list(by_track),
        day__gte=min(data.request.first for data in by_track.values()),
        day__lte=max(data.until for data in by_track.values()),
        status=Status.COMPLETED.value,
        completed_at__isnull=False,
    )
    for track_id, day, completed_at in logs.values_list("track_id", "day", "completed_at"):
        data = by_track[track_id]
        if completed_at is not None and data.request.first <= day <= data.until:
            hours[track_id].append(completed_at.astimezone(data.request.user.tzinfo).hour)
    return hours


def _stats(
    days: Sequence[date], decided: Sequence[DecidedPeriod], hours: Sequence[int], first: date, last: date
) -> SummaryStats:
    """Return the stats. `days` (completed ones) and `decided` include the comparison range before `first`."""
    within = [day for day in days if day >= first]
    now = [each for each in decided if each.last >= first]
    rate, rate_before = success_rate(now), success_rate([each for each in decided if each.last < first])
    return SummaryStats(
        completed=len(within),
        success_rate=rate,
        completed_change=2 * len(within) - len(days),
        success_rate_change=None if rate is None or rate_before is None else rate - rate_before,
        best_weekday=_most_frequent(day.weekday() for day in within),
        best_hour=_most_frequent(hours),
        weekly=_series(within, now, [day for day in _span(first, last) if day.weekday() == 0], first, last),
        monthly=_series(within, now, [day for day in _span(first, last) if day.day == 1], first, last),
    )


def _most_frequent(values: Iterable[int]) -> int | None:
    """Return the most frequent value, the smallest of several, or None."""
    counts = Counter(values)
    return min(counts, key=lambda each: (-counts[each], each), default=None)


def _series(
    days: Sequence[date], decided: Sequence[DecidedPeriod], starts: list[date], first: date, last: date
) -> list[ChartPoint]:
    """Return the range split at `starts`. The first and the last data may be shorter than a week or month."""
    edges = sorted({first, *starts, last + DAY})
    index: dict[date, int] = {}
    for number, (begins, following) in enumerate(pairwise(edges)):
        index |= dict.fromkeys(_span(begins, following - DAY), number)
    completed = Counter(index[day] for day in days)
    periods: dict[int, list[DecidedPeriod]] = {}
    for each in decided:
        periods.setdefault(index[each.last], []).append(each)
    return [
        ChartPoint(begins, following - DAY, completed[number], success_rate(periods.get(number, [])))
        for number, (begins, following) in enumerate(pairwise(edges))
    ]


def _longest_streak_habit(habits: list[HabitSummary], lengths: list[int]) -> HabitSummary | None:
    """Return the habit whose streak covers the most days, the first of several, or None if all are 0."""
    best, most = None, 0
    for habit, length in zip(habits, lengths, strict=True):
        days = length * habit.streak.unit.days
        if days > most:
            best, most = habit, days
    return best


def _span(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))


def _flat(lists: Iterable[list[T]]) -> list[T]:
    return [each for one in lists for each in one]

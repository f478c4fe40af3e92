"""Summary of a range of days, per habit and over all habits: totals, comparisons and series. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from habits.patterns import DAYS_IN_WEEK
from habits.recurrence import DAY
from tracking.models import HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Status, Streak
from tracking.tracks.histories import load_histories_for_summaries, strength_at
from tracking.tracks.queries import tracks_of_users
from tracking.tracks.related import load_related
from users.models import User

class ChartPoint(NamedTuple):
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
    users = [each.user for each in requests]
    tracks = load_related(tracks_of_users(users, archived=archived, tag=tag), users)
    tracks_by_user: dict[int, list[HabitTrack]] = {user.pk: [] for user in users}
    for track in tracks:
        tracks_by_user[track.user_id].append(track)
    calendars = {each.user.pk: _Calendar(each.first, each.last, each.user.clock.day_of(now)) for each in requests}
    histories = load_histories_for_summaries(
        tracks,
        {track.pk: (calendars[track.user_id].comparison_first, calendars[track.user_id].last) for track in tracks},
        {track.pk: calendars[track.user_id].today for track in tracks},
    )
    return [
        _summary(tracks_by_user[each.user.pk], histories, calendars[each.user.pk], each.user.tzinfo, now)
        for each in requests
    ]


class _Calendar:
    """The days of a range and of the range before it that it is compared with, by number from `comparison_first` on.

    All habits of a summary share it, so that the edges of weeks and months are found once.
    """

    def __init__(self, first: date, last: date, today: date) -> None:
        self.first, self.last, self.today = first, last, today
        self.length = (last - first).days + 1
        self.comparison_first = first - self.length * DAY
        days = [self.comparison_first + number * DAY for number in range(2 * self.length)]
        self.numbers = {day: number for number, day in enumerate(days)}
        within = days[self.length :]
        self.weeks = self._parts(day for day in within if day.weekday() == 0)
        self.months = self._parts(day for day in within if day.day == 1)

    def _parts(self, starts: Iterable[date]) -> list[tuple[date, date]]:
        """Return the first and last days of the parts of the range. The first and the last part may be shorter."""
        edges = sorted({self.first, *starts, self.last + DAY})
        return [(begins, following - DAY) for begins, following in pairwise(edges)]


class _Counts:
    """What happened on each day of a calendar, as flat lists that are summed by slices.

    `completed`: 1 for a completed day; `done` and `required`: of the kept and broken periods that end on the day;
    `hours`: how many days of the range were completed in each hour of the day.
    """

    def __init__(self, calendar: _Calendar) -> None:
        self.calendar = calendar
        days = 2 * calendar.length
        self.completed, self.done, self.required, self.hours = [0] * days, [0] * days, [0] * days, [0] * 24

    @classmethod
    def of_track(cls, history: TrackHistory, calendar: _Calendar, zone: ZoneInfo) -> "_Counts":
        """Count the days and periods of a track."""
        counts, numbers = cls(calendar), calendar.numbers
        for day, status in history.days.items():
            number = numbers.get(day)
            if status is Status.COMPLETED and number is not None and day <= calendar.today:
                counts.completed[number] = 1
                if number >= calendar.length and (at := history.completed_at.get(day)):
                    counts.hours[at.astimezone(zone).hour] += 1
        for last, done, required in history.decided_periods(
            calendar.comparison_first, calendar.last, calendar.today
        ):
            number = numbers[last]
            counts.done[number] += done
            counts.required[number] += required
        return counts

    @classmethod
    def total(cls, of_tracks: Sequence["_Counts"], calendar: _Calendar) -> "_Counts":
        """Add up the counts of several tracks."""
        total = cls(calendar)
        if of_tracks:
            total.completed = [sum(column) for column in zip(*(each.completed for each in of_tracks), strict=True)]
            total.done = [sum(column) for column in zip(*(each.done for each in of_tracks), strict=True)]
            total.required = [sum(column) for column in zip(*(each.required for each in of_tracks), strict=True)]
            total.hours = [sum(column) for column in zip(*(each.hours for each in of_tracks), strict=True)]
        return total

    def stats(self) -> SummaryStats:
        """Return the stats of the range."""
        calendar, length = self.calendar, self.calendar.length
        rate, rate_before = self._rate(length, None), self._rate(0, length)
        completed = sum(self.completed[length:])
        weekdays = [0] * DAYS_IN_WEEK
        for shift in range(DAYS_IN_WEEK):
            day = calendar.first + shift * DAY
            weekdays[day.weekday()] = sum(self.completed[length + shift :: DAYS_IN_WEEK])
        return SummaryStats(
            completed=completed,
            success_rate=rate,
            completed_change=completed - sum(self.completed[:length]),
            success_rate_change=None if rate is None or rate_before is None else rate - rate_before,
            best_weekday=_index_of_largest(weekdays),
            best_hour=_index_of_largest(self.hours),
            weekly=[self._point(*part) for part in calendar.weeks],
            monthly=[self._point(*part) for part in calendar.months],
        )

    def _rate(self, start: int, stop: int | None) -> float | None:
        """Return the success rate of the periods that end on the days of these numbers."""
        required = sum(self.required[start:stop])
        return sum(self.done[start:stop]) / required if required else None

    def _point(self, first: date, last: date) -> ChartPoint:
        start, stop = self.calendar.numbers[first], self.calendar.numbers[last] + 1
        return ChartPoint(first, last, sum(self.completed[start:stop]), self._rate(start, stop))


def _summary(
    tracks: Sequence[HabitTrack],
    histories: Mapping[int, TrackHistory],
    calendar: _Calendar,
    zone: ZoneInfo,
    now: datetime,
) -> Summary:
    today = calendar.today
    counts = [_Counts.of_track(histories[track.pk], calendar, zone) for track in tracks]
    habits = []
    for track, of_track in zip(tracks, counts, strict=True):
        history, streak = histories[track.pk], track.streak_at(now)
        habits.append(
            HabitSummary(
                track=track,
                stats=of_track.stats(),
                streak=streak,
                strength=strength_at(track, history, today),
                is_at_risk=streak.current > 0 and history.is_at_risk(today),
            )
        )
    return Summary(
        first=calendar.first,
        last=calendar.last,
        stats=_Counts.total(counts, calendar).stats(),
        strength=sum(each.strength for each in habits) / len(habits) if habits else None,
        current=_longest_streak_habit(habits, [each.streak.current for each in habits]),
        longest=_longest_streak_habit(habits, [each.streak.longest for each in habits]),
        habits=habits,
    )


def _index_of_largest(counts: Sequence[int]) -> int | None:
    """Return the index of the largest count, the first of several, or None if all are 0."""
    most = max(counts)
    return counts.index(most) if most else None


def _longest_streak_habit(habits: list[HabitSummary], lengths: list[int]) -> HabitSummary | None:
    """Return the habit whose streak covers the most days, the first of several, or None if all are 0."""
    best, most = None, 0
    for habit, length in zip(habits, lengths, strict=True):
        days = length * habit.streak.unit.days
        if days > most:
            best, most = habit, days
    return best

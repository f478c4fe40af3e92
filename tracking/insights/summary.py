"""Summary of a range of days, per habit and over all habits: totals, comparisons and series. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracking.insights.counts import Calendar, Counts, SummaryStats
from tracking.models import HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Streak
from tracking.tracks.histories import load_histories_for_summaries, strength_at
from tracking.tracks.queries import tracks_of_users
from tracking.tracks.related import load_related
from users.models import User


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
    calendars = {each.user.pk: _calendar(each, now) for each in requests}
    histories = load_histories_for_summaries(
        tracks,
        {track.pk: (calendars[track.user_id].comparison_first, calendars[track.user_id].last) for track in tracks},
        {track.pk: calendars[track.user_id].today for track in tracks},
    )
    return [_summary(each, tracks_by_user[each.user.pk], histories, calendars[each.user.pk], now) for each in requests]


def _calendar(request: SummaryRequest, now: datetime) -> Calendar:
    clock = request.user.clock
    return Calendar(request.first, request.last, today=clock.day_of(now), exists=clock.exists)


def _summary(
    request: SummaryRequest,
    tracks: Sequence[HabitTrack],
    histories: Mapping[int, TrackHistory],
    calendar: Calendar,
    now: datetime,
) -> Summary:
    zone = request.user.tzinfo
    today = calendar.today
    counts = [Counts.of_track(histories[track.pk], calendar, zone) for track in tracks]
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
        first=request.first,
        last=request.last,
        stats=Counts.total(counts, calendar).stats(),
        strength=sum(each.strength for each in habits) / len(habits) if habits else None,
        current=_longest_streak_habit(habits, [each.streak.current for each in habits]),
        longest=_longest_streak_habit(habits, [each.streak.longest for each in habits]),
        habits=habits,
    )


def _longest_streak_habit(habits: list[HabitSummary], lengths: list[int]) -> HabitSummary | None:
    """Return the habit whose streak covers the most days, the first of several, or None if all are 0."""
    best, most = None, 0
    for habit, length in zip(habits, lengths, strict=True):
        days = length * habit.streak.unit.days
        if days > most:
            best, most = habit, days
    return best

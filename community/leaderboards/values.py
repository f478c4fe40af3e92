"""Read users' values on leaderboards from their tracks and logs, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, Count, DateField, F, Max, Q, QuerySet, Value, When

from community.leaderboards.rules import (
    PERIODS,
    Board,
    BoardKey,
    BoardValue,
    RankedUser,
    TrackStreaks,
    earliest_today,
    last_day,
    live_keys,
    period_value,
    streak_values,
)
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.rules import Status
from tracking.tracks.queries import current_streak, longest_streak_in, without_limits
from users.timing import Clock

DateRange = tuple[date, date]


@dataclass(slots=True)
class _CompletedDays:
    """A user's completed days by key: the number of those that have begun everywhere, and later ones by day."""

    username: str
    clock: Clock
    counted: dict[BoardKey, int] = field(default_factory=lambda: defaultdict(int))
    recent: dict[BoardKey, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))


def ranked_tracks(users: Collection[int]) -> QuerySet[HabitTrack]:
    """Return the tracks that count on global leaderboards, of those users who are ranked and not banned."""
    ranked = HabitTrack.objects.filter(user__in=users, user__is_ranked=True, user__is_active=True, left_at=None)
    return without_limits(ranked)


def users_on_board(
    key: BoardKey, tracks: QuerySet[HabitTrack], *, now: datetime, within: DateRange | None = None
) -> list[RankedUser]:
    """Return the users of the tracks with a value above 0, unordered, with one query. Limit habits do not count.

    `within`: for weeks and months, only these days count.
    """
    (board, name), tracks = key, without_limits(tracks)
    if board in PERIODS:
        completed = _completed(tracks, [key], now=now, within=within)
        values = {user_id: _period_value(each, key, now) for user_id, each in completed.items()}
        return [
            RankedUser(user_id, completed[user_id].username, value.value)
            for user_id, value in values.items()
            if value and value.value
        ]
    if board is Board.CURRENT:
        in_unit, streak = tracks.filter(streak_unit=name), Max(current_streak(now))
    else:
        in_unit, streak = tracks, Max(longest_streak_in(name))
    found = in_unit.order_by().values_list("user_id", "user__username").annotate(value=streak).filter(value__gt=0)
    return [RankedUser(*row) for row in found]


def board_values(users: Collection[int], *, now: datetime) -> dict[tuple[int, BoardKey], BoardValue]:
    """Return all values on global leaderboards of those users who are ranked, by user id and key. Two queries."""
    tracks = ranked_tracks(users)
    streaks: dict[int, list[TrackStreaks]] = defaultdict(list)
    for track in tracks.only("user", "streak", "longest_streaks", "streak_unit", "lapses_at"):
        streaks[track.user_id].append(
            TrackStreaks(track.streak, track.streak_unit, track.longest_streaks, track.lapses_at)
        )
    found = {
        (user_id, key): value for user_id, each in streaks.items() for key, value in streak_values(each, now).items()
    }
    keys = live_keys(now)
    for user_id, completed in _completed(tracks, keys, now=now).items():
        for key in keys:
            if value := _period_value(completed, key, now):
                found[user_id, key] = value
    return found


def days_of_period(key: BoardKey) -> DateRange:
    """Return the first and last day of the key's week or month."""
    board, name = key
    first = date.fromisoformat(name)
    return first, last_day(board, first)


def _period_value(completed: _CompletedDays, key: BoardKey, now: datetime) -> BoardValue | None:
    clock = completed.clock
    return period_value(completed.counted[key], completed.recent[key], clock, clock.day_of(now))


def _completed(
    tracks: QuerySet[HabitTrack], keys: Sequence[BoardKey], *, now: datetime, within: DateRange | None = None
) -> dict[int, _CompletedDays]:
    """Return the completed days of the tracks in weeks and months by user id, with one query.

    Days that may not have begun for every user yet are returned one by one, because only Python knows which date is
    today for which user; all earlier days are counted in SQL.
    """
    ranges = [days_of_period(key) for key in keys]
    if within:
        ranges = [(max(first, within[0]), min(last, within[1])) for first, last in ranges]
    logs = HabitLog.objects.filter(
        track__in=tracks,
        status=Status.COMPLETED.value,
        day__gte=min(first for first, _ in ranges),
        day__lte=max(last for _, last in ranges),
    )
    is_recent = When(day__gt=earliest_today(now), then=F("day"))
    recent_day = Case(is_recent, default=Value(None), output_field=DateField(null=True))
    user = ("track__user_id", "track__user__username", "track__user__time_zone", "track__user__day_starts_at")
    counts = {
        f"in_{number}": Count("pk", filter=Q(day__gte=first, day__lte=last))
        for number, (first, last) in enumerate(ranges)
    }
    found: dict[int, _CompletedDays] = {}
    for user_id, username, zone, day_starts_at, day, *numbers in (
        logs.order_by().annotate(recent_day=recent_day).values_list(*user, "recent_day").annotate(**counts)
    ):
        completed = found.setdefault(user_id, _CompletedDays(username, Clock(zone, day_starts_at)))
        for key, number in zip(keys, numbers, strict=True):
            if number and day is None:
                completed.counted[key] += number
            elif number:
                completed.recent[key][day] = number
    return found

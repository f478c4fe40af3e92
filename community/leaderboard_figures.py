"""What people's figures on leaderboards are, read from their tracks and logs. A fixed number of queries each."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, Count, DateField, F, Max, Q, QuerySet, Value, When

from community.leaderboard_rules import (
    PERIODS,
    Board,
    Figure,
    Key,
    Person,
    Run,
    day_figure,
    last_day,
    live_keys,
    streak_figures,
    sure_day,
)
from tracking.models import HabitLog, HabitTrack
from tracking.queries import current_streak
from tracking.streaks import Status
from users.timing import Clock

Days = tuple[date, date]


@dataclass(slots=True)
class _Counted:
    """Somebody's completed days by key: those that have come for all, and the later ones by day."""

    username: str
    clock: Clock
    until: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    late: dict[Key, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))


def ranked_tracks(users: Collection[int]) -> QuerySet[HabitTrack]:
    """The tracks that count for those of the people who show themselves: what one has left counts no more."""
    return HabitTrack.objects.filter(user__in=users, user__is_ranked=True, user__is_active=True, left_at=None)


def people_on(key: Key, tracks: QuerySet[HabitTrack], *, now: datetime, within: Days | None = None) -> list[Person]:
    """The people of the tracks who have a figure above 0, in no order; one query. `within`: no other days count."""
    board, name = key
    if board in PERIODS:
        counted = _completed(tracks, [key], now=now, within=within)
        figures = {user_id: _figure(each, key, now) for user_id, each in counted.items()}
        return [
            Person(user_id, counted[user_id].username, figure.value)
            for user_id, figure in figures.items()
            if figure and figure.value
        ]
    value = current_streak(now) if board is Board.CURRENT else F("longest_streak")
    begun = tracks.filter(streak_unit=name).exclude(unit_changes_at__lte=now)
    found = begun.order_by().values_list("user_id", "user__username").annotate(value=Max(value)).filter(value__gt=0)
    return [Person(*row) for row in found]


def figures_of(users: Collection[int], *, now: datetime) -> dict[tuple[int, Key], Figure]:
    """All figures on the boards of everyone that the people have, of those who show themselves; two queries."""
    tracks = ranked_tracks(users)
    runs: dict[int, list[Run]] = defaultdict(list)
    for track in tracks.only("user", "streak", "longest_streak", "streak_unit", "lapses_at", "unit_changes_at"):
        run = Run(track.streak, track.longest_streak, track.streak_unit, track.lapses_at, track.unit_changes_at)
        runs[track.user_id].append(run)
    found = {
        (user_id, key): figure
        for user_id, theirs in runs.items()
        for key, figure in streak_figures(theirs, now).items()
    }
    keys = live_keys(now)
    for user_id, counted in _completed(tracks, keys, now=now).items():
        for key in keys:
            if figure := _figure(counted, key, now):
                found[user_id, key] = figure
    return found


def days_of(key: Key) -> Days:
    """The first and last day of the key's week or month."""
    board, name = key
    first = date.fromisoformat(name)
    return first, last_day(board, first)


def _figure(counted: _Counted, key: Key, now: datetime) -> Figure | None:
    return day_figure(counted.until[key], counted.late[key], counted.clock, counted.clock.day_of(now))


def _completed(
    tracks: QuerySet[HabitTrack], keys: Sequence[Key], *, now: datetime, within: Days | None = None
) -> dict[int, _Counted]:
    """The completed days of the tracks' people in weeks and months, by the person's id; one query.

    Days that may not have come for everybody are told one by one: what is today for whom, Python says.
    """
    spans = [days_of(key) for key in keys]
    if within:
        spans = [(max(first, within[0]), min(last, within[1])) for first, last in spans]
    sure = sure_day(now)
    logs = HabitLog.objects.filter(
        track__in=tracks,
        status=Status.COMPLETED.value,
        day__gte=min(first for first, _ in spans),
        day__lte=max(last for _, last in spans),
    )
    late = Case(When(day__gt=sure, then=F("day")), default=Value(None), output_field=DateField(null=True))
    person = ("track__user_id", "track__user__username", "track__user__time_zone", "track__user__day_starts_at")
    counts = {
        f"in_{number}": Count("pk", filter=Q(day__gte=first, day__lte=last))
        for number, (first, last) in enumerate(spans)
    }
    found: dict[int, _Counted] = {}
    for user_id, username, zone, starts, day, *numbers in (
        logs.order_by().annotate(late=late).values_list(*person, "late").annotate(**counts)
    ):
        counted = found.setdefault(user_id, _Counted(username, Clock(zone, starts)))
        for key, number in zip(keys, numbers, strict=True):
            if number and day is None:
                counted.until[key] += number
            elif number:
                counted.late[key][day] = number
    return found

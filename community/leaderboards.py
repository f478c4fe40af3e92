"""Leaderboards as a person sees them: the top, their own rank, and those around them. Reads only.

The board of everyone is read from the tables that community.leaderboard_settling keeps. People whose entries do
not hold at this instant, few at any time, are taken from their tracks instead: what is shown is exact always.
Boards of a group or challenge have few people, and are read from their tracks.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from community.leaderboard_figures import days_of, people_on, ranked_tracks
from community.leaderboard_rules import (
    NEIGHBOURS,
    PERIODS,
    TOP,
    UNITS,
    Board,
    Key,
    Person,
    Places,
    day_key,
    places,
)
from community.models import (
    ChallengeMember,
    GroupMember,
    LeaderboardBucket,
    LeaderboardEntry,
    LeaderboardMark,
)
from habits.recurrence import in_force
from tracking.models import HabitTrack
from users.models import User


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A board at an instant. `unit` of streaks; `first_day` and `last_day` of the week or month.

    `is_listed`: whether others see the person who asks.
    """

    board: Board
    unit: str | None
    first_day: date | None
    last_day: date | None
    is_listed: bool
    places: Places


def leaderboard(
    *,
    viewer: User,
    board: Board,
    now: datetime,
    unit: str = "",
    group_id: int | None = None,
    challenge_id: int | None = None,
) -> Leaderboard:
    """The board of a group, a challenge, or with neither of everyone; raises what these raise."""
    if group_id is not None:
        return of_group(viewer=viewer, group_id=group_id, board=board, now=now, unit=unit)
    if challenge_id is not None:
        return of_challenge(viewer=viewer, challenge_id=challenge_id, board=board, now=now, unit=unit)
    return of_everyone(viewer=viewer, board=board, now=now, unit=unit)


def of_everyone(*, viewer: User, board: Board, now: datetime, unit: str = "") -> Leaderboard:
    """The people who show themselves, by streaks of a unit (a day's, unless said), or by completed days.

    The week and month are those of the viewer's local day.
    """
    key = _key(board, unit or UNITS[0], viewer, now)
    with _one_state():
        me = _me(viewer, key, HabitTrack.objects.filter(user=viewer, left_at=None), now=now)
        before, moved = _unsettled(key, now=now)
        entries = _settled(key, now=now)
        best = _people(entries.order_by(F("value").desc(), "user")[:TOP])
        found = places(me, best=[*best, *moved], near=[*_near(entries, me), *moved], above=_above(key, before, moved))
    return _leaderboard(key, found, is_listed=viewer.is_ranked)


def of_group(*, viewer: User, group_id: int, board: Board, now: datetime, unit: str = "") -> Leaderboard:
    """The members of a group of the viewer's, by their tracks of its habits. Raises GroupMember.DoesNotExist."""
    member = GroupMember.objects.get(group=group_id, user=viewer)
    key = _key(board, unit or UNITS[0], viewer, now)
    tracks = _unbarred(HabitTrack.objects.filter(group_tracks__group_habit__group=member.group_id))
    return _of_members(viewer, key, people_on(key, tracks, now=now))


def of_challenge(*, viewer: User, challenge_id: int, board: Board, now: datetime, unit: str = "") -> Leaderboard:
    """The members of a challenge of the viewer's, by their tracks in it and, of days, those of the challenge.

    The unit is that of its habit, unless said. Raises ChallengeMember.DoesNotExist.
    """
    members = ChallengeMember.objects.select_related("challenge__habit").prefetch_related("challenge__habit__schedules")
    challenge = members.get(challenge=challenge_id, user=viewer).challenge
    if challenge.habit and not unit:
        unit = in_force(challenge.habit.versions, viewer.clock.day_of(now)).schedule.streak_unit
    key = _key(board, unit or UNITS[0], viewer, now)
    tracks = _unbarred(HabitTrack.objects.filter(challenge_memberships__challenge=challenge))
    return _of_members(viewer, key, people_on(key, tracks, now=now, within=(challenge.first_day, challenge.last_day)))


def _unbarred(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """The tracks that count: not of people whom staff have barred, nor those that were left."""
    return tracks.filter(user__is_active=True, left_at=None)


def _of_members(viewer: User, key: Key, people: list[Person]) -> Leaderboard:
    mine = next((person for person in people if person.user_id == viewer.pk), None)
    values = sorted(person.value for person in people)
    found = places(
        mine or Person(viewer.pk, viewer.username, 0),
        best=people,
        near=people,
        above=lambda wanted: {value: len(values) - bisect_right(values, value) for value in wanted},
    )
    return _leaderboard(key, found, is_listed=True)


def _key(board: Board, unit: str, viewer: User, now: datetime) -> Key:
    return day_key(board, viewer.clock.day_of(now)) if board in PERIODS else (board, unit)


def _leaderboard(key: Key, found: Places, *, is_listed: bool) -> Leaderboard:
    board, name = key
    if board not in PERIODS:
        return Leaderboard(board, name, None, None, is_listed, found)
    first, last = days_of(key)
    return Leaderboard(board, None, first, last, is_listed, found)


def _me(viewer: User, key: Key, tracks: QuerySet[HabitTrack], *, now: datetime) -> Person:
    """The viewer with their own figure, from their tracks, whether they show themselves or not."""
    found = people_on(key, tracks, now=now)
    return found[0] if found else Person(viewer.pk, viewer.username, 0)


def _unsettled(key: Key, *, now: datetime) -> tuple[list[int], list[Person]]:
    """Of people whose entries do not hold: the values that the buckets count for them, and what is true of them."""
    board, name = key
    marked = LeaderboardMark.objects.order_by().values_list("user_id", flat=True).distinct()
    entries = LeaderboardEntry.objects.filter(board=board, key=name).order_by().values_list("user_id", "value")
    before = set(entries.filter(holds_until__lte=now)) | set(entries.filter(user__in=marked))
    users = {user_id for user_id, _ in before} | set(marked)
    return [value for _, value in before], people_on(key, ranked_tracks(users), now=now) if users else []


def _settled(key: Key, *, now: datetime) -> QuerySet[LeaderboardEntry]:
    """The entries that hold."""
    board, name = key
    marks = LeaderboardMark.objects.filter(user=OuterRef("user"))
    holds = Q(holds_until=None) | Q(holds_until__gt=now)
    return LeaderboardEntry.objects.filter(holds, ~Exists(marks), board=board, key=name, value__gt=0)


def _people(entries: QuerySet[LeaderboardEntry]) -> list[Person]:
    return [Person(*row) for row in entries.values_list("user_id", "user__username", "value")]


def _near(entries: QuerySet[LeaderboardEntry], me: Person) -> Iterator[Person]:
    """The neighbours on each side; each of the four reads a few rows of the index, however many people tie."""
    best_first = (F("value").desc(), F("user").asc())
    worst_first = (F("value").asc(), F("user").desc())
    yield from _people(entries.filter(value=me.value, user__lt=me.user_id).order_by(*worst_first)[:NEIGHBOURS])
    yield from _people(entries.filter(value__gt=me.value).order_by(*worst_first)[:NEIGHBOURS])
    yield from _people(entries.filter(value=me.value, user__gt=me.user_id).order_by(*best_first)[:NEIGHBOURS])
    yield from _people(entries.filter(value__lt=me.value).order_by(*best_first)[:NEIGHBOURS])


def _above(key: Key, before: Sequence[int], moved: Sequence[Person]) -> Callable[[Collection[int]], Mapping[int, int]]:
    """How many people have more than each of some values: as the buckets count, put right for the unsettled."""
    board, name = key

    def above(values: Collection[int]) -> dict[int, int]:
        buckets = LeaderboardBucket.objects.filter(board=board, key=name)
        sums = buckets.aggregate(
            **{f"above_{value}": Sum("people", filter=Q(value__gt=value), default=0) for value in values}
        )
        return {
            value: sums[f"above_{value}"]
            - sum(each > value for each in before)
            + sum(person.value > value for person in moved)
            for value in values
        }

    return above


@contextmanager
def _one_state() -> Iterator[None]:
    """All that is read within is of one state of the database, where no transaction is open yet."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield

"""Read a leaderboard as a user sees it: the top, their own rank, and the users around them.

Global leaderboards are read from the tables that community.leaderboards.settling writes. The few users whose entries
are out of date at the moment are read from their tracks instead, so that the result is always exact. Leaderboards of a
group or challenge have few users and are read from the tracks only. Who may see one is read from the primary database,
the rest from a replica if there is one.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connections, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from common import replica
from community.leaderboards.rules import (
    NEIGHBOURS,
    PERIODS,
    TOP,
    UNITS,
    Board,
    BoardKey,
    LeaderboardRows,
    RankedUser,
    build_rows,
    period_key,
)
from community.leaderboards.values import days_of_period, ranked_tracks, users_on_board
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
    """A leaderboard at one instant.

    `unit` is set for streaks, `first_day` and `last_day` for a week or month. `is_listed`: other users see the viewer.
    """

    board: Board
    unit: str | None
    first_day: date | None
    last_day: date | None
    is_listed: bool
    rows: LeaderboardRows


def leaderboard(
    *,
    viewer: User,
    board: Board,
    now: datetime,
    unit: str = "",
    group_id: int | None = None,
    challenge_id: int | None = None,
) -> Leaderboard:
    """Return the leaderboard of a group, of a challenge, or the global one if neither is given.

    Raises GroupMember.DoesNotExist, ChallengeMember.DoesNotExist.
    """
    if group_id is not None:
        return group_leaderboard(viewer=viewer, group_id=group_id, board=board, now=now, unit=unit)
    if challenge_id is not None:
        return challenge_leaderboard(viewer=viewer, challenge_id=challenge_id, board=board, now=now, unit=unit)
    return global_leaderboard(viewer=viewer, board=board, now=now, unit=unit)


def global_leaderboard(*, viewer: User, board: Board, now: datetime, unit: str = "") -> Leaderboard:
    """Return the global leaderboard of ranked users, by streaks of a unit (default: day) or by completed days.

    The week or month is that of the viewer's local day.
    """
    key = _key(board, unit or UNITS[0], viewer, now)
    rows = replica.read(lambda: _global_rows(viewer, key, now=now))
    return _leaderboard(key, rows, is_listed=viewer.is_ranked)


def _global_rows(viewer: User, key: BoardKey, *, now: datetime) -> LeaderboardRows:
    with _snapshot():
        me = _viewer(viewer, key, HabitTrack.objects.filter(user=viewer, left_at=None), now=now)
        outdated, current = _unsettled(key, now=now)
        entries = _settled(key, now=now)
        best = _ranked_users(entries.order_by(F("value").desc(), "user")[:TOP])
        return build_rows(
            me,
            best=[*best, *current],
            near=[*_neighbours(entries, me), *current],
            count_above=_count_above(key, outdated, current),
        )


def group_leaderboard(*, viewer: User, group_id: int, board: Board, now: datetime, unit: str = "") -> Leaderboard:
    """Return the leaderboard of a group of the viewer, by the members' tracks of its habits.

    Raises GroupMember.DoesNotExist.
    """
    member = GroupMember.objects.get(group=group_id, user=viewer)
    key = _key(board, unit or UNITS[0], viewer, now)
    tracks = _active(HabitTrack.objects.filter(group_tracks__group_habit__group=member.group_id))
    return _members_leaderboard(viewer, key, replica.read(lambda: users_on_board(key, tracks, now=now)))


def challenge_leaderboard(
    *, viewer: User, challenge_id: int, board: Board, now: datetime, unit: str = ""
) -> Leaderboard:
    """Return the leaderboard of a challenge of the viewer, by the members' tracks in it.

    Weeks and months count only days of the challenge. The default unit is that of its habit. Raises
    ChallengeMember.DoesNotExist.
    """
    members = ChallengeMember.objects.select_related("challenge__habit").prefetch_related("challenge__habit__schedules")
    challenge = members.get(challenge=challenge_id, user=viewer).challenge
    if challenge.habit and not unit:
        unit = str(in_force(challenge.habit.versions, viewer.clock.day_of(now)).schedule.streak_unit)
    key = _key(board, unit or UNITS[0], viewer, now)
    tracks = _active(HabitTrack.objects.filter(challenge_memberships__challenge=challenge))
    days = challenge.first_day, challenge.last_day
    return _members_leaderboard(viewer, key, replica.read(lambda: users_on_board(key, tracks, now=now, within=days)))


def _active(tracks: QuerySet[HabitTrack]) -> QuerySet[HabitTrack]:
    """Exclude tracks of banned users and tracks that were left."""
    return tracks.filter(user__is_active=True, left_at=None)


def _members_leaderboard(viewer: User, key: BoardKey, members: list[RankedUser]) -> Leaderboard:
    mine = next((member for member in members if member.user_id == viewer.pk), None)
    values = sorted(member.value for member in members)
    rows = build_rows(
        mine or RankedUser(viewer.pk, viewer.username, 0),
        best=members,
        near=members,
        count_above=lambda wanted: {value: len(values) - bisect_right(values, value) for value in wanted},
    )
    return _leaderboard(key, rows, is_listed=True)


def _key(board: Board, unit: str, viewer: User, now: datetime) -> BoardKey:
    return period_key(board, viewer.clock.day_of(now)) if board in PERIODS else (board, unit)


def _leaderboard(key: BoardKey, rows: LeaderboardRows, *, is_listed: bool) -> Leaderboard:
    board, name = key
    if board not in PERIODS:
        return Leaderboard(board, name, None, None, is_listed, rows)
    first, last = days_of_period(key)
    return Leaderboard(board, None, first, last, is_listed, rows)


def _viewer(viewer: User, key: BoardKey, tracks: QuerySet[HabitTrack], *, now: datetime) -> RankedUser:
    """Return the viewer with their value, read from their tracks, whether or not they are ranked."""
    found = users_on_board(key, tracks, now=now)
    return found[0] if found else RankedUser(viewer.pk, viewer.username, 0)


def _unsettled(key: BoardKey, *, now: datetime) -> tuple[list[int], list[RankedUser]]:
    """Return, for users whose entries are out of date: the values that the buckets still count, and current ones."""
    board, name = key
    marked = LeaderboardMark.objects.order_by().values_list("user_id", flat=True).distinct()
    entries = LeaderboardEntry.objects.filter(board=board, key=name).order_by().values_list("user_id", "value")
    outdated = set(entries.filter(valid_until__lte=now)) | set(entries.filter(user__in=marked))
    users = {user_id for user_id, _ in outdated} | set(marked)
    return [value for _, value in outdated], users_on_board(key, ranked_tracks(users), now=now) if users else []


def _settled(key: BoardKey, *, now: datetime) -> QuerySet[LeaderboardEntry]:
    """Return the entries that are valid at `now`."""
    board, name = key
    marks = LeaderboardMark.objects.filter(user=OuterRef("user"))
    is_valid = Q(valid_until=None) | Q(valid_until__gt=now)
    return LeaderboardEntry.objects.filter(is_valid, ~Exists(marks), board=board, key=name, value__gt=0)


def _ranked_users(entries: QuerySet[LeaderboardEntry]) -> list[RankedUser]:
    return [RankedUser(*row) for row in entries.values_list("user_id", "user__username", "value")]


def _neighbours(entries: QuerySet[LeaderboardEntry], me: RankedUser) -> Iterator[RankedUser]:
    """Yield the users on each side of `me`.

    Each of the four queries reads a few rows of the index, no matter how many users have the same value.
    """
    best_first = (F("value").desc(), F("user").asc())
    worst_first = (F("value").asc(), F("user").desc())
    yield from _ranked_users(entries.filter(value=me.value, user__lt=me.user_id).order_by(*worst_first)[:NEIGHBOURS])
    yield from _ranked_users(entries.filter(value__gt=me.value).order_by(*worst_first)[:NEIGHBOURS])
    yield from _ranked_users(entries.filter(value=me.value, user__gt=me.user_id).order_by(*best_first)[:NEIGHBOURS])
    yield from _ranked_users(entries.filter(value__lt=me.value).order_by(*best_first)[:NEIGHBOURS])


def _count_above(
    key: BoardKey, outdated: Sequence[int], current: Sequence[RankedUser]
) -> Callable[[Collection[int]], Mapping[int, int]]:
    """Return a function that counts the users above each of some values.

    The buckets still count the `outdated` values, so these are subtracted and the `current` ones added.
    """
    board, name = key

    def count_above(values: Collection[int]) -> dict[int, int]:
        buckets = LeaderboardBucket.objects.filter(board=board, key=name)
        sums = buckets.aggregate(
            **{f"above_{value}": Sum("people", filter=Q(value__gt=value), default=0) for value in values}
        )
        return {
            value: sums[f"above_{value}"]
            - sum(each > value for each in outdated)
            + sum(user.value > value for user in current)
            for value in values
        }

    return count_above


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read everything within from one snapshot of the database, unless a transaction is open already."""
    connection = connections[replica.alias()]
    is_first = not connection.in_atomic_block
    with transaction.atomic(using=connection.alias):
        if is_first and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield

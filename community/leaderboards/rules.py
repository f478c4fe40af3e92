"""Which leaderboards there are, a user's value on each, and how users are ranked. Pure functions.

A value is a number together with the instant until which it stays the same without a new log. Users with the value 0
are not ranked. Equal users share a rank (1, 1, 3) and are listed in the order in which they registered.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from heapq import nlargest

from habits import patterns
from habits.units import StreakUnit
from users.timing import DAY, MAX_DAY_START_HOUR, MAX_UTC_LAG, Clock, latest_date_anywhere

TOP = 100
NEIGHBOURS = 5  # on each side of the viewer

UNITS = tuple(str(unit) for unit in patterns.UNITS)


class Board(StrEnum):
    CURRENT = "current"
    LONGEST = "longest"
    WEEK = "week"
    MONTH = "month"


STREAKS = frozenset({Board.CURRENT, Board.LONGEST})
PERIODS = frozenset({Board.WEEK, Board.MONTH})

# One leaderboard: the board, and its streak unit or the first day of its week or month (ISO 8601).
BoardKey = tuple[Board, str]


@dataclass(frozen=True, slots=True)
class BoardValue:
    """A user's number on a board. `valid_until`: when it changes without a new log; None: never."""

    value: int
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackStreaks:
    """The streaks of one track, as tracking.models.HabitTrack stores them."""

    streak: int
    unit: StreakUnit
    longest_of: Mapping[str, int]
    lapses_at: datetime | None


@dataclass(frozen=True, slots=True)
class RankedUser:
    """A user with their value on a board."""

    user_id: int
    username: str
    value: int

    @property
    def sort_key(self) -> tuple[int, int]:
        """Return a key that sorts the highest value first, and equal users by registration."""
        return -self.value, self.user_id


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One row of a leaderboard."""

    rank: int
    username: str
    value: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class LeaderboardRows:
    """The rows that a viewer sees: the top, their own, and those around it (their own included).

    `people` is the number of ranked users.
    """

    people: int
    me: LeaderboardRow
    top: list[LeaderboardRow]
    around: list[LeaderboardRow]


def first_day(board: Board, day: date) -> date:
    """Return the first day of the week (a Monday) or month that contains `day`."""
    return day - DAY * day.weekday() if board is Board.WEEK else day.replace(day=1)


def last_day(board: Board, first: date) -> date:
    """Return the last day of the week or month that begins on `first`."""
    return first + DAY * 6 if board is Board.WEEK else (first + DAY * 31).replace(day=1) - DAY


def period_key(board: Board, today: date) -> BoardKey:
    """Return the key of the week or month that contains `today`, the viewer's local day."""
    return board, first_day(board, today).isoformat()


def earliest_today(now: datetime) -> date:
    """Return the earliest date that may still be today for some user; every later day has not begun for everyone."""
    latest_zone = now.astimezone(UTC) - MAX_UTC_LAG
    return latest_zone.date() if latest_zone.hour >= MAX_DAY_START_HOUR else latest_zone.date() - DAY


def live_keys(now: datetime) -> list[BoardKey]:
    """Return the keys of the weeks and months that are the current one for a user anywhere on Earth."""
    days = earliest_today(now), latest_date_anywhere(now)
    return sorted({period_key(board, day) for board in PERIODS for day in days})


def streak_values(tracks: Iterable[TrackStreaks], now: datetime) -> dict[BoardKey, BoardValue]:
    """Return a user's values on the streak boards: those of their best track in each unit."""
    found: dict[BoardKey, BoardValue] = {}
    for track in tracks:
        values = {(Board.LONGEST, unit): BoardValue(longest) for unit, longest in track.longest_of.items()}
        if track.lapses_at is None or track.lapses_at > now:
            values[Board.CURRENT, str(track.unit)] = BoardValue(track.streak, track.lapses_at)
        for key, value in values.items():
            found[key] = _better(found.get(key), value)
    return {key: value for key, value in found.items() if value.value}


def period_value(counted: int, recent: Mapping[date, int], clock: Clock, today: date) -> BoardValue | None:
    """Return a user's value for a week or month, None if there is nothing to count now or later.

    `counted`: completed days that have begun for every user. `recent`: number of completed habits by later day, of
    which only those up to the user's `today` count yet.
    """
    value = counted + sum(number for day, number in recent.items() if day <= today)
    next_day = min((day for day in recent if day > today), default=None)
    if not value and next_day is None:
        return None
    return BoardValue(value, clock.start(next_day) if next_day else None)


def build_rows(
    me: RankedUser,
    *,
    best: Iterable[RankedUser],
    near: Iterable[RankedUser],
    count_above: Callable[[Collection[int]], Mapping[int, int]],
) -> LeaderboardRows:
    """Return the leaderboard as the viewer `me` sees it, whether or not they are ranked.

    `best` contains at least the TOP best users, `near` at least the NEIGHBOURS on each side of `me`. `count_above`
    returns, for each value, the number of ranked users with a higher one.
    """
    others = [user for user in near if user.user_id != me.user_id]
    before = nlargest(NEIGHBOURS, (user for user in others if user.sort_key < me.sort_key), key=lambda u: u.sort_key)
    after = sorted((user for user in others if user.sort_key > me.sort_key), key=lambda u: u.sort_key)[:NEIGHBOURS]
    around = [*reversed(before), me, *after]
    above = count_above({0, *(user.value for user in around)})
    top = sorted(best, key=lambda user: user.sort_key)[:TOP]
    return LeaderboardRows(
        people=above[0],
        me=_row(me, 1 + above[me.value], me),
        top=[_row(user, rank, me) for rank, user in with_ranks(top)],
        around=[_row(user, 1 + above[user.value], me) for user in around],
    )


def with_ranks(best: Sequence[RankedUser]) -> Iterator[tuple[int, RankedUser]]:
    """Yield (rank, user) of users who are sorted best first."""
    rank = 1
    for number, user in enumerate(best):
        if number and user.value != best[number - 1].value:
            rank = number + 1
        yield rank, user


def _row(user: RankedUser, rank: int, me: RankedUser) -> LeaderboardRow:
    return LeaderboardRow(rank, user.username, user.value, is_me=user.user_id == me.user_id)


def _better(one: BoardValue | None, other: BoardValue) -> BoardValue:
    """Return the higher value; of equal ones that which is valid for longer."""
    if one is None or one.value != other.value:
        return other if one is None or other.value > one.value else one
    if one.valid_until is None or other.valid_until is None:
        return BoardValue(one.value)
    return BoardValue(one.value, max(one.valid_until, other.valid_until))

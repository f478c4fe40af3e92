"""Leaderboards: which there are, what a person's figure is, how people rank. Pure: `now` is a parameter.

A figure is a number and the instant until which it holds with nothing more done. Nobody is ranked for a 0.
Ties share a rank (1, 1, 3), in the order of joining.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from heapq import nlargest

from community.rules import LAST_ZONE, LATEST_DAY_START
from users.timing import DAY, Clock, latest_date_anywhere

TOP = 100
NEIGHBOURS = 5  # on each side

# In what streaks count (habits.recurrence.Schedule.streak_unit).
UNITS = ("day", *(f"{days} days" for days in range(2, 8)), "week", "month", "year")


class Board(StrEnum):
    CURRENT = "current"
    LONGEST = "longest"
    WEEK = "week"
    MONTH = "month"


STREAKS = frozenset({Board.CURRENT, Board.LONGEST})
PERIODS = frozenset({Board.WEEK, Board.MONTH})

# A board of which there is one for each: its unit, or the first day of its week or month.
Key = tuple[Board, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A person's number on a board, and until when it holds by itself; None: for good."""

    value: int
    holds_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A track's stored streaks, as tracking.models.HabitTrack holds them."""

    streak: int
    longest: int
    unit: str
    lapses_at: datetime | None
    unit_changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a board."""

    user_id: int
    username: str
    value: int

    @property
    def place(self) -> tuple[int, int]:
        """Sorts the best first; of equals, who joined first."""
        return -self.value, self.user_id


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a leaderboard."""

    rank: int
    username: str
    value: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The top, the person who asks, those around them (themselves in between), and how many people there are."""

    people: int
    me: Place
    top: list[Place]
    around: list[Place]


def first_day(board: Board, day: date) -> date:
    """The first day of the week (a Monday) or month that holds `day`."""
    return day - DAY * day.weekday() if board is Board.WEEK else day.replace(day=1)


def last_day(board: Board, first: date) -> date:
    """The last day of the week or month that begins with `first`."""
    return first + DAY * 6 if board is Board.WEEK else (first + DAY * 31).replace(day=1) - DAY


def day_key(board: Board, today: date) -> Key:
    """The board of the week or month that holds `today`, which is the local day of whoever asks."""
    return board, first_day(board, today).isoformat()


def sure_day(now: datetime) -> date:
    """The earliest day that is still today for anybody: no later one has begun for all."""
    behind = now.astimezone(UTC) - LAST_ZONE
    return behind.date() if behind.hour >= LATEST_DAY_START else behind.date() - DAY


def live_keys(now: datetime) -> list[Key]:
    """The weeks and months that are this week or month for anybody on Earth."""
    days = sure_day(now), latest_date_anywhere(now)
    return sorted({day_key(board, day) for board in PERIODS for day in days})


def streak_figures(runs: Iterable[Run], now: datetime) -> dict[Key, Figure]:
    """A person's figures on the boards of streaks: of each unit their best track's."""
    found: dict[Key, Figure] = {}
    for run in runs:
        if run.unit_changes_at is not None and run.unit_changes_at <= now:
            continue  # both start anew, in the other unit
        lapses_at = min(filter(None, (run.lapses_at, run.unit_changes_at)), default=None)
        figures = {(Board.LONGEST, run.unit): Figure(run.longest, run.unit_changes_at)}
        if lapses_at is None or lapses_at > now:
            figures[Board.CURRENT, run.unit] = Figure(run.streak, lapses_at)
        for key, figure in figures.items():
            found[key] = _better(found.get(key), figure)
    return {key: figure for key, figure in found.items() if figure.value}


def day_figure(until_today: int, ahead: Mapping[date, int], clock: Clock, today: date) -> Figure | None:
    """A person's figure for a week or month: `until_today` completed days, and those of days at hand from `ahead`.

    A day after today counts once it comes. None where there is nothing to count.
    """
    value = until_today + sum(days for day, days in ahead.items() if day <= today)
    coming = min((day for day in ahead if day > today), default=None)
    if not value and coming is None:
        return None
    return Figure(value, clock.start(coming) if coming else None)


def places(
    me: Person, *, best: Iterable[Person], near: Iterable[Person], above: Callable[[Collection[int]], Mapping[int, int]]
) -> Places:
    """The leaderboard that a person sees, who may be one of those ranked or not.

    `best` holds the TOP best at least, `near` the NEIGHBOURS on each side of `me` at least; `above` says of each
    value how many people have more.
    """
    others = [person for person in near if person.user_id != me.user_id]
    before = nlargest(NEIGHBOURS, (person for person in others if person.place < me.place), key=lambda p: p.place)
    behind = sorted((person for person in others if person.place > me.place), key=lambda p: p.place)[:NEIGHBOURS]
    around = [*reversed(before), me, *behind]
    higher = above({0, *(person.value for person in around)})
    top = sorted(best, key=lambda person: person.place)[:TOP]
    return Places(
        people=higher[0],
        me=_line(me, 1 + higher[me.value], me),
        top=[_line(person, rank, me) for rank, person in ranked(top)],
        around=[_line(person, 1 + higher[person.value], me) for person in around],
    )


def ranked(best: Sequence[Person]) -> Iterator[tuple[int, Person]]:
    """The best in order, each with their rank."""
    rank = 1
    for number, person in enumerate(best):
        if number and person.value != best[number - 1].value:
            rank = number + 1
        yield rank, person


def _line(person: Person, rank: int, me: Person) -> Place:
    return Place(rank, person.username, person.value, is_me=person.user_id == me.user_id)


def _better(one: Figure | None, other: Figure) -> Figure:
    """The higher figure; of equals the one that holds longer."""
    if one is None or one.value != other.value:
        return other if one is None or other.value > one.value else one
    if one.holds_until is None or other.holds_until is None:
        return Figure(one.value)
    return Figure(one.value, max(one.holds_until, other.holds_until))

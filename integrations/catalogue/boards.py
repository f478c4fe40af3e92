"""Leaderboards of a partner's people, by their tracks of its habits. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from community.leaderboards.rules import PERIODS, UNITS, Board, BoardKey, period_key
from community.leaderboards.values import days_of_period, users_on_board
from integrations.models import Partner
from integrations.partners import queries, rules
from tracking.models import HabitTrack
from users.scopes import Scope


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A person's place: equal values share a rank."""

    rank: int
    external_id: str
    value: int


@dataclass(frozen=True, slots=True)
class PartnerBoard:
    """A leaderboard. `unit` is set for streaks, `first_day` and `last_day` for a week or month."""

    board: Board
    unit: str | None
    first_day: date | None
    last_day: date | None
    rows: list[BoardRow]


def board_of(
    *, partner: Partner, board: Board, now: datetime, unit: str = "", habit_id: int | None = None
) -> PartnerBoard:
    """Return the leaderboard of all the partner's people who have a value above 0, exact however many they are.

    Accounts are on it if they granted stats:read. `unit`: of streaks, by default the day; `habit_id`: only by this habit.
    A week or month is that of the partner's own clock. Raises Habit.DoesNotExist.
    """
    managed, linked = queries.ids_that_may(partner, Scope.STATS_READ)
    habits = queries.own_habits(partner)
    if habit_id is not None:
        habits = habits.filter(pk=habits.get(pk=habit_id).pk)
    tracks = HabitTrack.objects.filter(
        Q(user__in=managed) | Q(user__in=linked),
        habit__in=habits.order_by().values("pk"),
        left_at=None,
        user__is_active=True,
    )
    key: BoardKey = (
        period_key(board, partner.account.clock.day_of(now)) if board in PERIODS else (board, unit or UNITS[0])
    )
    found = sorted(users_on_board(key, tracks, now=now), key=lambda each: (-each.value, each.user_id))
    names = queries.external_ids(partner, [each.user_id for each in found])
    found = [each for each in found if each.user_id in names]
    ranks = rules.ranks([each.value for each in found])
    rows = [BoardRow(rank, names[each.user_id], each.value) for rank, each in zip(ranks, found, strict=True)]
    if board not in PERIODS:
        return PartnerBoard(board, key[1], None, None, rows)
    first, last = days_of_period(key)
    return PartnerBoard(board, None, first, last, rows)

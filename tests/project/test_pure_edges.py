"""Boundaries and rare branches of the pure rules, each without a database, a request or a clock."""

import ast
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from achievements.awards.rules import Needs, RuleProgress
from common.days import day_in_path
from common.edits import UNSET
from common.errors import DomainError
from common.names import email_lookup_key
from community.challenges.rules import MAX_CHALLENGE_DAYS, validate_days
from community.leaderboards.rules import Board, BoardValue, TrackStreaks, streak_values
from habits.recurrence import Frequency, Plan, Schedule, Version
from habits.rules import MAX_HABITS, check_habit_limit
from habits.segments import segments_of
from habits.units import StreakUnit, UnitBase
from notifications.digest.rules import WeeklyTime
from notifications.reminders.occurrences import Advance, Calendar, Occurrence, advance
from tests.covered import ROOT, pure_modules
from tracking.goals.rules import MAX_DAYS, check_target
from tracking.streaks.rules import DecidedPeriod, success_rate
from users.rules import check_email
from users.timing import Clock
from users.weeks import FROM_MONDAY

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def plan(schedule: Schedule, *, first: date = MONDAY, last: date | None = None) -> Plan:
    return Plan([Version(None, schedule)], first, first, last)


def never(day: date) -> bool:
    return False


DAILY = plan(Schedule(Frequency.DAILY))


@pytest.mark.parametrize("frequency", Frequency)
def test_periods_end_with_the_calendar(frequency: Frequency) -> None:
    """Whoever looks for the next of something that never comes comes to an end."""
    found = list(plan(Schedule(frequency)).periods(date(9000, 12, 20)))
    assert found
    assert all(one.last < other.first for one, other in pairwise(found))
    assert 9000 <= found[-1].last.year <= 9001


class TestReminders:
    def test_they_come_at_their_time_on_each_target_day(self) -> None:
        calendar = Calendar(DAILY, never, Clock("Europe/Berlin"), time(7, 30))
        found = calendar.from_day(MONDAY)
        assert [next(found) for _ in range(2)] == [
            Occurrence(MONDAY, datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
            Occurrence(MONDAY + DAY, datetime(2026, 11, 24, 6, 30, tzinfo=UTC)),
        ]

    def test_none_comes_before_the_day_that_is_asked_for(self) -> None:
        weekly = plan(Schedule(Frequency.WEEKLY, weekdays=frozenset({0, 3})))
        found = Calendar(weekly, never, Clock("UTC"), time(12)).from_day(MONDAY + DAY)
        assert next(found).day == MONDAY + 3 * DAY

    def test_none_comes_on_a_paused_day_or_after_the_end(self) -> None:
        ending = plan(Schedule(Frequency.DAILY), last=MONDAY + 2 * DAY)
        calendar = Calendar(ending, lambda day: day == MONDAY + DAY, Clock("UTC"), time(12))
        assert [each.day for each in calendar.from_day(MONDAY)] == [MONDAY, MONDAY + 2 * DAY]

    def test_none_comes_on_a_date_that_the_zone_skips(self) -> None:
        samoa = Clock("Pacific/Apia")
        first = date(2011, 12, 29)
        skipping = Plan([Version(None, Schedule(Frequency.DAILY))], first, first, first + 2 * DAY)
        calendar = Calendar(skipping, never, samoa, time(12))
        assert [each.day for each in calendar.from_day(first)] == [first, first + 2 * DAY]

    def test_while_everything_is_paused_none_is_looked_for_without_end(self) -> None:
        paused = Calendar(DAILY, lambda day: True, Clock("UTC"), time(12))
        assert list(paused.from_day(MONDAY)) == []
        assert paused.first_after(NOON) is None

    def test_the_first_after_an_instant_is_not_the_one_of_that_instant(self) -> None:
        calendar = Calendar(DAILY, never, Clock("UTC"), time(12))
        following = calendar.first_after(NOON)
        assert following == Occurrence(MONDAY + DAY, NOON + DAY)
        later = calendar.first_after(NOON, not_before=MONDAY + 5 * DAY)
        assert later == Occurrence(MONDAY + 5 * DAY, NOON + 5 * DAY)

    def test_after_an_outage_the_latest_is_delivered_and_the_others_are_passed_over(self) -> None:
        calendar = Calendar(DAILY, never, Clock("UTC"), time(12))
        planned = Occurrence(MONDAY, NOON)
        found = advance(calendar, planned, NOON + 3 * DAY)
        assert found == Advance(
            Occurrence(MONDAY + 3 * DAY, NOON + 3 * DAY), 3, Occurrence(MONDAY + 4 * DAY, NOON + 4 * DAY)
        )

    def test_after_the_last_there_is_none_to_plan(self) -> None:
        calendar = Calendar(plan(Schedule(Frequency.DAILY), last=MONDAY), never, Clock("UTC"), time(12))
        planned = Occurrence(MONDAY, NOON)
        assert advance(calendar, planned, NOON) == Advance(planned, 0, None)

    def test_one_planned_in_another_zone_for_a_later_instant_is_not_passed_over(self) -> None:
        """It stays the latest where its day's successors, by the new zone, came before it."""
        calendar = Calendar(DAILY, never, Clock("UTC"), time(12))
        planned = Occurrence(MONDAY, NOON + 2 * DAY)
        assert advance(calendar, planned, NOON + 2 * DAY) == Advance(
            planned, 0, Occurrence(MONDAY + 3 * DAY, NOON + 3 * DAY)
        )


class TestAchievements:
    def test_without_logs_around_the_day_none_are_asked_for(self) -> None:
        assert Needs().range_around(MONDAY) is None
        assert Needs(days_around=2).range_around(MONDAY) == (MONDAY - 2 * DAY, MONDAY + 2 * DAY)

    @pytest.mark.parametrize(("current", "share"), [(0, 0.0), (3, 0.75), (4, 1.0), (9, 1.0)])
    def test_a_share_is_1_at_most(self, current: int, share: float) -> None:
        assert RuleProgress(current, 4).share == share


class TestLeaderboards:
    def run(self, streak: int, lapses_at: datetime | None) -> TrackStreaks:
        return TrackStreaks(streak=streak, unit=StreakUnit(1, UnitBase.DAY), longest_of={"day": 9}, lapses_at=lapses_at)

    @pytest.mark.parametrize(
        ("one", "other", "best"),
        [
            ((3, NOON + DAY), (5, NOON + DAY), BoardValue(5, NOON + DAY)),
            ((5, NOON + DAY), (3, None), BoardValue(5, NOON + DAY)),
            ((5, NOON + DAY), (5, NOON + 2 * DAY), BoardValue(5, NOON + 2 * DAY)),
            ((5, NOON + DAY), (5, None), BoardValue(5)),
            ((5, None), (5, NOON + DAY), BoardValue(5)),
        ],
    )
    def test_of_two_tracks_the_higher_counts_and_of_equals_the_one_that_holds_longer(
        self, one: tuple[int, datetime | None], other: tuple[int, datetime | None], best: BoardValue
    ) -> None:
        values = streak_values([self.run(*one), self.run(*other)], NOON)
        assert values[Board.CURRENT, "day"] == best
        assert values[Board.LONGEST, "day"] == BoardValue(9)


class TestLimits:
    def test_there_is_room_for_so_many_habits(self) -> None:
        check_habit_limit(current=MAX_HABITS - 1, what="habits")
        with pytest.raises(DomainError, match="habits") as refusal:
            check_habit_limit(current=MAX_HABITS, what="habits", field="habit")
        assert (refusal.value.code, refusal.value.field) == ("too_many", "habit")

    @pytest.mark.parametrize(("amount", "days"), [("0.01", 1), ("5", MAX_DAYS)])
    def test_a_goal_that_asks_for_something_is_fine(self, amount: str, days: int) -> None:
        check_target(amount=Decimal(amount), days=days)

    @pytest.mark.parametrize(
        ("amount", "days", "field"),
        [("0", 1, "amount"), ("-1", 1, "amount"), ("1", 0, "days"), ("1", MAX_DAYS + 1, "days")],
    )
    def test_a_goal_that_asks_for_nothing_or_too_much_is_refused(self, amount: str, days: int, field: str) -> None:
        with pytest.raises(DomainError) as refusal:
            check_target(amount=Decimal(amount), days=days)
        assert refusal.value.field == field


def test_a_success_rate_is_of_days_and_none_where_nothing_was_asked() -> None:
    assert success_rate([]) is None
    assert success_rate([DecidedPeriod(MONDAY, 1, 1), DecidedPeriod(MONDAY + 7 * DAY, 1, 3)]) == 0.5


def test_what_is_not_given_is_neither_true_nor_false() -> None:
    """`if value:` would take it for a value that was given."""
    with pytest.raises(TypeError):
        bool(UNSET)


def test_a_challenge_starts_within_a_year() -> None:
    far = MONDAY + (MAX_CHALLENGE_DAYS + 1) * DAY
    validate_days(first_day=far - DAY, last_day=far, today=MONDAY)
    with pytest.raises(DomainError) as refused:
        validate_days(first_day=far, last_day=far, today=MONDAY)
    assert refused.value.code == "too_far_ahead"


def test_an_address_with_more_than_one_mailbox_in_it_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        check_email("a@b@example.org")
    assert refused.value.code == "invalid"


def test_a_digest_planned_before_its_zone_changed_is_not_repeated() -> None:
    """An occurrence that now lies before the planned one is neither sent nor counted as missed."""
    weekly = WeeklyTime(Clock("UTC"), weekday=0, hour=8)
    planned = Occurrence(MONDAY - DAY, weekly.first_after(NOON - DAY).at + timedelta(hours=1))
    assert weekly.latest(planned, NOON) == (planned, 0)
    assert weekly.latest(planned, NOON + 14 * DAY) == (
        Occurrence(MONDAY + 14 * DAY, weekly.first_after(NOON + 13 * DAY).at),
        2,
    )


def test_a_return_on_the_day_after_a_skipped_date_takes_the_cut_away_in_time() -> None:
    cut, back = date(2011, 12, 29), date(2011, 12, 31)  # Samoa had no 30th
    daily, every_other = Schedule(Frequency.DAILY), Schedule(Frequency.DAILY, interval=2)
    versions = [Version(None, daily), Version(cut, every_other), Version(back, daily)]
    found = {zone: len(segments_of(versions, FROM_MONDAY, cut, Clock(zone).exists)) for zone in ("Pacific/Apia", "UTC")}
    assert found == {"Pacific/Apia": 1, "UTC": 3}


def test_a_day_in_a_path_is_refused_as_an_error_of_the_path() -> None:
    assert day_in_path("2026-11-23") == MONDAY
    with pytest.raises(DomainError):
        day_in_path("20261123")


def test_a_domain_that_cannot_be_decoded_stands_as_it_is() -> None:
    assert email_lookup_key("a@xn--é.example") == "a@xn--é.example"


def test_what_calls_itself_pure_is_held_to_it() -> None:
    """The contract of import-linter in pyproject.toml names it, or the package that it is in."""
    held = [name.removesuffix(".py").removesuffix("/__init__") for name in pure_modules()]
    assert len(held) == len(set(held))
    loose = []
    for path in sorted(ROOT.glob("[a-z]*/**/*.py")):
        name = str(path.relative_to(ROOT).with_suffix("")).removesuffix("/__init__")
        if name.startswith(("client/", "tests/")) or name in held:
            continue
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path.name == "rules.py" or re.search(r"\bPure\b", text):
            loose.append(name)
    assert loose == []

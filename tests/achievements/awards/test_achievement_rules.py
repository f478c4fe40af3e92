"""The rules of achievements, as pure functions of facts."""

from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest

from achievements.awards import rules
from achievements.awards.rules import (
    KINDS,
    Needs,
    Rule,
    TrackFacts,
    earned,
    progress,
    validate,
)
from common.errors import DomainError
from habits.recurrence import Frequency, Plan, Schedule, Version
from habits.units import StreakUnit

DAY_UNIT, WEEK_UNIT = StreakUnit.parse("day"), StreakUnit.parse("week")
TODAY = date(2026, 11, 21)
STARTING_SET = import_module("achievements.migrations.0002_starting_set").STARTING_SET


def plan(first: date = date(2025, 1, 1), *, last: date | None = None, **schedule: Any) -> Plan:
    schedule = {"frequency": Frequency.DAILY} | schedule
    return Plan(versions=[Version(None, Schedule(**schedule))], anchor=first, first=first, last=last)


def days(*spans: tuple[str, str] | str) -> list[date]:
    """Return the single days, and all days of the spans (both ends included)."""
    found: list[date] = []
    for span in spans:
        first, last = (span, span) if isinstance(span, str) else span
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            found.append(day)
            day += timedelta(days=1)
    return found


def facts(*spans: tuple[str, str] | str, of: Plan | None = None, **known: Any) -> TrackFacts:
    done = days(*spans)
    given: dict[str, Any] = {"today": TODAY, "plan": of or plan(), "days": done, "total_days": len(done)}
    return TrackFacts(**given | known)


class TestStreak:
    seven = Rule("streak", 7, unit="day")

    @pytest.mark.parametrize(("longest", "is_earned"), [(6, False), (7, True), (8, True)])
    def test_it_is_earned_by_the_longest_streak(self, longest: int, is_earned: bool) -> None:
        assert earned(self.seven, facts(longest={DAY_UNIT: longest})) is is_earned

    def test_another_unit_does_not_count(self) -> None:
        assert not earned(self.seven, facts(longest={WEEK_UNIT: 9, DAY_UNIT: 3}, streak=9, unit=WEEK_UNIT))

    def test_without_a_unit_any_counts(self) -> None:
        assert earned(Rule("streak", 7), facts(longest={StreakUnit.parse("3 days"): 7, DAY_UNIT: 3}))

    def test_progress_is_the_current_streak(self) -> None:
        assert progress(self.seven, facts(longest={DAY_UNIT: 6}, streak=2)) == rules.RuleProgress(2, 7)
        assert progress(self.seven, facts(longest={WEEK_UNIT: 6}, streak=2, unit=WEEK_UNIT)) == rules.RuleProgress(0, 7)


@pytest.mark.parametrize(("total_days", "is_earned"), [(0, False), (99, False), (100, True), (101, True)])
def test_total_days(total_days: int, is_earned: bool) -> None:
    assert earned(Rule("days", 100), facts(total_days=total_days)) is is_earned


class TestDaysInWindow:
    three_of_five = Rule("days_in_window", 3, 5)

    @pytest.mark.parametrize(
        ("done", "is_earned"),
        [
            (("2026-11-01", "2026-11-03", "2026-11-05"), True),
            (("2026-11-01", "2026-11-03", "2026-11-06"), False),
            (("2026-10-01", "2026-11-01", "2026-11-02", "2026-11-03"), True),
            (("2026-11-01", "2026-11-02"), False),
            ((), False),
        ],
    )
    def test_enough_days_within_the_window_earn_it(self, done: tuple[str, ...], is_earned: bool) -> None:
        assert earned(self.three_of_five, facts(*done)) is is_earned

    def test_progress_counts_the_window_that_ends_today(self) -> None:
        done = ("2026-11-10", "2026-11-11", "2026-11-17", "2026-11-21")
        assert progress(self.three_of_five, facts(*done)) == rules.RuleProgress(2, 3)

    def test_one_day_of_one_is_enough(self) -> None:
        assert earned(Rule("days_in_window", 1, 1), facts("2026-11-01"))


class TestFullMonth:
    month = Rule("full_month", 1)

    def test_a_daily_habit_needs_every_day(self) -> None:
        assert earned(self.month, facts(("2026-10-01", "2026-10-31")))
        assert not earned(self.month, facts(("2026-10-02", "2026-10-31")))
        assert not earned(self.month, facts(("2026-10-01", "2026-10-30")))
        assert not earned(self.month, facts(("2026-09-15", "2026-10-15")))

    def test_a_leap_february_has_29(self) -> None:
        early = {"of": plan(date(2024, 1, 1))}
        assert not earned(self.month, facts(("2024-02-01", "2024-02-28"), **early))
        assert earned(self.month, facts(("2024-02-01", "2024-02-29"), **early))

    def test_only_scheduled_weekdays_count(self) -> None:
        mondays = plan(weekdays=frozenset({0}))
        asked = ["2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26"]
        assert earned(self.month, facts(*asked, of=mondays))
        assert not earned(self.month, facts(*asked[1:], of=mondays))

    def test_a_month_in_which_the_habit_begins_or_ends_is_not_full(self) -> None:
        for given in ({"first": date(2026, 10, 2)}, {"last": date(2026, 10, 30)}):
            found = plan(**given)
            done = ("2026-10-02", "2026-10-30") if "first" not in given else ("2026-10-02", "2026-10-31")
            assert not earned(self.month, facts(done, of=found))

    def test_any_day_of_a_window_keeps_it(self) -> None:
        thirds = plan(date(2026, 9, 29), interval=3)  # windows from October 2, 5, ..., 29
        done = [f"2026-10-{day:02}" for day in range(3, 31, 3)]  # the second day of each: 3, 6, ..., 30
        assert earned(self.month, facts(*done, of=thirds))
        assert not earned(self.month, facts(*done[1:], of=thirds))
        assert not earned(self.month, facts(*done[:-1], of=thirds))
        assert earned(self.month, facts(*done[:-1], "2026-10-31", of=thirds))

    def test_a_month_without_target_days_after_a_schedule_change_is_not_full(self) -> None:
        daily, monthly = Schedule(Frequency.DAILY), Schedule(Frequency.MONTHLY, times_per_period=5)
        changed = Plan(
            versions=[Version(None, daily), Version(date(2026, 10, 2), monthly)],
            anchor=date(2026, 1, 1),
            first=date(2026, 1, 1),
        )
        assert not earned(self.month, facts("2026-10-01", of=changed))

    def test_a_date_that_the_time_zone_skips_is_not_needed(self) -> None:
        apia = Plan(
            versions=plan().versions,
            anchor=date(2011, 1, 1),
            first=date(2011, 1, 1),
            exists=lambda day: day != date(2011, 12, 30),
        )
        assert earned(self.month, facts(("2011-12-01", "2011-12-29"), "2011-12-31", of=apia))

    def test_progress_counts_the_current_month(self) -> None:
        assert progress(self.month, facts(("2026-10-05", "2026-11-06"))) == rules.RuleProgress(6, 30)


@pytest.mark.parametrize(("strength", "is_earned"), [(0.7999, False), (0.8, True), (0.29, False), (1.0, True)])
def test_reaching_the_strength_earns_it(strength: float, is_earned: bool) -> None:
    assert earned(Rule("strength", 80), facts(strength=strength)) is is_earned
    assert progress(Rule("strength", 29), facts(strength=0.29)).is_full


class TestComeback:
    fortnight = Rule("comeback", 14)

    @pytest.mark.parametrize(
        ("done", "is_earned"),
        [
            (("2026-10-01", "2026-10-16"), True),  # fourteen days without
            (("2026-10-01", "2026-10-15"), False),
            (("2026-10-16",), False),  # nothing was completed before
            (("2026-10-01", "2026-10-08", "2026-10-16"), False),
        ],
    )
    def test_completing_a_day_after_a_long_enough_gap_earns_it(self, done: tuple[str, ...], is_earned: bool) -> None:
        assert earned(self.fortnight, facts(*done)) is is_earned

    def test_a_gap_within_which_nothing_was_due_is_no_break(self) -> None:
        monthly = plan(frequency=Frequency.MONTHLY, times_per_period=5)
        assert not earned(self.fortnight, facts(("2026-09-01", "2026-09-05"), ("2026-10-20", "2026-10-24"), of=monthly))
        assert earned(self.fortnight, facts(("2026-08-01", "2026-08-05"), "2026-10-20", of=monthly))


@pytest.mark.parametrize(("habits", "is_earned"), [(2, False), (3, True), (4, True)])
def test_enough_different_habits_in_a_day_earn_it(habits: int, is_earned: bool) -> None:
    assert earned(Rule("habits_in_a_day", 3), facts(habits=habits)) is is_earned


class TestValidation:
    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            (Rule("luck", 1), "kind"),
            (Rule("streak", 0, unit="day"), "target"),
            (Rule("streak", rules.MAX_TARGET + 1), "target"),
            (Rule("streak", 7, unit="fortnight"), "unit"),
            (Rule("streak", 7, 9), "window_days"),
            (Rule("days", 7, unit="day"), "unit"),
            (Rule("days_in_window", 7), "window_days"),
            (Rule("days_in_window", 7, 6), "window_days"),
            (Rule("days_in_window", 7, rules.MAX_WINDOW_DAYS + 1), "window_days"),
            (Rule("full_month", 2), "target"),
            (Rule("strength", 101), "target"),
            (Rule("comeback", rules.MIN_BREAK_DAYS - 1), "target"),
            (Rule("habits_in_a_day", 1), "target"),
        ],
    )
    def test_an_invalid_rule_is_refused_naming_the_field(self, rule: Rule, field: str) -> None:
        with pytest.raises(DomainError) as refused:
            validate(rule, has_habit=False)
        assert refused.value.field == field

    def test_a_rule_that_counts_habits_cannot_belong_to_one(self) -> None:
        validate(Rule("habits_in_a_day", 3), has_habit=False)
        with pytest.raises(DomainError) as refused:
            validate(Rule("habits_in_a_day", 3), has_habit=True)
        assert refused.value.field == "habit"

    @pytest.mark.parametrize("row", STARTING_SET, ids=lambda row: row[3][0])
    def test_the_starting_set_is_valid_in_both_languages(self, row: Any) -> None:
        picture, kind, numbers, english, russian = row
        validate(Rule(kind, **numbers), has_habit=False)
        assert picture and all(english) and all(russian)
        assert all(len(name) <= 100 and len(description) <= 300 for name, description in (english, russian))

    def test_the_starting_set_has_every_kind_and_seven_days_in_a_row(self) -> None:
        assert {kind for _, kind, *_ in STARTING_SET} == set(KINDS)
        assert ("streak", {"target": 7, "unit": "day"}) in [row[1:3] for row in STARTING_SET]


class TestNeededDays:
    def test_needs_are_combined(self) -> None:
        both = Needs(days_around=3, max_total_days=7) | Needs(days_around=9, max_total_days=5, habits=True) | Needs()
        assert both == Needs(days_around=9, max_total_days=7, habits=True)

    def test_a_window_reaches_to_both_sides_of_the_day(self) -> None:
        needs = rules.combined_needs([Rule("days_in_window", 3, 5)])
        assert needs.range_around(TODAY) == (date(2026, 11, 17), date(2026, 11, 25))

    def test_a_month_is_read_with_the_windows_that_cross_its_ends(self) -> None:
        assert Needs(month=True).range_around(date(2026, 11, 3)) == (date(2026, 10, 1), date(2026, 12, 7))

    def test_with_the_opposite_of_a_day(self) -> None:
        known = facts("2026-11-20", habits=2)
        without = known.with_day_toggled(date(2026, 11, 20))
        assert (without.days, without.total_days, without.habits) == ([], 0, 1)
        assert without.with_day_toggled(date(2026, 11, 20)) == known

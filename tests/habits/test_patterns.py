"""The pattern classes: periods without gaps, rates, and the registry from which everything else takes its numbers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits import rules
from habits.patterns import (
    MAX_INTERVAL,
    PATTERNS,
    UNITS,
    Daily,
    EveryNDays,
    Frequency,
    Monthly,
    Pattern,
    Rate,
    Weekly,
    Yearly,
    pattern_class,
    pattern_of,
    takes_interval,
)
from habits.recurrence import Plan, Version
from habits.units import UnitBase

DAY = timedelta(days=1)
MON, WED = 0, 2
patterns = st.sampled_from([each(interval=number) for each in PATTERNS for number in each.intervals])
days = st.dates(date(1970, 1, 1), date(2199, 12, 31))


@given(pattern=patterns, day=days, anchor=days)
def test_every_day_is_in_exactly_one_period(pattern: Pattern, day: date, anchor: date) -> None:
    first = pattern.start(day, anchor)
    following = pattern.next_start(first)
    assert first <= day < following
    assert pattern.start(following - DAY, anchor) == first
    assert pattern.start(following, anchor) == following


@given(pattern=patterns, day=days, anchor=days)
def test_no_period_is_longer_than_its_unit(pattern: Pattern, day: date, anchor: date) -> None:
    first = pattern.start(day, anchor)
    assert (pattern.next_start(first) - first).days <= pattern.unit.count * pattern.unit.base.max_days


def test_a_week_starts_on_the_weekday_of_its_anchor() -> None:
    sunday, thursday = date(2024, 3, 31), date(2024, 4, 4)
    assert Weekly().start(thursday, sunday - DAY * 70) == sunday
    assert Weekly().start(thursday, sunday + DAY) == sunday + DAY


@pytest.mark.parametrize(
    ("pattern", "times", "expected"),
    [
        (Daily(), 1, Rate(1, 1)),
        (Daily(frozenset({MON, WED})), 1, Rate(2, 7)),
        (EveryNDays(interval=5), 1, Rate(1, 5)),
        (Weekly(frozenset({MON, WED})), 2, Rate(2, 7)),
        (Weekly(frozenset({MON, WED})), 1, Rate(1, 7)),
        (Weekly(frozenset({MON, WED})), 5, Rate(2, 7)),
        (Weekly(), 7, Rate(1, 1)),
        (Monthly(), 5, Rate(5, 30)),
        (Yearly(), 53, Rate(53, 365)),
    ],
)
def test_the_rate_is_what_the_pattern_requires(pattern: Pattern, times: int, expected: Rate) -> None:
    assert pattern.rate(times) == expected


def test_patterns_are_equal_if_class_weekdays_and_interval_are() -> None:
    assert pattern_of(Frequency.DAILY, 1, frozenset()) == Daily()
    assert len({Daily(), Weekly(), Weekly(frozenset({MON})), Weekly(frozenset({MON}))}) == 3
    assert EveryNDays(interval=2) != EveryNDays(interval=3)


def test_the_registry_has_one_class_for_each_frequency_and_interval() -> None:
    pairs = [(each.frequency, interval) for each in PATTERNS for interval in each.intervals]
    assert len(pairs) == len(set(pairs))
    assert {pattern_class(frequency).frequency for frequency in Frequency} == set(Frequency)
    assert [takes_interval(Frequency.DAILY, interval) for interval in (0, 1, 2, 7, 8)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert (MAX_INTERVAL, takes_interval(Frequency.WEEKLY, 2)) == (7, False)


def test_the_units_are_those_that_a_pattern_can_have() -> None:
    assert [str(unit) for unit in UNITS] == [
        "day",
        *(f"{days} days" for days in range(2, 8)),
        "week",
        "month",
        "year",
    ]


class EveryNWeeks(Pattern):
    """What a new frequency takes: weeks in groups, counted from the week of the anchor."""

    frequency, unit_base = Frequency.WEEKLY, UnitBase.WEEK
    max_times = 28
    intervals = range(2, 5)

    def start(self, day: date, anchor: date) -> date:
        monday, first = (each - DAY * each.weekday() for each in (day, anchor))
        return monday - DAY * ((monday - first).days % (7 * self.interval))

    def next_start(self, first: date) -> date:
        return first + DAY * 7 * self.interval


def test_a_new_frequency_is_one_class_and_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("habits.patterns.PATTERNS", (*PATTERNS, EveryNWeeks))
    pattern_of.cache_clear()
    given = {"frequency": Frequency.WEEKLY, "interval": 2, "weekdays": frozenset({MON})}
    schedule = rules.complete_schedule(given, base=None, max_gap_days=7)
    rules.check_schedule(schedule)
    rules.check_min_frequency(schedule, max_gap_days=7)
    assert (schedule.times_per_period, schedule.rate, str(schedule.streak_unit)) == (2, Rate(1, 7), "2 weeks")
    monday = date(2024, 4, 1)
    plan = Plan([Version(None, schedule)], anchor=monday, first=monday)
    found = list(plan.periods(monday, monday + DAY * 20))
    assert [(each.first, each.last) for each in found] == [
        (monday, monday + DAY * 13),
        (monday + DAY * 14, monday + DAY * 27),
    ]
    assert (found[0].target_days, found[0].required) == ((monday, monday + DAY * 7), 2)
    pattern_of.cache_clear()

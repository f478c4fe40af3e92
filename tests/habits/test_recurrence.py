"""Periods of each schedule, and the effect of versions, start and end dates, and skipped dates on them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from habits.recurrence import Frequency, Period, Plan, Schedule, Version, in_force
from habits.units import StreakUnit
from users.timing import Clock

DAY = timedelta(days=1)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
DAILY = Schedule(Frequency.DAILY)
WEEKLY = Schedule(Frequency.WEEKLY)
# A Monday, the first of a month and of a quarter.
MONDAY = date(2024, 4, 1)


def every(n: int) -> Schedule:
    return Schedule(Frequency.DAILY, interval=n)


def on(frequency: Frequency, *weekdays: int, times: int = 1) -> Schedule:
    return Schedule(frequency, weekdays=frozenset(weekdays), times_per_period=times)


def plan(
    schedule: Schedule,
    *changes: tuple[date, Schedule],
    first: date = MONDAY,
    last: date | None = None,
    anchor: date | None = None,
    exists: Callable[[date], bool] = lambda day: True,
) -> Plan:
    """Return the plan of a track that starts on `first` and whose schedule changes on the given days."""
    versions = [Version(None, schedule), *(Version(day, changed) for day, changed in changes)]
    return Plan(versions, anchor or first, first, last, exists)


def periods(plan: Plan, until: date) -> list[Period]:
    return list(plan.periods(plan.first, until))


def spans(plan: Plan, until: date) -> list[tuple[date, date]]:
    return [(period.first, period.last) for period in periods(plan, until)]


def only(plan: Plan, day: date) -> Period:
    period = plan.period_of(day)
    assert period is not None
    return period


def days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + DAY * n for n in range((last - first).days + 1))


# --- Periods of each schedule ----------------------------------------------------------------------------


def test_daily_each_day_is_a_period_and_its_own_target_day() -> None:
    first, second = periods(plan(DAILY), MONDAY + DAY)
    assert first == Period(MONDAY, MONDAY, StreakUnit.parse("day"), 1, (MONDAY,), (MONDAY,))
    assert second.first == MONDAY + DAY


def test_daily_on_weekdays_only_those_days_are_periods() -> None:
    found = periods(plan(on(Frequency.DAILY, MON, WED, FRI)), MONDAY + DAY * 6)
    assert [period.first for period in found] == [MONDAY, MONDAY + DAY * 2, MONDAY + DAY * 4]
    assert {(period.required, str(period.unit)) for period in found} == {(1, "day")}


@pytest.mark.parametrize("n", range(2, 8))
def test_every_n_days_the_first_day_of_a_window_is_the_target_and_all_its_days_count(n: int) -> None:
    first, second = periods(plan(every(n)), MONDAY + DAY * n)
    window = days(MONDAY, MONDAY + DAY * (n - 1))
    assert first == Period(MONDAY, window[-1], StreakUnit.parse(f"{n} days"), 1, (MONDAY,), window)
    assert second.first == MONDAY + DAY * n


def test_weekly_runs_from_monday_to_sunday_and_every_day_is_a_target() -> None:
    week = days(MONDAY, MONDAY + DAY * 6)
    assert periods(plan(on(Frequency.WEEKLY, times=3)), MONDAY) == [
        Period(MONDAY, week[-1], StreakUnit.parse("week"), 3, week, week)
    ]


def test_weekly_on_weekdays_only_those_days_are_targets_and_count() -> None:
    period = only(plan(on(Frequency.WEEKLY, TUE, SAT, times=2)), MONDAY)
    assert period.target_days == period.counting_days == (MONDAY + DAY, MONDAY + DAY * 5)
    assert (period.first, period.last, period.required) == (MONDAY, MONDAY + DAY * 6, 2)


def test_monthly_is_the_calendar_month() -> None:
    month = days(MONDAY, date(2024, 4, 30))
    assert periods(plan(on(Frequency.MONTHLY, times=5)), MONDAY) == [
        Period(MONDAY, month[-1], StreakUnit.parse("month"), 5, month, month)
    ]


def test_yearly_is_the_calendar_year() -> None:
    first = date(2025, 1, 1)
    year = days(first, date(2025, 12, 31))
    assert periods(plan(on(Frequency.YEARLY, times=53), first=first), first) == [
        Period(first, year[-1], StreakUnit.parse("year"), 53, year, year)
    ]


@pytest.mark.parametrize(
    ("schedule", "day", "required"),
    [
        (on(Frequency.WEEKLY, MON, TUE, times=5), MONDAY, 2),
        (on(Frequency.MONTHLY, MON, times=5), date(2024, 2, 5), 4),  # four Mondays
        (on(Frequency.MONTHLY, MON, times=5), date(2024, 4, 1), 5),  # five
        (on(Frequency.YEARLY, SUN, times=60), date(2024, 1, 7), 52),
        (on(Frequency.MONTHLY, times=28), date(2024, 2, 1), 28),
    ],
)
def test_required_is_times_per_period_but_not_more_than_the_target_days(
    schedule: Schedule, day: date, required: int
) -> None:
    assert only(plan(schedule, first=date(2024, 1, 1)), day).required == required


def test_is_target_is_true_for_target_days_only() -> None:
    asks = plan(on(Frequency.WEEKLY, TUE))
    assert [asks.is_target(MONDAY + DAY * n) for n in range(3)] == [False, True, False]
    windows = plan(every(3))
    assert [windows.is_target(MONDAY + DAY * n) for n in range(4)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("schedule", "unit"),
    [
        (DAILY, "day"),
        (on(Frequency.DAILY, MON), "day"),
        (every(2), "2 days"),
        (every(7), "7 days"),
        (WEEKLY, "week"),
        (Schedule(Frequency.MONTHLY), "month"),
        (Schedule(Frequency.YEARLY), "year"),
    ],
)
def test_the_streak_unit_follows_from_the_schedule(schedule: Schedule, unit: str) -> None:
    assert str(schedule.streak_unit) == unit
    assert only(plan(schedule), MONDAY).unit == schedule.streak_unit


# --- Calendars -------------------------------------------------------------------------------------------


def test_months_have_their_calendar_length() -> None:
    found = spans(plan(Schedule(Frequency.MONTHLY), first=date(2023, 12, 1)), date(2024, 5, 1))
    assert [last for _, last in found] == [
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2024, 4, 30),
        date(2024, 5, 31),
    ]


@pytest.mark.parametrize(("year", "length"), [(2023, 365), (2024, 366), (2000, 366), (2100, 365)])
def test_a_leap_year_has_one_more_day(year: int, length: int) -> None:
    yearly = plan(Schedule(Frequency.YEARLY), first=date(year, 1, 1))
    assert len(only(yearly, date(year, 6, 1)).target_days) == length
    daily = plan(DAILY, first=date(year, 2, 28))
    assert (date(year, 2, 28) + DAY).day == (29 if length == 366 else 1)
    assert len(periods(daily, date(year, 3, 1))) == length - 363


def test_windows_continue_over_the_leap_day_and_the_end_of_the_year() -> None:
    found = spans(plan(every(3), first=date(2024, 2, 28)), date(2024, 3, 2))
    assert found == [(date(2024, 2, 28), date(2024, 3, 1)), (date(2024, 3, 2), date(2024, 3, 4))]
    assert (date(2023, 12, 30), date(2024, 1, 2)) in spans(plan(every(4), first=date(2023, 12, 30)), date(2024, 1, 1))


def test_weeks_continue_over_the_end_of_the_year() -> None:
    assert spans(plan(WEEKLY, first=date(2024, 12, 30)), date(2025, 1, 6)) == [
        (date(2024, 12, 30), date(2025, 1, 5)),
        (date(2025, 1, 6), date(2025, 1, 12)),
    ]


# --- Anchors ---------------------------------------------------------------------------------------------


def test_windows_start_at_the_habits_anchor_not_at_the_tracks_first_day() -> None:
    # Bob starts to follow alice's habit, which began on Monday, on the second day of a window.
    followed = plan(every(3), first=MONDAY + DAY * 4, anchor=MONDAY)
    assert spans(followed, MONDAY + DAY * 6) == [
        (MONDAY + DAY * 4, MONDAY + DAY * 5),
        (MONDAY + DAY * 6, MONDAY + DAY * 8),
    ]
    assert [period.cut for period in periods(followed, MONDAY + DAY * 6)] == [True, False]


def test_windows_also_exist_before_the_anchor() -> None:
    earlier = plan(every(3), first=MONDAY - DAY * 3, anchor=MONDAY)
    assert spans(earlier, MONDAY) == [(MONDAY - DAY * 3, MONDAY - DAY), (MONDAY, MONDAY + DAY * 2)]


def test_windows_of_a_version_start_at_its_first_day() -> None:
    changed = plan(every(3), (MONDAY + DAY * 4, every(2)))
    assert spans(changed, MONDAY + DAY * 6) == [
        (MONDAY, MONDAY + DAY * 2),
        (MONDAY + DAY * 3, MONDAY + DAY * 3),
        (MONDAY + DAY * 4, MONDAY + DAY * 5),
        (MONDAY + DAY * 6, MONDAY + DAY * 7),
    ]


def test_windows_of_a_version_start_at_its_first_day_even_if_the_track_starts_later() -> None:
    changed = plan(DAILY, (MONDAY, every(3)), first=MONDAY + DAY * 4, anchor=MONDAY - DAY * 30)
    assert spans(changed, MONDAY + DAY * 6)[1] == (MONDAY + DAY * 6, MONDAY + DAY * 8)


# --- Versions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        on(Frequency.WEEKLY, MON, TUE, WED, THU, FRI, times=3),
        Schedule(Frequency.MONTHLY, times_per_period=5),
        every(2),
    ],
    ids=["weekdays", "frequency", "interval"],
)
def test_a_change_of_frequency_interval_or_weekdays_cuts_the_running_period(changed: Schedule) -> None:
    wednesday = MONDAY + DAY * 2
    running = periods(plan(on(Frequency.WEEKLY, times=3), (wednesday, changed)), wednesday)[0]
    assert (running.first, running.last, running.cut) == (MONDAY, wednesday - DAY, True)
    assert running.target_days == running.counting_days == days(MONDAY, wednesday - DAY)


def test_a_cut_period_keeps_its_required_number() -> None:
    running = only(plan(on(Frequency.WEEKLY, times=3), (MONDAY + DAY * 2, DAILY)), MONDAY)
    assert running.required == 3


@pytest.mark.parametrize(
    ("changed", "starts"),
    [
        (DAILY, date(2024, 4, 10)),
        (on(Frequency.DAILY, MON), date(2024, 4, 15)),
        (every(5), date(2024, 4, 10)),
        (on(Frequency.WEEKLY, WED), date(2024, 4, 15)),
        (Schedule(Frequency.MONTHLY), date(2024, 5, 1)),
        (Schedule(Frequency.YEARLY), date(2025, 1, 1)),
    ],
)
def test_the_first_period_of_a_version_starts_at_its_first_natural_start(changed: Schedule, starts: date) -> None:
    wednesday = date(2024, 4, 10)
    changing = plan(every(3), (wednesday, changed))
    assert next(changing.periods(wednesday)).first == starts
    assert all(changing.period_of(day) is None for day in days(wednesday, starts - DAY))
    assert not any(changing.is_target(day) for day in days(wednesday, starts - DAY))


def test_a_version_that_starts_with_a_natural_period_skips_no_day_and_cuts_nothing() -> None:
    changed = plan(WEEKLY, (MONDAY + DAY * 7, on(Frequency.WEEKLY, MON)))
    found = periods(changed, MONDAY + DAY * 7)
    assert [(period.first, period.cut) for period in found] == [(MONDAY, False), (MONDAY + DAY * 7, False)]


def test_a_version_replaced_before_its_first_natural_start_has_no_period() -> None:
    changing = plan(DAILY, (MONDAY + DAY, WEEKLY), (MONDAY + DAY * 3, every(2)))
    assert spans(changing, MONDAY + DAY * 4) == [(MONDAY, MONDAY), (MONDAY + DAY * 3, MONDAY + DAY * 4)]


def test_returning_to_an_earlier_schedule_is_also_a_change() -> None:
    changing = plan(WEEKLY, (MONDAY + DAY * 2, DAILY), (MONDAY + DAY * 4, WEEKLY))
    assert spans(changing, MONDAY + DAY * 7) == [
        (MONDAY, MONDAY + DAY),
        (MONDAY + DAY * 2, MONDAY + DAY * 2),
        (MONDAY + DAY * 3, MONDAY + DAY * 3),
        (MONDAY + DAY * 7, MONDAY + DAY * 13),
    ]


def test_a_changed_times_per_period_takes_effect_with_the_next_period_and_cuts_nothing() -> None:
    found = periods(plan(WEEKLY, (MONDAY + DAY * 2, on(Frequency.WEEKLY, times=4))), MONDAY + DAY * 14)
    assert [(period.required, period.cut) for period in found] == [(1, False), (4, False), (4, False)]


def test_a_changed_times_per_period_takes_effect_at_once_on_a_periods_first_day() -> None:
    found = periods(plan(WEEKLY, (MONDAY + DAY * 7, on(Frequency.WEEKLY, times=4))), MONDAY + DAY * 7)
    assert [period.required for period in found] == [1, 4]


def test_of_several_changes_within_a_period_the_last_takes_effect_with_the_next_period() -> None:
    changes = [(MONDAY + DAY * n, on(Frequency.WEEKLY, times=n)) for n in (2, 3, 5)]
    found = periods(plan(WEEKLY, *changes), MONDAY + DAY * 7)
    assert [period.required for period in found] == [1, 5]


def test_a_changed_amount_or_unit_changes_no_period() -> None:
    more = Schedule(Frequency.DAILY, interval=3, daily_amount=WEEKLY.daily_amount * 8, unit="glasses")
    assert periods(plan(every(3), (MONDAY + DAY, more)), MONDAY + DAY * 9) == periods(plan(every(3)), MONDAY + DAY * 9)


def test_the_schedule_in_force_is_the_latest_that_has_started() -> None:
    changing = plan(DAILY, (MONDAY, WEEKLY), (MONDAY + DAY * 2, every(2)))
    assert [changing.in_force(MONDAY + DAY * n) for n in range(-1, 4)] == [DAILY, WEEKLY, WEEKLY, every(2), every(2)]
    assert in_force(changing.versions, MONDAY + DAY).starts_on == MONDAY


# --- The ends of track and habit -------------------------------------------------------------------------


def test_the_first_day_of_a_track_cuts_its_first_period() -> None:
    thursday = MONDAY + DAY * 3
    first, second = periods(plan(on(Frequency.WEEKLY, MON, SAT, times=2), first=thursday), MONDAY + DAY * 7)
    assert (first.first, first.last, first.required, first.cut) == (thursday, MONDAY + DAY * 6, 2, True)
    assert first.target_days == first.counting_days == (MONDAY + DAY * 5,)
    assert not second.cut


def test_the_last_day_of_a_habit_cuts_its_last_period_and_nothing_follows() -> None:
    ending = plan(WEEKLY, last=MONDAY + DAY * 9)
    first, second = ending.periods(MONDAY)
    assert not first.cut
    assert (second.first, second.last, second.cut) == (MONDAY + DAY * 7, MONDAY + DAY * 9, True)
    assert second.target_days == days(MONDAY + DAY * 7, MONDAY + DAY * 9)
    assert ending.period_of(MONDAY + DAY * 10) is None


def test_a_start_or_end_at_the_edge_of_a_period_cuts_nothing() -> None:
    (whole,) = plan(WEEKLY, last=MONDAY + DAY * 6).periods(MONDAY)
    assert not whole.cut


def test_a_cut_window_may_have_no_target_day() -> None:
    window = periods(plan(every(4), first=MONDAY + DAY, anchor=MONDAY), MONDAY + DAY)[0]
    assert window.target_days == ()
    assert window.counting_days == days(MONDAY + DAY, MONDAY + DAY * 3)


def test_a_period_can_be_cut_on_both_sides() -> None:
    (period,) = plan(Schedule(Frequency.YEARLY), first=MONDAY, last=MONDAY + DAY * 2).periods(MONDAY)
    assert (period.target_days, period.cut) == (days(MONDAY, MONDAY + DAY * 2), True)


def test_there_are_no_periods_before_the_track_or_after_the_habit() -> None:
    track = plan(DAILY, last=MONDAY + DAY)
    assert track.period_of(MONDAY - DAY) is None
    assert list(track.periods(MONDAY - DAY * 9, MONDAY - DAY)) == []
    assert list(track.periods(MONDAY + DAY * 2)) == []
    assert not track.is_target(MONDAY - DAY)


def test_a_version_after_the_end_of_the_habit_has_no_periods() -> None:
    assert spans(plan(DAILY, (MONDAY + DAY * 3, WEEKLY), last=MONDAY), MONDAY + DAY * 30) == [(MONDAY, MONDAY)]


# --- Ranges ----------------------------------------------------------------------------------------------


def test_the_periods_of_a_range_are_those_that_overlap_it() -> None:
    weeks = plan(WEEKLY)
    touched = list(weeks.periods(MONDAY + DAY * 6, MONDAY + DAY * 7))
    assert [period.first for period in touched] == [MONDAY, MONDAY + DAY * 7]
    assert [period.cut for period in touched] == [False, False]


def test_the_periods_of_a_range_that_starts_after_a_version_are_those_of_the_version() -> None:
    changed = plan(WEEKLY, (MONDAY + DAY * 2, DAILY))
    assert [period.first for period in changed.periods(MONDAY + DAY * 3, MONDAY + DAY * 3)] == [MONDAY + DAY * 3]


@pytest.mark.parametrize(
    ("day", "unit"),
    [
        (MONDAY - DAY, None),
        (MONDAY, "day"),
        (MONDAY + DAY * 6, "day"),  # between the versions: the first week has not started
        (MONDAY + DAY * 7, "week"),
    ],
)
def test_the_unit_on_a_day_is_that_of_the_latest_period_started(day: date, unit: str | None) -> None:
    assert plan(DAILY, (MONDAY + DAY * 2, WEEKLY)).unit_on(day) == (unit and StreakUnit.parse(unit))


# --- Dates that a zone skips -----------------------------------------------------------------------------

SKIPPED = date(2011, 12, 30)  # a Friday, in Apia
apia = Clock("Pacific/Apia").exists


def test_a_skipped_date_is_no_daily_period() -> None:
    found = spans(plan(DAILY, first=SKIPPED - DAY, exists=apia), SKIPPED + DAY)
    assert [first for first, _ in found] == [SKIPPED - DAY, SKIPPED + DAY]


def test_a_skipped_date_belongs_to_no_period() -> None:
    for schedule in (DAILY, every(3), WEEKLY, Schedule(Frequency.MONTHLY), Schedule(Frequency.YEARLY)):
        skipping = plan(schedule, first=date(2011, 12, 26), exists=apia)
        assert skipping.period_of(SKIPPED) is None
        assert not skipping.is_target(SKIPPED)
        assert all(SKIPPED not in each.counting_days for each in periods(skipping, date(2012, 1, 2)))


def test_a_week_with_a_skipped_date_has_six_days_and_is_not_cut() -> None:
    week = only(plan(on(Frequency.WEEKLY, times=7), first=date(2011, 12, 26), exists=apia), SKIPPED - DAY)
    assert (len(week.target_days), week.required, week.cut) == (6, 6, False)


def test_a_week_whose_only_weekday_is_skipped_is_no_period() -> None:
    fridays = plan(on(Frequency.WEEKLY, FRI), first=date(2011, 12, 19), exists=apia)
    assert [first for first, _ in spans(fridays, date(2012, 1, 8))] == [date(2011, 12, 19), date(2012, 1, 2)]


def test_a_skipped_date_shortens_a_window_and_does_not_shift_the_next_ones() -> None:
    found = periods(plan(every(2), first=SKIPPED - DAY * 2, exists=apia), SKIPPED + DAY * 2)
    assert [(each.first, each.target_days, each.counting_days) for each in found] == [
        (SKIPPED - DAY * 2, (SKIPPED - DAY * 2,), (SKIPPED - DAY * 2, SKIPPED - DAY)),
        (SKIPPED + DAY, (), (SKIPPED + DAY,)),  # its target day was skipped
        (SKIPPED + DAY * 2, (SKIPPED + DAY * 2,), (SKIPPED + DAY * 2, SKIPPED + DAY * 3)),
    ]
    assert not any(each.cut for each in found)


@pytest.mark.parametrize("end", [SKIPPED - DAY, SKIPPED])
def test_an_end_that_removes_only_a_skipped_date_cuts_nothing(end: date) -> None:
    (window,) = plan(every(3), first=SKIPPED - DAY * 2, last=end, exists=apia).periods(SKIPPED - DAY * 2)
    assert (window.last, window.cut) == (SKIPPED - DAY, False)


def test_a_track_that_starts_on_a_skipped_date_starts_the_day_after() -> None:
    week = next(plan(WEEKLY, first=SKIPPED, exists=apia).periods(SKIPPED))
    assert (week.first, week.cut) == (SKIPPED + DAY, True)
    assert list(plan(WEEKLY, first=SKIPPED, last=SKIPPED, exists=apia).periods(SKIPPED)) == []


def test_a_habit_that_ends_on_a_skipped_date_ends_the_day_before() -> None:
    (week,) = plan(WEEKLY, first=SKIPPED - DAY * 4, last=SKIPPED, exists=apia).periods(SKIPPED - DAY * 4)
    assert (week.last, week.cut) == (SKIPPED - DAY, True)


def test_a_month_or_year_that_ends_on_a_skipped_date_ends_the_day_before() -> None:
    kiritimati = Clock("Pacific/Kiritimati").exists
    for frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        period = only(plan(Schedule(frequency), first=date(1994, 1, 1), exists=kiritimati), date(1994, 12, 5))
        assert (period.last, period.cut) == (date(1994, 12, 30), False)

"""Periods of each schedule, and the effect of versions, start and end dates, and skipped dates on them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from habits.recurrence import Frequency, Period, Plan, Schedule, Version, in_force
from users.timing import Clock
from users.weeks import WeekDay, WeekStart

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


def is_cut(period: Period) -> bool:
    """Return whether a period is shorter than natural because something cuts it."""
    return period.taken_from is not None or period.is_cut_at_end or period.begins_late or period.ends_early


def asks(period: Period) -> tuple[date, date, str, int, tuple[date, ...]]:
    return period.first, period.last, str(period.unit), period.required, period.target_days


def is_target(plan: Plan, day: date) -> bool:
    period = plan.period_of(day)
    return period is not None and period.is_target(day)


def only(plan: Plan, day: date) -> Period:
    period = plan.period_of(day)
    assert period is not None
    return period


def days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + DAY * n for n in range((last - first).days + 1))


# --- Periods of each schedule ----------------------------------------------------------------------------


def test_daily_each_day_is_a_period_and_its_own_target_day() -> None:
    first, second = periods(plan(DAILY), MONDAY + DAY)
    assert asks(first) == (MONDAY, MONDAY, "day", 1, (MONDAY,))
    assert second.first == MONDAY + DAY


def test_daily_on_weekdays_only_those_days_are_periods() -> None:
    found = periods(plan(on(Frequency.DAILY, MON, WED, FRI)), MONDAY + DAY * 6)
    assert [period.first for period in found] == [MONDAY, MONDAY + DAY * 2, MONDAY + DAY * 4]
    assert {(period.required, str(period.unit)) for period in found} == {(1, "day")}


@pytest.mark.parametrize("n", range(2, 8))
def test_every_n_days_all_days_of_a_window_are_targets(n: int) -> None:
    first, second = periods(plan(every(n)), MONDAY + DAY * n)
    window = days(MONDAY, MONDAY + DAY * (n - 1))
    assert asks(first) == (MONDAY, window[-1], f"{n} days", 1, window)
    assert second.first == MONDAY + DAY * n


def test_weekly_runs_from_monday_to_sunday_and_every_day_is_a_target() -> None:
    week = days(MONDAY, MONDAY + DAY * 6)
    assert asks(only(plan(on(Frequency.WEEKLY, times=3)), MONDAY)) == (MONDAY, week[-1], "week", 3, week)


def test_weekly_on_weekdays_only_those_days_are_targets_and_count() -> None:
    period = only(plan(on(Frequency.WEEKLY, TUE, SAT, times=2)), MONDAY)
    assert period.target_days == (MONDAY + DAY, MONDAY + DAY * 5)
    assert [day for day in days(MONDAY - DAY, MONDAY + DAY * 7) if period.counts(day)] == list(period.target_days)
    assert (period.first, period.last, period.required) == (MONDAY, MONDAY + DAY * 6, 2)


def test_monthly_is_the_calendar_month() -> None:
    month = days(MONDAY, date(2024, 4, 30))
    assert asks(only(plan(on(Frequency.MONTHLY, times=5)), MONDAY)) == (MONDAY, month[-1], "month", 5, month)


def test_yearly_is_the_calendar_year() -> None:
    first = date(2025, 1, 1)
    year = days(first, date(2025, 12, 31))
    yearly = only(plan(on(Frequency.YEARLY, times=53), first=first), first)
    assert asks(yearly) == (first, year[-1], "year", 53, year)


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
    assert [is_cut(period) for period in periods(followed, MONDAY + DAY * 6)] == [True, False]


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
    assert (running.first, running.last, running.is_cut_at_end) == (MONDAY, wednesday - DAY, True)
    assert running.target_days == days(MONDAY, wednesday - DAY)
    assert running.natural_targets == days(MONDAY, MONDAY + DAY * 6)


def test_a_cut_period_keeps_its_required_number() -> None:
    running = only(plan(on(Frequency.WEEKLY, times=3), (MONDAY + DAY * 2, DAILY)), MONDAY)
    assert running.required == 3


@pytest.mark.parametrize(
    ("changed", "last", "taken_from"),
    [
        (DAILY, date(2024, 4, 10), None),
        (on(Frequency.DAILY, MON), date(2024, 4, 15), None),
        (every(5), date(2024, 4, 14), None),
        (on(Frequency.WEEKLY, WED), date(2024, 4, 14), date(2024, 4, 8)),
        (Schedule(Frequency.MONTHLY), date(2024, 4, 30), date(2024, 4, 1)),
        (Schedule(Frequency.YEARLY), date(2024, 12, 31), date(2024, 4, 1)),  # the track begins then
    ],
)
def test_the_first_period_of_a_version_runs_to_its_natural_end_and_takes_along_what_was_done_in_it(
    changed: Schedule, last: date, taken_from: date | None
) -> None:
    wednesday = date(2024, 4, 10)
    first = next(plan(every(3), (wednesday, changed)).periods(wednesday))
    assert (first.last, first.taken_from) == (last, taken_from)
    if taken_from:
        assert (first.first, first.counts(wednesday - DAY)) == (wednesday, taken_from <= wednesday - DAY)


def test_the_first_period_of_a_version_asks_for_the_larger_of_both_times_where_the_unit_is_the_same() -> None:
    wednesday = MONDAY + DAY * 2
    thrice, once = on(Frequency.WEEKLY, times=3), on(Frequency.WEEKLY, MON, WED)
    assert next(plan(thrice, (wednesday, once)).periods(wednesday)).required == 3
    assert next(plan(WEEKLY, (wednesday, on(Frequency.WEEKLY, MON, WED, times=2))).periods(wednesday)).required == 2
    # Not capped by the new target days, and not of another unit.
    assert next(plan(thrice, (MONDAY + DAY * 5, on(Frequency.WEEKLY, MON))).periods(MONDAY + DAY * 5)).required == 3
    assert next(plan(DAILY, (wednesday, WEEKLY)).periods(wednesday)).required == 1
    # Cut again: it still asks for what the first one asked for.
    twice_cut = plan(thrice, (MONDAY + DAY, once), (wednesday, on(Frequency.WEEKLY, FRI)))
    assert next(twice_cut.periods(wednesday)).required == 3


def test_a_version_that_starts_with_a_natural_period_skips_no_day_and_cuts_nothing() -> None:
    changed = plan(WEEKLY, (MONDAY + DAY * 7, on(Frequency.WEEKLY, MON)))
    found = periods(changed, MONDAY + DAY * 7)
    assert [(period.first, is_cut(period)) for period in found] == [(MONDAY, False), (MONDAY + DAY * 7, False)]


def test_going_back_to_the_old_pattern_in_time_takes_the_cut_away() -> None:
    daily = on(Frequency.DAILY)
    back_on_sunday = plan(WEEKLY, (MONDAY + DAY * 2, daily), (MONDAY + DAY * 6, WEEKLY))
    assert spans(back_on_sunday, MONDAY + DAY * 7) == spans(plan(WEEKLY), MONDAY + DAY * 7)
    the_day_after = plan(daily, (MONDAY + DAY * 2, WEEKLY), (MONDAY + DAY * 3, daily))
    assert spans(the_day_after, MONDAY + DAY * 7) == spans(plan(daily), MONDAY + DAY * 7)


def test_going_back_to_the_old_pattern_later_is_also_a_change() -> None:
    changing = plan(WEEKLY, (MONDAY + DAY * 5, DAILY), (MONDAY + DAY * 7, WEEKLY))
    assert spans(changing, MONDAY + DAY * 7) == [
        (MONDAY, MONDAY + DAY * 4),
        (MONDAY + DAY * 5, MONDAY + DAY * 5),
        (MONDAY + DAY * 6, MONDAY + DAY * 6),
        (MONDAY + DAY * 7, MONDAY + DAY * 13),
    ]


def test_a_changed_times_per_period_takes_effect_with_the_next_period_and_cuts_nothing() -> None:
    found = periods(plan(WEEKLY, (MONDAY + DAY * 2, on(Frequency.WEEKLY, times=4))), MONDAY + DAY * 14)
    assert [(period.required, is_cut(period)) for period in found] == [(1, False), (4, False), (4, False)]


def test_a_changed_times_per_period_of_a_periods_first_day_holds_from_the_next_one() -> None:
    found = periods(plan(WEEKLY, (MONDAY + DAY * 7, on(Frequency.WEEKLY, times=4))), MONDAY + DAY * 14)
    assert [period.required for period in found] == [1, 1, 4]


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
    assert (first.first, first.last, first.required, is_cut(first)) == (thursday, MONDAY + DAY * 6, 2, True)
    assert first.target_days == (MONDAY + DAY * 5,)
    assert first.natural_targets == (MONDAY, MONDAY + DAY * 5)
    assert not is_cut(second)


def test_the_last_day_of_a_habit_cuts_its_last_period_and_nothing_follows() -> None:
    ending = plan(WEEKLY, last=MONDAY + DAY * 9)
    first, second = ending.periods(MONDAY)
    assert not is_cut(first)
    assert (second.first, second.last, is_cut(second)) == (MONDAY + DAY * 7, MONDAY + DAY * 9, True)
    assert second.target_days == days(MONDAY + DAY * 7, MONDAY + DAY * 9)
    assert ending.period_of(MONDAY + DAY * 10) is None


def test_a_start_or_end_at_the_edge_of_a_period_cuts_nothing() -> None:
    (whole,) = plan(WEEKLY, last=MONDAY + DAY * 6).periods(MONDAY)
    assert not is_cut(whole)


def test_a_period_can_be_cut_on_both_sides() -> None:
    (period,) = plan(Schedule(Frequency.YEARLY), first=MONDAY, last=MONDAY + DAY * 2).periods(MONDAY)
    assert (period.target_days, is_cut(period)) == (days(MONDAY, MONDAY + DAY * 2), True)


def test_there_are_no_periods_before_the_track_or_after_the_habit() -> None:
    track = plan(DAILY, last=MONDAY + DAY)
    assert track.period_of(MONDAY - DAY) is None
    assert list(track.periods(MONDAY - DAY * 9, MONDAY - DAY)) == []
    assert list(track.periods(MONDAY + DAY * 2)) == []


def test_a_version_after_the_end_of_the_habit_has_no_periods() -> None:
    assert spans(plan(DAILY, (MONDAY + DAY * 3, WEEKLY), last=MONDAY), MONDAY + DAY * 30) == [(MONDAY, MONDAY)]


# --- Ranges ----------------------------------------------------------------------------------------------


def test_the_periods_of_a_range_are_those_that_overlap_it() -> None:
    weeks = plan(WEEKLY)
    touched = list(weeks.periods(MONDAY + DAY * 6, MONDAY + DAY * 7))
    assert [period.first for period in touched] == [MONDAY, MONDAY + DAY * 7]
    assert [is_cut(period) for period in touched] == [False, False]


def test_the_periods_of_a_range_that_starts_after_a_version_are_those_of_the_version() -> None:
    changed = plan(WEEKLY, (MONDAY + DAY * 2, DAILY))
    assert [period.first for period in changed.periods(MONDAY + DAY * 3, MONDAY + DAY * 3)] == [MONDAY + DAY * 3]


def test_another_unit_begins_on_the_day_of_the_cut() -> None:
    changing = plan(DAILY, (MONDAY + DAY * 2, WEEKLY), (MONDAY + DAY * 20, on(Frequency.WEEKLY, FRI)))
    assert [changing.next_unit_change(MONDAY + DAY * n) for n in (0, 1, 2)] == [MONDAY + DAY * 2] * 2 + [None]
    assert [str(changing.segment_on(MONDAY + DAY * n).pattern.unit) for n in (1, 2, 30)] == ["day", "week", "week"]


# --- Weeks -----------------------------------------------------------------------------------------------


def test_weeks_start_where_the_persons_do_and_another_start_cuts_weekly_habits_only() -> None:
    sunday = MONDAY + DAY * 13
    starts = (WeekStart(None, WeekDay.MONDAY), WeekStart(sunday, WeekDay.SUNDAY))
    weeks = replace(plan(WEEKLY), week_starts=starts)
    assert spans(weeks, sunday) == [
        (MONDAY, MONDAY + DAY * 6),
        (MONDAY + DAY * 7, sunday - DAY),
        (sunday, sunday + DAY * 6),
    ]
    months = Schedule(Frequency.MONTHLY)
    assert spans(replace(plan(months), week_starts=starts), sunday) == spans(plan(months), sunday)
    later = replace(plan(DAILY, (sunday + DAY * 2, WEEKLY)), week_starts=starts)
    assert next(later.periods(sunday + DAY * 2)).taken_from == sunday


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
        assert all(SKIPPED not in each.target_days for each in periods(skipping, date(2012, 1, 2)))


def test_a_log_made_elsewhere_for_a_skipped_date_counts_in_its_period() -> None:
    week = only(plan(WEEKLY, first=date(2011, 12, 26), exists=apia), SKIPPED - DAY)
    assert week.counts(SKIPPED)


def test_a_week_with_a_skipped_date_has_six_days_and_is_not_cut() -> None:
    week = only(plan(on(Frequency.WEEKLY, times=7), first=date(2011, 12, 26), exists=apia), SKIPPED - DAY)
    assert (len(week.target_days), week.required, is_cut(week)) == (6, 6, False)


def test_a_week_whose_only_weekday_is_skipped_asks_for_nothing() -> None:
    fridays = plan(on(Frequency.WEEKLY, FRI), first=date(2011, 12, 19), exists=apia)
    assert only(fridays, date(2011, 12, 26)).target_days == ()


def test_a_skipped_date_shortens_a_window_and_does_not_shift_the_next_ones() -> None:
    found = periods(plan(every(2), first=SKIPPED - DAY * 2, exists=apia), SKIPPED + DAY * 2)
    assert [each.target_days for each in found] == [
        (SKIPPED - DAY * 2, SKIPPED - DAY),
        (SKIPPED + DAY,),
        (SKIPPED + DAY * 2, SKIPPED + DAY * 3),
    ]
    assert not any(is_cut(each) for each in found)

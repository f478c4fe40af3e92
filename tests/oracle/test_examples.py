"""The worked examples of the rules, each named as the rule that it shows."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.dates import day_after, days
from tests.oracle.days import day_state, is_due, period_on
from tests.oracle.life import (
    DONE,
    MISSED,
    SKIPPED,
    EndDateSet,
    Life,
    Logged,
    StartDateSet,
    WeekStartChosen,
    amount,
    check_log,
    local_day,
    record,
)
from tests.oracle.period import required_now
from tests.oracle.periods import periods
from tests.oracle.rates import limit_value, next_strength, rate_of, strength, success_rate, target_value
from tests.oracle.schedules import Refused, StreakUnit, changed, earliest_effective_day, new_schedule, times
from tests.oracle.segments import segments
from tests.oracle.streaks import current_streak, is_at_risk, lapse_day, longest_streaks, recount_day
from tests.oracle.verdicts import verdict, verdicts

MON, TUE, WED, THU, FRI, SAT, SUN = days(date(2026, 3, 2), date(2026, 3, 8))
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
DAILY, WEEKLY = StreakUnit(1, "day"), StreakUnit(1, "week")


def lived(start: date, **fields: Any) -> Life:
    """Return a life that begins on the day, with the schedule of these fields."""
    goal_type = "at_most" if "limit_per_period" in fields else "at_least"
    return Life(start, new_schedule(goal_type=goal_type, **fields), start, goal_type)


def three_a_week(**fields: Any) -> Life:
    """Return a life of 3 a week in its second week, which starts on MON, with the first one kept."""
    start = MON - WEEK
    fields = {"frequency": "weekly", "times_per_period": 3, **fields}
    return lived(start, **fields).log_all(start, start + 2 * DAY, start + 4 * DAY)


def april(day: int) -> date:
    """Return the day of a month of 30 days."""
    return date(2026, 4, day)


def count(life: Life, today: date) -> int:
    """Return the number of the current streak."""
    return current_streak(life, today).count


def latest(life: Life, today: date) -> str:
    """Return the verdict of the latest period that has begun."""
    return verdicts(life, today)[-1][1]


def outcomes(life: Life, today: date) -> list[str]:
    """Return the verdicts of all periods that have begun."""
    return [each for _, each in verdicts(life, today)]


def due_days(life: Life, among: Iterable[date]) -> list[date]:
    """Return the days on which it is due, each seen on the day itself."""
    return [day for day in among if is_due(life, day, day)]


# After a change of schedule


def test_the_first_period_of_a_new_version_takes_along_what_was_done_in_its_week() -> None:
    life = three_a_week().log_all(MON, TUE).edit(WED, weekdays={"mon", "wed", "fri"})
    assert outcomes(life, WED) == ["kept", "excused", "open"]
    life = life.log(FRI)
    assert outcomes(life, FRI) == ["kept", "excused", "kept"]
    assert count(life, SUN) == 2


def test_ticking_all_seven_weekdays_is_no_new_version_and_a_missed_week_breaks_on_monday() -> None:
    life = three_a_week().edit(SUN, weekdays={"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
    assert len(segments(record(life))) == 1
    assert count(life, SUN) == 1
    assert count(life, SUN + DAY) == 0


def test_what_could_no_longer_be_kept_breaks_at_once_when_the_schedule_is_cut() -> None:
    life = three_a_week(weekdays={"mon", "wed", "fri"})
    assert count(life, SUN) == 1
    edited = life.edit(SUN, weekdays=set())
    assert outcomes(edited, SUN) == ["kept", "broken", "open"]
    assert count(edited, SUN) == 0


@pytest.mark.parametrize(("more", "expected"), [(6, "kept"), (5, "excused")])
def test_daily_to_monthly_takes_along_the_days_of_the_month(more: int, expected: str) -> None:
    life = lived(april(1) - 5 * DAY, frequency="daily").log_all(*days(april(1) - 5 * DAY, april(9)))
    life = life.edit(april(10), frequency="monthly", times_per_period=15)
    life = life.log_all(*days(april(12), april(11 + more)))
    assert latest(life, april(30)) == {"kept": "kept", "excused": "open"}[expected]
    assert verdict(life, periods(life, april(30))[-1], april(30) + DAY) == expected


def test_an_edit_on_the_day_the_habit_was_made_is_as_if_made_so() -> None:
    edited = (
        lived(april(10), frequency="daily").log(april(10)).edit(april(10), frequency="monthly", times_per_period=15)
    )
    made = lived(april(10), frequency="monthly", times_per_period=15).log(april(10))
    assert periods(edited, april(30)) == periods(made, april(30))


def test_an_edit_while_nobody_has_a_log_replaces_the_version() -> None:
    life = lived(MON, frequency="weekly").edit(THU, frequency="daily")
    assert periods(life, FRI) == periods(lived(MON, frequency="daily"), FRI)


def test_edits_merge_field_by_field_into_later_versions() -> None:
    life = three_a_week().edit(TUE, MON + WEEK, frequency="daily").edit(WED, daily_amount=5)
    assert [(start, each.frequency, int(each.daily_amount)) for start, each in record(life).versions] == [
        (MON - WEEK, "weekly", 1),
        (WED, "weekly", 5),
        (MON + WEEK, "daily", 5),
    ]


def test_weeks_then_days_then_weeks_keeps_the_longest_of_each() -> None:
    start = MON - 5 * WEEK
    life = lived(start, frequency="weekly").log_all(*(start + n * WEEK for n in range(5)))
    life = life.edit(MON, frequency="daily").log_all(*days(MON, SUN))
    assert current_streak(life, MON).unit == DAILY
    assert count(life, SUN) == 7
    life = life.edit(MON + WEEK, frequency="weekly")
    assert longest_streaks(life, MON + WEEK) == {WEEKLY: 5, DAILY: 7}
    assert current_streak(life, MON + WEEK).unit == WEEKLY
    assert count(life, MON + WEEK) == 0
    assert count(life.log(TUE + WEEK), TUE + WEEK) == 1


@pytest.mark.parametrize("slip", [MON, WED, SUN])
def test_a_slip_to_daily_taken_back_the_next_day_leaves_no_trace(slip: date) -> None:
    start = MON - 20 * WEEK
    life = lived(start, frequency="weekly").log_all(*(start + n * WEEK for n in range(20)))
    slipped = life.edit(slip, frequency="daily")
    assert count(slipped, slip) == 0
    assert count(slipped.edit(day_after(slip), frequency="weekly"), day_after(slip)) == count(life, day_after(slip))


def test_a_slip_from_daily_taken_back_the_next_day_leaves_no_trace() -> None:
    start = MON - 100 * DAY
    life = lived(start, frequency="daily").log_all(*days(start, MON - DAY))
    slipped = life.edit(MON, frequency="weekly")
    assert count(slipped, MON) == 0
    assert count(slipped.edit(TUE, frequency="daily").log(MON), TUE) == 101
    assert count(slipped.edit(MON, frequency="daily"), MON) == 100


def test_a_planned_return_takes_a_cut_away_at_once() -> None:
    life = three_a_week().log_all(MON, TUE).edit(WED, frequency="daily")
    assert current_streak(life, WED).unit == DAILY
    life = life.edit(WED, SAT, frequency="weekly")
    assert current_streak(life, WED) == current_streak(three_a_week().log_all(MON, TUE), WED)


def test_a_changed_number_of_times_holds_from_the_next_period() -> None:
    life = three_a_week().log_all(MON, TUE).edit(WED, times_per_period=2)
    assert outcomes(life, SUN + DAY) == ["kept", "broken", "open"]
    assert period_on(life, MON + WEEK, MON + WEEK).required == 2  # type: ignore[union-attr]


def test_a_log_is_judged_by_the_amount_in_force_on_its_day() -> None:
    life = lived(MON, frequency="daily", daily_amount=5)
    life = life.log(MON, amount(5)).edit(TUE, daily_amount=8).log(TUE, amount(5))
    assert outcomes(life, WED) == ["kept", "broken", "open"]


def test_a_day_is_completed_partial_skipped_missed_or_has_no_entry() -> None:
    life = lived(MON, frequency="daily", daily_amount=5)
    said = [DONE, amount(5), amount(4), SKIPPED, MISSED, None]
    for day, entry in zip(days(MON, SAT), said, strict=True):
        life = life.log(day, entry, made_on=SAT)
    states = ["completed", "completed", "partial", "skipped", "missed", None]
    assert [day_state(life, day, SAT) for day in days(MON, SAT)] == states
    assert day_state(lived(MON, frequency="daily", limit_per_period=1).log(MON, amount(3)), MON, MON) == "counted"


# Pauses, skips and bounds


def test_a_holiday_shrinks_what_a_month_asks_for() -> None:
    life = lived(april(1), frequency="monthly", times_per_period=20).pause(april(5), april(14))
    life = life.log_all(*days(april(15), april(30)))
    (period,) = periods(life, april(30))
    assert required_now(period) == 14
    assert latest(life, april(30)) == "kept"


def test_a_paused_start_shrinks_what_a_week_asks_for() -> None:
    life = three_a_week().pause(MON, WED).log_all(THU, SAT)
    assert latest(life, SUN) == "kept"


def test_a_week_paused_for_good_is_not_kept_by_one_tick_of_three() -> None:
    life = three_a_week().pause(MON).log(WED)
    assert outcomes(life, SUN + DAY) == ["kept", "excused", "open"]


def test_a_pause_to_the_end_excuses_as_the_same_days_skipped_do() -> None:
    for life in (three_a_week().pause(WED, SUN), three_a_week().log_all(*days(WED, SUN), entry=SKIPPED)):
        assert outcomes(life, SUN + DAY) == ["kept", "excused", "open"]


def test_a_pause_that_comes_too_late_excuses_nothing() -> None:
    life = three_a_week().pause(SAT, SUN)
    assert outcomes(life, SUN + DAY) == ["kept", "broken", "open"]


def test_neither_skipping_a_paused_day_nor_pausing_another_breaks_a_kept_week() -> None:
    life = three_a_week().pause(MON, WED).log_all(THU, FRI)
    for each in (life, life.log(MON, SKIPPED), life.pause(SAT, SAT), life.log(MON, SKIPPED).pause(SAT, SAT)):
        assert outcomes(each, SUN + DAY) == ["kept", "kept", "open"]


def test_skipping_a_paused_day_can_excuse_what_the_pause_left() -> None:
    life = three_a_week(times_per_period=5).log_all(SAT - WEEK, SUN - WEEK).pause(MON, WED).log(THU, SKIPPED).log(FRI)
    assert outcomes(life, SUN + DAY) == ["kept", "broken", "open"]
    assert outcomes(life.log(MON, SKIPPED), SUN + DAY) == ["kept", "excused", "open"]


def test_the_days_that_an_extended_end_pauses_shrink_nothing() -> None:
    life = three_a_week().log_all(MON, TUE).then(EndDateSet(TUE, WED), EndDateSet(TUE + WEEK, None))
    assert outcomes(life, TUE + WEEK) == ["kept", "excused", "open"]


def test_pauses_from_a_cut_on_do_not_matter_to_the_old_version() -> None:
    life = three_a_week().log_all(MON, TUE).edit(THU, weekdays={"mon", "sat"}).pause(THU, SUN)
    assert outcomes(life, SUN + DAY) == ["kept", "excused", "excused", "open"]


def test_a_week_whose_only_target_day_the_zone_skips_is_excused() -> None:
    start, friday = date(2011, 12, 19), date(2011, 12, 30)
    schedule = new_schedule(frequency="weekly", weekdays={"fri"})
    life = Life(start, schedule, start, skipped_dates=frozenset({friday})).log(friday - WEEK)
    assert outcomes(life, friday + WEEK) == ["kept", "excused", "open"]
    assert outcomes(life.log(friday), friday + WEEK) == ["kept", "kept", "open"]


def test_a_pause_of_all_but_one_day_of_a_week() -> None:
    paused = three_a_week().pause(MON, SAT)
    assert outcomes(paused, SUN + DAY) == ["kept", "excused", "open"]
    assert outcomes(paused.log_all(SAT, SUN), SUN + DAY) == ["kept", "kept", "open"]


def test_what_was_ticked_on_another_weekday_does_not_keep_the_new_version_alone() -> None:
    life = lived(TUE - WEEK, frequency="weekly", weekdays={"tue"}).log_all(TUE - WEEK, MON)
    life = life.edit(WED, weekdays=set())
    assert latest(life, WED) == "open"
    assert latest(life.log(THU), THU) == "kept"
    assert verdict(life, periods(life, WED)[-1], SUN + DAY) == "excused"


def test_a_week_that_an_old_end_cut_stays_excused_when_the_end_is_extended() -> None:
    life = three_a_week().log(MON)
    ended = life.then(EndDateSet(TUE, WED))
    extended = ended.then(EndDateSet(TUE + WEEK, None))
    assert outcomes(ended, TUE + WEEK) == ["kept", "excused"]
    assert outcomes(extended, TUE + WEEK) == ["kept", "excused", "open"]
    assert [record(extended).is_paused(day) for day in (WED, THU, MON + WEEK, TUE + WEEK)] == [False, True, True, False]
    assert count(extended, MON + 2 * WEEK) == 0
    assert verdict(extended.log_all(TUE, WED), periods(extended, SUN)[-1], SUN) == "kept"


def test_a_log_of_years_ago_taken_back_leaves_no_trace() -> None:
    life = three_a_week().log_all(MON, TUE, WED)
    old = date(2020, 1, 1)
    logged = life.log(old, made_on=WED)
    assert success_rate(logged, old, SUN, SUN) != success_rate(life, old, SUN, SUN)
    assert success_rate(logged.log(old, None, made_on=WED), old, SUN, SUN) == success_rate(life, old, SUN, SUN) == 1


def test_a_mistyped_start_date_corrected_leaves_no_trace() -> None:
    start = MON + 52 * WEEK
    life = Life(MON, new_schedule(frequency="daily"), MON, start_date=start)
    assert not is_due(life, TUE, TUE)
    corrected = life.then(StartDateSet(TUE, TUE))
    assert record(corrected).track_first(TUE) == TUE
    assert is_due(corrected, TUE, TUE)


def test_a_date_that_the_zone_skips_belongs_to_no_period() -> None:
    friday = date(2011, 12, 30)
    life = Life(
        date(2011, 12, 26), new_schedule(frequency="daily"), date(2011, 12, 26), skipped_dates=frozenset({friday})
    )
    life = life.log_all(*days(date(2011, 12, 26), date(2011, 12, 29)))
    assert count(life, date(2011, 12, 31)) == 4
    assert period_on(life, friday, date(2011, 12, 31)) is None
    with pytest.raises(Refused):
        check_log(life, friday, date(2011, 12, 31))


def test_before_the_day_starts_it_is_the_last_day_that_the_zone_has() -> None:
    skipped = frozenset({date(2011, 12, 30)})
    assert local_day(date(2011, 12, 31), 0, 3, skipped) == date(2011, 12, 29)
    assert local_day(date(2011, 12, 31), 3, 3, skipped) == date(2011, 12, 31)


def test_the_29th_of_february_is_a_day_like_any_other() -> None:
    life = lived(date(2028, 2, 27), frequency="daily").log_all(*days(date(2028, 2, 27), date(2028, 3, 1)))
    assert count(life, date(2028, 3, 1)) == 4


def test_a_month_of_28_days_asks_for_all_of_them_at_most() -> None:
    life = lived(date(2026, 2, 1), frequency="monthly", times_per_period=28)
    life = life.log_all(*days(date(2026, 2, 1), date(2026, 2, 28)))
    assert outcomes(life, date(2026, 2, 28)) == ["kept"]


# Every n days


def every_three_days() -> Life:
    """Return a life of every 3 days from the 1st, with the windows 1..3 and 4..6."""
    return lived(april(1), frequency="daily", interval=3)


def test_what_was_done_late_is_not_asked_again_the_next_day() -> None:
    life = every_three_days().log(april(3))
    assert due_days(life, days(april(3), april(6))) == [april(6)]
    life = life.log(april(6))
    assert due_days(life, days(april(7), april(9))) == [april(9)]
    assert count(life, april(9)) == 2


def test_a_window_that_the_end_date_shortens_is_due_on_its_last_day() -> None:
    life = every_three_days().log(april(3)).then(EndDateSet(april(3), april(5)))
    assert due_days(life, days(april(4), april(6))) == [april(5)]


def test_a_window_is_due_until_kept_and_at_risk_on_its_last_day() -> None:
    life = every_three_days().log(april(1))
    assert due_days(life, days(april(2), april(6))) == [april(4), april(5), april(6)]
    assert [day for day in days(april(4), april(6)) if is_at_risk(life, day)] == [april(6)]
    assert lapse_day(life, april(4)) == april(7)


def test_a_skip_settles_the_window() -> None:
    life = every_three_days().log(april(3)).log(april(4), SKIPPED)
    assert due_days(life, days(april(4), april(7))) == [april(7)]
    assert outcomes(life, april(7)) == ["kept", "excused", "open"]


def test_windows_stay_where_they_were_at_the_first_log() -> None:
    life = every_three_days().log(april(1)).then(StartDateSet(april(5), april(2)))
    assert [(each.first, each.last) for each in periods(life, april(5))] == [(april(2), april(3)), (april(4), april(6))]


# Limit habits


def test_a_limit_exceeded_breaks_and_taken_back_is_open_until_the_week_is_over() -> None:
    life = lived(MON, frequency="weekly", limit_per_period=3).log(TUE, amount(2)).log(THU, amount(2))
    assert latest(life, THU) == "broken"
    life = life.log(THU, amount(1), made_on=FRI)
    assert [latest(life, FRI), latest(life, SUN)] == ["open", "open"]
    assert recount_day(life, FRI) == MON + WEEK
    assert count(life, MON + WEEK) == 1
    assert lapse_day(life, MON + WEEK) is None


def test_a_limit_of_0_is_kept_with_an_entry_of_0() -> None:
    life = lived(MON, frequency="daily", limit_per_period=0).log(MON, amount(0))
    assert outcomes(life, TUE) == ["kept", "open"]
    assert outcomes(life.log(TUE, amount(1)), TUE) == ["kept", "broken"]


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_a_limit_raised_after_it_was_exceeded_is_broken_all_the_same(frequency: str) -> None:
    life = lived(MON - WEEK, frequency=frequency, limit_per_period=3).log(MON, amount(4)).edit(MON, limit_per_period=9)
    assert latest(life, MON) == "broken"
    assert verdict(life, period_on(life, MON + WEEK, MON + WEEK), MON + WEEK) == "open"  # type: ignore[arg-type]
    assert period_on(life, MON + WEEK, MON + WEEK).limit == 9  # type: ignore[union-attr]


def test_a_limit_habit_is_never_due_or_at_risk() -> None:
    life = lived(MON, frequency="daily", limit_per_period=1)
    assert not is_due(life, WED, WED)
    assert not is_at_risk(life, WED)


# What must not be gained


def test_editing_the_weekdays_each_day_and_ticking_once_keeps_one_week() -> None:
    life = three_a_week(times_per_period=1)
    life = life.log(MON)
    for day, name in zip(days(TUE, SUN), ("tue", "wed", "thu", "fri", "sat", "sun"), strict=True):
        life = life.edit(day, weekdays={name}).log(day)
    assert count(life, SUN) == 2


def test_moving_the_weeks_start_does_not_keep_three_weeks() -> None:
    life = three_a_week(times_per_period=1).log(MON)
    for day, name in ((TUE, "sun"), (WED, "sat"), (THU, "sun"), (FRI, "sat")):
        life = life.then(WeekStartChosen(day, name)).log(day)
    assert count(life, SUN) <= 3
    assert [(each.first, each.last) for each in periods(life, SUN)][1:] == [(MON, FRI), (SAT, FRI + WEEK)]
    life = life.then(WeekStartChosen(SUN, "mon"))
    assert record(life).week_starts[-1] == (SAT + 4 * WEEK + 2 * DAY, "mon")


def test_no_period_is_kept_at_once_by_asking_for_fewer_weekdays() -> None:
    start = MON - WEEK
    life = lived(start, frequency="weekly", weekdays={"mon", "tue", "wed", "thu", "fri"})
    life = life.log_all(*days(start, start + 4 * DAY), MON, TUE)
    edited = life.edit(TUE, weekdays={"mon", "tue"})
    assert count(edited, TUE) == count(life, TUE) == 1
    assert outcomes(edited, MON + WEEK) == ["kept", "excused", "excused", "open"]


def test_no_end_date_is_set_behind_a_broken_week() -> None:
    life = three_a_week()
    with pytest.raises(Refused):
        record(life.then(EndDateSet(MON + WEEK, SAT)))


def test_one_old_entry_keeps_one_day_of_a_limit_habit() -> None:
    life = lived(MON, frequency="daily", limit_per_period=0).log(MON - 1100 * DAY, amount(0), made_on=MON)
    assert count(life, TUE) == 2


def test_an_old_file_keeps_the_days_up_to_its_latest_entry() -> None:
    file = Logged(MON, tuple((MON - n * DAY, amount(0)) for n in (230, 229, 228)))
    life = lived(MON, frequency="daily", limit_per_period=0).then(file)
    assert count(life, TUE) == 4


# Streaks


def test_an_entry_for_an_earlier_day_gives_the_streak_that_would_stand() -> None:
    life = lived(MON, frequency="daily").log_all(MON, TUE, THU)
    assert count(life, THU) == 1
    assert count(life.log(WED, made_on=THU), THU) == 4


def test_a_streak_lapses_when_its_open_period_is_over() -> None:
    assert lapse_day(lived(MON, frequency="daily").log(MON), MON) == WED
    assert lapse_day(three_a_week(), TUE) == MON + WEEK
    assert lapse_day(three_a_week().pause(MON + WEEK), TUE) == MON + WEEK
    assert lapse_day(three_a_week().pause(WED), TUE) is None


def test_a_planned_cut_is_a_moment_to_recount() -> None:
    life = three_a_week().log_all(MON, TUE, WED).edit(WED, MON + WEEK, frequency="daily")
    assert lapse_day(life, WED) == recount_day(life, WED) == MON + WEEK


def test_a_week_is_at_risk_when_every_day_left_is_needed() -> None:
    life = three_a_week()
    assert [day for day in days(MON, SUN) if is_at_risk(life, day)] == [FRI]
    assert [day for day in days(MON, SUN) if is_at_risk(life.log(FRI), day)] == [SAT]
    assert not is_at_risk(three_a_week().log(MON, made_on=SAT), SUN)


def test_the_success_rate_counts_what_was_required_and_done() -> None:
    life = three_a_week().log_all(MON, TUE)
    assert success_rate(life, MON - WEEK, SUN, SUN) == 1
    assert success_rate(life, MON - WEEK, SUN, SUN + DAY) == Fraction(5, 6)
    assert success_rate(life, MON + WEEK, SUN + WEEK, SUN + DAY) is None
    assert success_rate(life.pause(WED, FRI), MON - WEEK, SUN, SUN + DAY) == 1


# Schedules


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"frequency": "daily"}, 1),
        ({"frequency": "weekly"}, 1),
        ({"frequency": "weekly", "weekdays": {"mon", "fri"}}, 2),
        ({"frequency": "monthly"}, 5),
        ({"frequency": "monthly", "max_gap": 366}, 1),
        ({"frequency": "yearly"}, 53),
        ({"frequency": "yearly", "max_gap": 366}, 1),
    ],
)
def test_times_left_out_are_the_weekdays_or_the_minimum(fields: dict[str, Any], expected: int) -> None:
    assert times(new_schedule(**fields), fields.get("max_gap", 7)) == expected


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"interval": 8}, "interval"),
        ({"frequency": "weekly", "interval": 2}, "interval"),
        ({"interval": 2, "weekdays": {"mon"}}, "weekdays"),
        ({"times_per_period": 2}, "times_per_period"),
        ({"frequency": "weekly", "times_per_period": 8}, "times_per_period"),
        ({"frequency": "monthly", "times_per_period": 4}, "times_per_period"),
        ({"frequency": "yearly", "times_per_period": 52}, "times_per_period"),
        ({"goal_type": "at_most"}, "limit_per_period"),
        ({"goal_type": "at_most", "limit_per_period": 1, "frequency": "yearly"}, "frequency"),
        ({"goal_type": "at_most", "limit_per_period": 1, "interval": 2}, "interval"),
        ({"limit_per_period": 1}, "limit_per_period"),
    ],
)
def test_what_no_schedule_can_be_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        new_schedule(**fields)
    assert refused.value.field == field


def test_times_left_out_follow_the_weekdays_and_lost_fields_are_dropped() -> None:
    weekly = new_schedule(frequency="weekly", weekdays={"mon", "wed", "fri"})
    assert times(changed(weekly, weekdays={"mon"})) == 1
    assert changed(new_schedule(interval=3), frequency="weekly").interval == 1
    assert changed(new_schedule(frequency="weekly", times_per_period=3), frequency="daily").times_per_period is None


def test_a_change_of_a_followed_habit_waits_for_the_last_zone() -> None:
    assert earliest_effective_day(MON) == MON
    assert earliest_effective_day(MON, has_followers=True, date_in_utc_14=TUE) == TUE


# Strength

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "strength.json").read_text())


def vectors(kind: str) -> list[Any]:
    """Return the vectors of a kind, as pytest parameters."""
    return [pytest.param(each, id=each["id"]) for each in VECTORS["vectors"] if each["kind"] == kind]


def life_of(vector: dict[str, Any]) -> Life:
    """Return the life of a daily habit of a vector, begun on the day of its first entry."""
    today = date.fromisoformat(VECTORS["today"])
    given = vector["input"]
    if "entries_range" in given:
        span = given["entries_range"]
        entries = {today - n * DAY: span["value"] for n in range(span["from_offset"], span["to_offset_exclusive"])}
    else:
        entries = {date.fromisoformat(each["date"]): each["value"] for each in given["entries"]}
    is_amount = given["habit"]["type"] == "NUMERICAL"
    target = Fraction(given["habit"]["target_value"]) if is_amount else Fraction(1)
    life = lived(min(entries), frequency="daily", daily_amount=target)
    for day, value in sorted(entries.items()):
        if is_amount:
            life = life.log(day, amount(Fraction(value, given["habit"]["entry_scale"])))
        else:
            life = life.log(day, {2: DONE, 3: SKIPPED}[value])
    return life


@pytest.mark.parametrize("vector", vectors("score_step"))
def test_a_day_moves_strength_by_its_value(vector: dict[str, Any]) -> None:
    given = vector["input"]
    rate = Fraction(str(given["frequency"])) if isinstance(given["frequency"], str) else Fraction(given["frequency"])
    moved = next_strength(given["previous_score"], rate.as_integer_ratio(), Fraction(given["checkmark_value"]))
    assert moved == pytest.approx(vector["expected"]["score"], abs=vector["tolerance"])


@pytest.mark.parametrize("vector", vectors("score_series"))
def test_strength_over_the_days_of_a_daily_habit(vector: dict[str, Any]) -> None:
    life = life_of(vector)
    for each in vector["expected"]["scores"]:
        day = date.fromisoformat(each["date"])
        assert strength(life, day) == pytest.approx(each["score"], abs=vector["tolerance"])


@pytest.mark.parametrize("vector", [each for each in vectors("score_today") if "num" in each.id])
def test_strength_of_a_habit_with_an_amount(vector: dict[str, Any]) -> None:
    today = date.fromisoformat(VECTORS["today"])
    assert strength(life_of(vector), today) == pytest.approx(vector["expected"]["score_today"], abs=vector["tolerance"])


@pytest.mark.parametrize(
    "vector", [each for each in vectors("score_today") if "pattern_repeat" in each.values[0]["input"]]
)
def test_strength_of_too_few_days_a_week_tends_to_their_share(vector: dict[str, Any]) -> None:
    today = date.fromisoformat(VECTORS["today"])
    pattern = vector["input"]["pattern_newest_first"] * vector["input"]["pattern_repeat"]
    done = [today - n * DAY for n, value in enumerate(pattern) if value == 2]
    life = lived(min(done), frequency="weekly", times_per_period=3).log_all(*sorted(done))
    assert strength(life, today) == pytest.approx(vector["expected"]["score_today"], abs=vector["tolerance"])


@pytest.mark.parametrize("vector", vectors("export_golden"))
def test_strength_of_a_rate_over_a_row_of_days(vector: dict[str, Any]) -> None:
    num, den = vector["input"]["habit"]["frequency"]
    now, values = 0.0, list[Fraction]()
    for day, value, expected in reversed(vector["expected"]["computed"]):
        values.append(Fraction(value == "YES_MANUAL"))
        now = next_strength(now, (num, den), target_value((num, den), values))
        assert now == pytest.approx(expected, abs=vector["tolerance"]), day


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({"frequency": "daily"}, (1, 1)),
        ({"frequency": "daily", "interval": 3}, (1, 3)),
        ({"frequency": "daily", "weekdays": {"mon", "fri"}}, (2, 7)),
        ({"frequency": "weekly", "weekdays": {"mon", "fri"}}, (2, 7)),
        ({"frequency": "weekly", "weekdays": {"mon", "fri"}, "times_per_period": 1}, (1, 7)),
        ({"frequency": "weekly", "times_per_period": 7}, (1, 1)),
        ({"frequency": "monthly", "weekdays": {"mon"}}, (1, 7)),
        ({"frequency": "monthly", "times_per_period": 10}, (10, 30)),
        ({"frequency": "yearly", "times_per_period": 100}, (100, 365)),
    ],
)
def test_the_rate_of_strength_is_what_a_version_asks_for(fields: dict[str, Any], rate: tuple[int, int]) -> None:
    assert rate_of(new_schedule(**fields)) == rate


def test_the_strength_of_a_limit_falls_as_it_is_exceeded() -> None:
    assert limit_value((1, 1), Fraction(4), [Fraction(4)]) == 1
    assert limit_value((1, 1), Fraction(4), [Fraction(6)]) == Fraction(1, 2)
    assert limit_value((1, 1), Fraction(4), [Fraction(9)]) == 0
    assert limit_value((1, 1), Fraction(0), [Fraction(0)]) == 1
    assert limit_value((1, 7), Fraction(0), [Fraction(1), *[Fraction(0)] * 6]) == 0
    life = lived(MON, frequency="daily", limit_per_period=4)
    assert strength(life, TUE) == 1
    assert strength(life.log(TUE, amount(9)), TUE) == pytest.approx(0.948078, abs=1e-6)

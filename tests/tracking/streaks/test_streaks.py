"""Verdicts, streaks, due, at risk and lapses: one test for each rule."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from habits.recurrence import Frequency, Plan, Schedule, Version
from tracking.streaks.history import PausedDays, TrackHistory
from tracking.streaks.recount import beginning, recount
from tracking.streaks.rules import Status, Verdict, status_of
from users.timing import Clock

DAY = timedelta(days=1)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
MONDAY = date(2024, 4, 1)
SUNDAY = MONDAY + DAY * 6
DAILY = Schedule(Frequency.DAILY)
WEEKLY = Schedule(Frequency.WEEKLY)
THRICE = Schedule(Frequency.WEEKLY, times_per_period=3)
EVERY_THREE = Schedule(Frequency.DAILY, interval=3)
LETTERS = {"C": Status.COMPLETED, "p": Status.PARTIAL, "s": Status.SKIPPED, "m": Status.MISSED}
Days = dict[date, Status]


def nth(n: int) -> date:
    """Return day n, counted from the first Monday (0)."""
    return MONDAY + DAY * n


def said(text: str, *, since: date = MONDAY) -> Days:
    """Return the statuses of days from one letter per day: Completed, partial, skipped, missed, or a dot for no log."""
    return {since + DAY * n: LETTERS[letter] for n, letter in enumerate(text) if letter != "."}


def paused(first: date, last: date | None = None) -> PausedDays:
    return first, last


def plan(
    schedule: Schedule,
    *changes: tuple[date, Schedule],
    first: date = MONDAY,
    last: date | None = None,
    exists: Callable[[date], bool] = lambda day: True,
) -> Plan:
    versions = [Version(None, schedule), *(Version(day, changed) for day, changed in changes)]
    return Plan(versions, MONDAY, first, last, exists)


def history(plan: Plan, days: Days, *pauses: PausedDays) -> TrackHistory:
    return TrackHistory(plan, days, {}, pauses)


def verdict_of(plan: Plan, days: Days, today: date, *pauses: PausedDays, day: date = MONDAY) -> Verdict:
    """Return the verdict of the period that contains `day`."""
    track = history(plan, days, *pauses)
    period = track.period_of(day, today)
    assert period is not None
    return track.verdict(period, today)


def streak_of(plan: Plan, days: Days, today: date, *pauses: PausedDays) -> tuple[int, int, str]:
    """Return the current streak, the longest in its unit, and the unit."""
    streak = recount(history(plan, days, *pauses), beginning(plan), today).streak
    return streak.current, streak.longest, str(streak.unit)


def is_due(plan: Plan, days: Days, day: date, *pauses: PausedDays) -> bool:
    return history(plan, days, *pauses).is_due(day)


def is_at_risk(plan: Plan, days: Days, day: date, *pauses: PausedDays) -> bool:
    return history(plan, days, *pauses).is_at_risk(day)


# --- A day -----------------------------------------------------------------------------------------------


def test_a_day_is_completed_when_its_amount_reaches_the_daily_amount_and_partial_below() -> None:
    assert status_of(Decimal(8), Decimal(8)) is Status.COMPLETED
    assert status_of(Decimal("8.01"), Decimal(8)) is Status.COMPLETED
    assert status_of(Decimal("7.99"), Decimal(8)) is Status.PARTIAL
    assert status_of(Decimal(0), Decimal(8)) is Status.PARTIAL


# --- Kept ------------------------------------------------------------------------------------------------


def test_a_period_is_kept_when_completed_days_that_count_reach_the_required_number() -> None:
    assert verdict_of(plan(THRICE), said("C.C.C"), nth(4)) is Verdict.KEPT
    assert verdict_of(plan(THRICE), said("CCCC"), nth(30)) is Verdict.KEPT
    assert verdict_of(plan(THRICE), said("C.C"), nth(30)) is Verdict.BROKEN


@pytest.mark.parametrize("letter", ["p", "s", "m", "."])
def test_only_a_completed_day_counts(letter: str) -> None:
    assert verdict_of(plan(DAILY), said(letter), MONDAY) is not Verdict.KEPT
    assert verdict_of(plan(DAILY), said("C"), MONDAY) is Verdict.KEPT


def test_a_completed_day_that_is_not_a_target_day_of_the_week_does_not_count() -> None:
    tuesdays = plan(Schedule(Frequency.WEEKLY, weekdays=frozenset({TUE})))
    assert verdict_of(tuesdays, said("C.C"), nth(7)) is Verdict.BROKEN
    assert verdict_of(tuesdays, said(".C"), nth(7)) is Verdict.KEPT


@pytest.mark.parametrize("text", ["C..", ".C.", "..C"])
def test_a_window_is_kept_by_any_of_its_days(text: str) -> None:
    assert verdict_of(plan(EVERY_THREE), said(text), nth(3)) is Verdict.KEPT


def test_a_completed_day_within_a_pause_counts() -> None:
    assert verdict_of(plan(DAILY), said("C"), nth(1), paused(MONDAY)) is Verdict.KEPT


def test_a_period_cut_by_a_version_is_kept_when_its_days_reach_the_full_requirement() -> None:
    cut = plan(THRICE, (nth(3), DAILY))
    assert verdict_of(cut, said("CCC"), nth(3)) is Verdict.KEPT
    assert verdict_of(cut, said("CC.C"), nth(3)) is Verdict.EXCUSED


def test_days_after_today_do_not_count_yet() -> None:
    # Logged on Tuesday in Auckland, while it is still Monday in Honolulu.
    assert verdict_of(plan(WEEKLY), said(".C"), MONDAY) is Verdict.OPEN
    assert verdict_of(plan(WEEKLY), said(".C"), nth(1)) is Verdict.KEPT
    assert is_due(plan(WEEKLY), said(".C"), MONDAY)
    period = plan(WEEKLY).period_of(MONDAY)
    assert period is not None
    assert [history(plan(WEEKLY), said("CCC")).completed_days(period, nth(n)) for n in range(4)] == [1, 2, 3, 3]


def test_an_entry_before_the_track_or_after_the_habit_does_not_count() -> None:
    assert verdict_of(plan(WEEKLY, first=nth(2)), said("CC"), nth(9), day=nth(3)) is Verdict.EXCUSED
    assert verdict_of(plan(WEEKLY, last=nth(1)), said("..CC"), nth(9)) is Verdict.EXCUSED


# --- Open ------------------------------------------------------------------------------------------------


def test_a_period_that_is_not_kept_is_open_until_the_end_of_its_last_day() -> None:
    assert verdict_of(plan(WEEKLY), {}, SUNDAY) is Verdict.OPEN
    assert verdict_of(plan(WEEKLY), {}, SUNDAY + DAY) is Verdict.BROKEN


def test_a_missed_or_skipped_day_is_open_until_it_ends() -> None:
    for letter in "ms":
        assert verdict_of(plan(DAILY), said(letter), MONDAY) is Verdict.OPEN


def test_a_cut_period_is_open_until_the_end_of_its_last_remaining_day() -> None:
    cut = plan(WEEKLY, (nth(3), DAILY))
    assert verdict_of(cut, {}, nth(2)) is Verdict.OPEN
    assert verdict_of(cut, {}, nth(3)) is Verdict.EXCUSED


# --- Excused ---------------------------------------------------------------------------------------------


def test_a_skipped_day_excuses_a_daily_period_and_a_missed_one_breaks_it() -> None:
    assert verdict_of(plan(DAILY), said("s"), nth(1)) is Verdict.EXCUSED
    assert verdict_of(plan(DAILY), said("m"), nth(1)) is Verdict.BROKEN
    assert verdict_of(plan(DAILY), said("p"), nth(1)) is Verdict.BROKEN


def test_a_paused_day_excuses_a_daily_period() -> None:
    for letter in ".mp":
        assert verdict_of(plan(DAILY), said(letter), nth(1), paused(MONDAY, MONDAY)) is Verdict.EXCUSED


def test_a_period_is_excused_when_skipped_days_left_fewer_than_are_required() -> None:
    assert verdict_of(plan(THRICE), said("sssss"), nth(7)) is Verdict.EXCUSED
    assert verdict_of(plan(THRICE), said("ssss"), nth(7)) is Verdict.BROKEN
    assert verdict_of(plan(THRICE), said("ssssC"), nth(7)) is Verdict.BROKEN
    assert verdict_of(plan(THRICE), said("sssssC"), nth(7)) is Verdict.EXCUSED


def test_paused_days_shrink_what_is_required_in_proportion_at_most_to_half() -> None:
    # Three of seven; of two paused days 3 x 5/7, rounded up, of more than half of them 3 x 1/2.
    assert verdict_of(plan(THRICE), said("..CC"), nth(7), paused(nth(0), nth(1))) is Verdict.BROKEN
    assert verdict_of(plan(THRICE), said("...CC"), nth(7), paused(nth(0), nth(2))) is Verdict.KEPT
    assert (
        verdict_of(plan(THRICE), said("......C"), nth(7), paused(nth(0), nth(5))) is Verdict.EXCUSED
    )  # one day for two
    assert verdict_of(plan(THRICE), {}, nth(7), paused(nth(0), nth(6))) is Verdict.EXCUSED


def test_what_is_done_on_a_paused_day_counts_and_the_day_stays_paused() -> None:
    assert verdict_of(plan(THRICE), said(".CC"), nth(7), paused(nth(0), nth(2))) is Verdict.KEPT
    assert verdict_of(plan(THRICE), said("ss.CC"), nth(7), paused(nth(0), nth(2))) is Verdict.KEPT


def test_a_pause_to_the_end_excuses_when_all_could_still_have_been_done_on_its_first_day() -> None:
    assert verdict_of(plan(THRICE), {}, nth(7), paused(nth(2), nth(6))) is Verdict.EXCUSED
    assert verdict_of(plan(THRICE), {}, nth(7), paused(nth(4), nth(6))) is Verdict.EXCUSED
    assert verdict_of(plan(THRICE), {}, nth(7), paused(nth(5), nth(6))) is Verdict.BROKEN
    assert verdict_of(plan(THRICE), said("C"), nth(7), paused(nth(5), nth(6))) is Verdict.EXCUSED


def test_a_skip_settles_a_window_and_a_pause_of_a_day_of_it_does_not() -> None:
    for text in ("s", ".s", "..s"):
        assert verdict_of(plan(EVERY_THREE), said(text), nth(3)) is Verdict.EXCUSED
    assert verdict_of(plan(EVERY_THREE), {}, nth(3), paused(MONDAY, MONDAY)) is Verdict.BROKEN
    assert verdict_of(plan(EVERY_THREE), {}, nth(3), paused(MONDAY, nth(2))) is Verdict.EXCUSED


def test_missed_days_are_available() -> None:
    assert verdict_of(plan(THRICE), said("mmmssss"), nth(7)) is Verdict.BROKEN


def test_a_period_cut_by_a_version_is_excused_if_it_could_still_have_been_kept_and_else_broken() -> None:
    assert verdict_of(plan(WEEKLY, (nth(6), DAILY)), {}, nth(30)) is Verdict.EXCUSED
    assert verdict_of(plan(THRICE, (nth(4), DAILY)), {}, nth(30)) is Verdict.EXCUSED
    assert verdict_of(plan(THRICE, (nth(5), DAILY)), {}, nth(30)) is Verdict.BROKEN
    assert verdict_of(plan(THRICE, (nth(5), DAILY)), said("C"), nth(30)) is Verdict.EXCUSED


def test_a_period_cut_by_the_start_of_the_track_is_excused() -> None:
    assert verdict_of(plan(WEEKLY, first=nth(1)), {}, nth(30), day=nth(1)) is Verdict.EXCUSED


def test_a_period_cut_by_the_end_of_the_habit_is_excused() -> None:
    assert verdict_of(plan(WEEKLY, last=nth(5)), {}, nth(30)) is Verdict.EXCUSED


def test_a_version_or_end_at_a_period_edge_excuses_nothing() -> None:
    assert verdict_of(plan(WEEKLY, (nth(7), DAILY)), {}, nth(30)) is Verdict.BROKEN
    assert verdict_of(plan(WEEKLY, last=nth(6)), {}, nth(30)) is Verdict.BROKEN


# --- Streaks ---------------------------------------------------------------------------------------------


def test_the_current_streak_is_the_kept_periods_since_the_last_broken_one() -> None:
    assert streak_of(plan(DAILY), said("CC.CCC"), nth(5)) == (3, 3, "day")
    assert streak_of(plan(DAILY), said("CCCm"), nth(4)) == (0, 3, "day")


def test_excused_periods_neither_count_nor_break() -> None:
    assert streak_of(plan(DAILY), said("CCsC"), nth(3)) == (3, 3, "day")
    assert streak_of(plan(DAILY), said("CC..C"), nth(4), paused(nth(2), nth(3))) == (3, 3, "day")


def test_an_open_period_neither_counts_nor_breaks() -> None:
    assert streak_of(plan(DAILY), said("CC"), nth(2)) == (2, 2, "day")
    assert streak_of(plan(DAILY), said("CC"), nth(3)) == (0, 2, "day")


def test_the_longest_streak_is_the_longest_run_of_kept_periods() -> None:
    assert streak_of(plan(DAILY), said("CCC.CC.C"), nth(7)) == (1, 3, "day")
    assert streak_of(plan(DAILY), said("C.CCsCC."), nth(8)) == (0, 4, "day")


def test_days_that_are_not_target_days_do_not_break_a_daily_streak() -> None:
    workdays = plan(Schedule(Frequency.DAILY, weekdays=frozenset({MON, TUE, WED, THU, FRI})))
    assert streak_of(workdays, said("CCCCC..C"), nth(7)) == (6, 6, "day")


def test_streaks_are_counted_in_periods() -> None:
    assert streak_of(plan(THRICE), said("CCCC...CCC...."), nth(14)) == (2, 2, "week")
    assert streak_of(plan(EVERY_THREE), said("CCC..C"), nth(6)) == (2, 2, "3 days")


def test_streaks_can_be_counted_in_months_and_years() -> None:
    monthly, yearly = Schedule(Frequency.MONTHLY), Schedule(Frequency.YEARLY)
    in_months = {date(2024, month, 9): Status.COMPLETED for month in (1, 2, 4, 5)}
    assert streak_of(plan(monthly, first=date(2024, 1, 1)), in_months, date(2024, 6, 30)) == (2, 2, "month")
    in_years = {date(year, 12, 31): Status.COMPLETED for year in (2021, 2022, 2023)}
    assert streak_of(plan(yearly, first=date(2021, 1, 1)), in_years, date(2024, 12, 31)) == (3, 3, "year")


def test_a_change_of_unit_starts_the_current_streak_again_and_the_longest_is_kept_for_each_unit() -> None:
    changed = plan(DAILY, (nth(7), EVERY_THREE))
    assert streak_of(changed, said("CCCCCCCC"), nth(6)) == (7, 7, "day")
    assert streak_of(changed, said("CCCCCCCC"), nth(7)) == (1, 1, "3 days")
    assert streak_of(changed, said("CCCCCCC"), nth(7)) == (0, 0, "3 days")
    found = recount(history(changed, said("CCCCCCCC")), beginning(changed), nth(7)).streak
    assert {str(unit): count for unit, count in found.longest_of.items()} == {"day": 7, "3 days": 1}


def test_a_pending_version_changes_no_unit_before_its_day() -> None:
    assert streak_of(plan(DAILY, (nth(3), EVERY_THREE)), said("CC"), nth(2)) == (2, 2, "day")


def test_a_different_window_length_is_a_different_unit() -> None:
    changed = plan(EVERY_THREE, (nth(6), Schedule(Frequency.DAILY, interval=2)))
    assert streak_of(changed, said("C..C..C"), nth(6)) == (1, 1, "2 days")


def test_a_change_of_weekdays_keeps_the_unit_and_the_streak() -> None:
    changed = plan(DAILY, (nth(3), Schedule(Frequency.DAILY, weekdays=frozenset({FRI, SUN}))))
    assert streak_of(changed, said("CCC.C.C"), nth(6)) == (5, 5, "day")


def test_from_a_cut_on_the_streak_is_that_of_the_new_unit() -> None:
    changed = plan(DAILY, (nth(2), WEEKLY))
    assert streak_of(changed, said("CC"), nth(1)) == (2, 2, "day")
    assert streak_of(changed, said("CC"), nth(2)) == (0, 0, "week")
    assert streak_of(changed, said("CCC"), nth(2)) == (1, 1, "week")


def test_returning_to_an_earlier_unit_does_not_join_its_streak() -> None:
    changed = plan(DAILY, (nth(3), EVERY_THREE), (nth(6), DAILY))
    assert streak_of(changed, said("CCCC..C"), nth(6)) == (1, 3, "day")


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_a_late_entry_gives_the_same_streak_as_one_made_on_the_day(
    order: tuple[int, ...],
) -> None:
    days: Days = {}
    for n in order:
        days[nth(n)] = Status.COMPLETED
    assert streak_of(plan(DAILY), days, nth(3)) == (4, 4, "day")


def test_before_the_first_period_there_is_no_streak() -> None:
    assert streak_of(plan(DAILY), said("C"), nth(-1)) == (0, 0, "day")


def test_a_date_that_the_zone_skips_neither_breaks_a_daily_streak_nor_counts() -> None:
    skipping = plan(DAILY, first=date(2011, 12, 28), exists=Clock("Pacific/Apia").exists)
    logs = said("CC.C", since=date(2011, 12, 28))
    assert streak_of(skipping, logs, date(2011, 12, 31)) == (3, 3, "day")
    assert streak_of(skipping, {**logs, date(2011, 12, 30): Status.COMPLETED}, date(2011, 12, 31))[0] == 3


# --- Lapses ----------------------------------------------------------------------------------------------


def lapses(plan: Plan, days: Days, today: date, *pauses: PausedDays) -> date | None:
    """Return the last day of the streak, after checking that it is unchanged on that day and 0 on the next one."""
    last = recount(history(plan, days, *pauses), beginning(plan), today).lapse_day
    if last is not None:
        assert streak_of(plan, days, last, *pauses)[0] > 0
        assert streak_of(plan, days, last + DAY, *pauses)[0] == 0
    return last


def test_a_daily_streak_lasts_until_the_end_of_the_day_after_the_last_completed_one() -> None:
    assert lapses(plan(DAILY), said("CCC"), nth(2)) == nth(3)
    assert lapses(plan(DAILY), said("CCC"), nth(3)) == nth(3)


def test_a_streak_lasts_until_the_end_of_the_period_that_will_break() -> None:
    assert lapses(plan(WEEKLY), said("C"), nth(2)) == nth(13)
    assert lapses(plan(WEEKLY), said("C"), nth(9)) == nth(13)
    assert lapses(plan(EVERY_THREE), said("C"), nth(1)) == nth(5)
    assert lapses(plan(Schedule(Frequency.MONTHLY)), said("C"), nth(1)) == date(2024, 5, 31)


def test_days_that_are_not_target_days_delay_the_lapse() -> None:
    mondays = plan(Schedule(Frequency.DAILY, weekdays=frozenset({MON})))
    assert lapses(mondays, said("C"), nth(1)) == nth(7)


def test_skipped_and_paused_days_delay_the_lapse() -> None:
    assert lapses(plan(DAILY), said("CCs"), nth(2)) == nth(3)
    assert lapses(plan(DAILY), said("CC"), nth(1), paused(nth(2), nth(8))) == nth(9)
    assert lapses(plan(THRICE), said("CCC"), nth(3), paused(nth(5), nth(11))) == nth(13)  # two days for two


def test_a_missed_day_lapses_when_it_ends() -> None:
    assert lapses(plan(DAILY), said("CCm"), nth(2)) == nth(2)


def test_a_log_of_a_future_day_delays_the_lapse() -> None:
    assert lapses(plan(DAILY), said("CCC"), nth(1)) == nth(3)


def test_a_streak_in_a_long_pause_lapses_years_later() -> None:
    assert lapses(plan(DAILY), said("C"), nth(0), paused(nth(1), nth(1000))) == nth(1001)


def test_a_streak_in_an_open_ended_pause_does_not_lapse() -> None:
    assert lapses(plan(DAILY), said("C"), nth(0), paused(nth(1))) is None
    assert lapses(plan(Schedule(Frequency.YEARLY)), said("C"), nth(0), paused(nth(1))) is None


def test_known_pauses_to_come_delay_the_lapse_by_what_they_shrink() -> None:
    assert lapses(plan(THRICE), said("CCC....CC"), nth(8), paused(nth(10), nth(12))) == nth(20)


def test_a_streak_whose_habit_has_ended_does_not_lapse() -> None:
    assert lapses(plan(DAILY, last=nth(2)), said("CCC"), nth(1)) is None
    assert lapses(plan(DAILY, last=nth(2)), said("CCC"), nth(9)) is None
    assert lapses(plan(WEEKLY, last=nth(10)), said("C"), nth(1)) is None


def test_a_streak_lapses_the_day_before_another_unit_begins() -> None:
    assert lapses(plan(DAILY, (nth(2), EVERY_THREE)), said("CC"), nth(1)) == nth(1)
    assert lapses(plan(WEEKLY, (nth(9), EVERY_THREE)), said("C"), nth(1)) == nth(8)
    assert lapses(plan(DAILY, (nth(2), WEEKLY), (nth(4), Schedule(Frequency.YEARLY))), said("CC"), nth(1)) == nth(1)


def test_between_two_versions_with_the_same_unit_a_streak_continues() -> None:
    changed = plan(WEEKLY, (nth(9), Schedule(Frequency.WEEKLY, weekdays=frozenset({MON}))))
    assert lapses(changed, said("C"), nth(10)) == nth(20)


# --- Due -------------------------------------------------------------------------------------------------


def test_a_target_day_is_due() -> None:
    assert is_due(plan(DAILY), {}, MONDAY)
    assert is_due(plan(EVERY_THREE), {}, nth(3))


def test_a_day_that_is_not_a_target_day_is_not_due() -> None:
    tuesdays = plan(Schedule(Frequency.WEEKLY, weekdays=frozenset({TUE})))
    assert [is_due(tuesdays, {}, nth(n)) for n in range(3)] == [False, True, False]


@pytest.mark.parametrize(("letter", "due"), [("C", False), ("s", False), ("m", False), ("p", True), (".", True)])
def test_a_day_with_a_completed_skipped_or_missed_entry_is_not_due(letter: str, due: bool) -> None:
    assert is_due(plan(THRICE), said(letter), MONDAY) is due


def test_a_paused_day_is_not_due() -> None:
    pause = paused(MONDAY, nth(1))
    assert [is_due(plan(DAILY), {}, nth(n), pause) for n in range(3)] == [False, False, True]


def test_a_day_of_a_kept_period_is_not_due() -> None:
    assert is_due(plan(THRICE), said("CC"), nth(2))
    assert not is_due(plan(THRICE), said("CCC"), nth(3))
    assert is_due(plan(THRICE), said("CCC"), nth(7))


def test_a_day_outside_the_track_is_not_due() -> None:
    track = plan(DAILY, last=nth(1))
    assert [is_due(track, {}, nth(n)) for n in range(-1, 3)] == [False, True, True, False]


def test_the_first_period_after_a_cut_is_due_at_once_unless_one_was_kept_in_its_natural_period() -> None:
    changed = plan(DAILY, (nth(2), WEEKLY))
    assert [is_due(changed, {}, nth(n)) for n in (1, 2, 6, 7)] == [True, True, True, True]
    weekdays = plan(WEEKLY, (nth(2), Schedule(Frequency.WEEKLY, weekdays=frozenset({FRI}))))
    assert [is_due(weekdays, said("C"), nth(n)) for n in (4, 11)] == [False, True]
    assert [is_due(weekdays, {}, nth(n)) for n in (3, 4)] == [False, True]


def test_a_window_is_due_until_it_is_kept_and_not_before_n_days_after_the_last_time_where_it_allows() -> None:
    windows = plan(EVERY_THREE)
    assert [is_due(windows, {}, nth(n)) for n in range(6)] == [True] * 6
    assert [is_due(windows, said("C"), nth(n)) for n in range(6)] == [False] * 3 + [True] * 3
    # Done on the last day of a window: asked on the last day of the next one.
    assert [is_due(windows, said("..C"), nth(n)) for n in range(3, 9)] == [False, False, True, True, True, True]
    assert [is_due(windows, said("...s"), nth(n)) for n in range(3, 9)] == [False, False, False, True, True, True]


def test_a_day_of_a_cut_period_is_due() -> None:
    assert is_due(plan(THRICE, first=nth(6)), {}, nth(6))


# --- At risk ---------------------------------------------------------------------------------------------


def test_a_daily_streak_is_at_risk_until_today_is_completed() -> None:
    assert is_at_risk(plan(DAILY), said("CC"), nth(2))
    assert is_at_risk(plan(DAILY), said("CCp"), nth(2))
    assert not is_at_risk(plan(DAILY), said("CCC"), nth(2))


def test_a_streak_is_not_at_risk_while_later_days_are_enough() -> None:
    # Two of three are still to be done.
    assert [is_at_risk(plan(THRICE), said("C"), nth(n)) for n in range(1, 7)] == [
        False,
        False,
        False,
        False,
        True,
        False,  # too late: one day for two
    ]


def test_a_streak_is_not_at_risk_in_a_period_that_is_kept() -> None:
    assert not is_at_risk(plan(THRICE), said("CCC"), SUNDAY)


def test_later_days_that_are_paused_are_not_counted_on() -> None:
    assert is_at_risk(plan(THRICE), said("C"), nth(3), paused(nth(4), nth(5)))
    assert not is_at_risk(plan(THRICE), said("C"), nth(3))


def test_a_later_day_can_still_be_completed_whatever_is_said_of_it() -> None:
    assert not is_at_risk(plan(THRICE), said("CC....C"), nth(5))
    assert not is_at_risk(plan(THRICE), said("CC....s"), nth(5))


def test_a_streak_is_not_at_risk_in_a_period_that_would_be_excused() -> None:
    assert not is_at_risk(plan(WEEKLY, first=SUNDAY), {}, SUNDAY)
    assert not is_at_risk(plan(THRICE), said("Csssss"), SUNDAY)


def test_a_streak_is_not_at_risk_when_nothing_is_due() -> None:
    assert not is_at_risk(plan(DAILY), said("CCs"), nth(2))
    assert not is_at_risk(plan(DAILY), said("CC"), nth(2), paused(nth(2)))
    assert not is_at_risk(plan(DAILY, last=nth(1)), said("CC"), nth(2))


def test_a_window_is_at_risk_on_its_last_day_only() -> None:
    assert [is_at_risk(plan(EVERY_THREE), said("C"), nth(n)) for n in (3, 4, 5)] == [False, False, True]
    assert not is_at_risk(plan(EVERY_THREE), said("C..s"), nth(5))

"""The fold from a track's history to what is stored of its streaks and strength."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from habits.recurrence import Frequency, Plan, Schedule, Version
from habits.units import EACH_DAY
from tracking.streaks.history import PausedDays, TrackHistory
from tracking.streaks.recount import Checkpoint, StreakStats, beginning, first_affected_day, recount
from tracking.streaks.rules import Status, Streak

DAY = timedelta(days=1)
FIRST = date(2024, 1, 1)  # a Monday
DAILY, WEEKLY = Schedule(Frequency.DAILY), Schedule(Frequency.WEEKLY)


def plan(*changes: tuple[date, Schedule], last: date | None = None) -> Plan:
    versions = [Version(None, DAILY), *(Version(day, schedule) for day, schedule in changes)]
    return Plan(versions, FIRST, FIRST, last)


def history(of: Plan, completed: int, *more: date, pauses: tuple[PausedDays, ...] = ()) -> TrackHistory:
    """Return a history with the first `completed` days and some more days completed."""
    days = [*(FIRST + DAY * number for number in range(completed)), *more]
    return TrackHistory(of, dict.fromkeys(days, Status.COMPLETED), dict.fromkeys(days, Decimal(1)), pauses)


def stats(history: TrackHistory, today: date) -> StreakStats:
    return recount(history, beginning(history.plan), today)


def test_a_track_without_logs_has_no_streak_no_strength_and_nothing_that_lapses() -> None:
    found = stats(history(plan(), 0), FIRST)
    assert found == StreakStats(Streak(0, EACH_DAY), 0.0, FIRST, None, None, [])


def test_the_streak_lapses_after_the_next_day_that_would_be_missed() -> None:
    found = stats(history(plan(), 3), FIRST + DAY * 2)
    assert (found.streak, found.lapse_day) == (Streak(3, EACH_DAY, {EACH_DAY: 3}), FIRST + DAY * 3)


def test_a_streak_lapses_later_by_a_known_pause() -> None:
    pause = (FIRST + DAY * 3, FIRST + DAY * 9)
    assert stats(history(plan(), 3, pauses=(pause,)), FIRST + DAY * 2).lapse_day == FIRST + DAY * 10


def test_each_month_begins_with_a_checkpoint_and_counting_from_any_of_them_gives_the_same() -> None:
    whole, today = history(plan(), 80), FIRST + DAY * 90
    counted = stats(whole, today)
    assert [each.day for each in counted.checkpoints] == [date(2024, 2, 1), date(2024, 3, 1)]
    assert [each.streak.current for each in counted.checkpoints] == [31, 60]
    for number, checkpoint in enumerate(counted.checkpoints, 1):
        again = recount(whole, checkpoint, today)
        assert again.checkpoints == counted.checkpoints[number:]
        assert (again.streak, again.lapse_day) == (counted.streak, counted.lapse_day)
        assert again.strength == pytest.approx(counted.strength)


def test_the_day_on_which_another_unit_begins_is_told_in_advance() -> None:
    change = date(2024, 1, 10)
    found = stats(history(plan((change, WEEKLY)), 9), FIRST + DAY * 8)
    assert (found.recount_on, found.lapse_day) == (change, change - DAY)
    then = stats(history(plan((change, WEEKLY)), 9), change)
    assert (then.streak.current, str(then.streak.unit), then.recount_on) == (0, "week", None)


def test_a_log_of_a_future_day_does_not_count_before_that_day() -> None:
    found = stats(history(plan(), 3, FIRST + DAY * 4, FIRST + DAY * 5), FIRST + DAY * 2)
    assert (found.streak.current, found.recount_on) == (3, FIRST + DAY * 4)


def test_after_the_end_of_the_track_the_strength_stays_and_nothing_lapses() -> None:
    ended = history(plan(last=FIRST + DAY * 2), 3)
    then, later = stats(ended, FIRST + DAY * 2), stats(ended, FIRST + DAY * 30)
    assert (later.strength, later.streak, later.lapse_day) == (then.strength, then.streak, None)
    assert later.strength_on == FIRST + DAY * 30


def test_before_the_start_of_the_track_the_strength_is_that_of_the_checkpoint() -> None:
    found = recount(history(plan(), 0), Checkpoint(FIRST, Streak(), 0.5), FIRST - DAY * 3)
    assert (found.strength, found.strength_on) == (0.5, FIRST - DAY)


def test_a_change_affects_the_period_of_the_day_before_as_well() -> None:
    cut = plan((date(2024, 1, 10), WEEKLY))
    assert first_affected_day(cut, date(2024, 1, 10)) == date(2024, 1, 8)
    assert first_affected_day(plan((date(2024, 1, 8), WEEKLY)), date(2024, 1, 8)) == date(2024, 1, 7)
    assert first_affected_day(cut, date(2024, 1, 18)) == date(2024, 1, 15)

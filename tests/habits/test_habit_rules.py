"""The rules about habits: each rule, its limits, and the default values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from habits import rules
from habits.recurrence import Frequency, Schedule
from habits.rules import Draft, LinkedHabit

ALICE, BOB = 1, 2
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
TODAY = date(2024, 4, 1)
DAY = timedelta(days=1)
PLAIN = Draft(
    owner_id=ALICE,
    is_pleasant=False,
    reward="",
    linked=None,
    duration=60,
    start_date=None,
    end_date=None,
)
BATH = LinkedHabit(owner_id=ALICE, is_pleasant=True)


def refusal(rule: Callable[..., object], *args: object, **kwargs: object) -> tuple[str, str | None]:
    """Return the code and field of the rule's DomainError."""
    with pytest.raises(DomainError) as caught:
        rule(*args, **kwargs)
    assert caught.value.message
    return caught.value.code, caught.value.field


def weekly(*weekdays: int, times: int = 1) -> Schedule:
    return Schedule(Frequency.WEEKLY, weekdays=frozenset(weekdays), times_per_period=times)


def complete_schedule(base: Schedule | None = None, *, max_gap_days: int = 7, **given: Any) -> Schedule:
    return rules.complete_schedule(given, base=base, max_gap_days=max_gap_days)


# --- Rewards ---------------------------------------------------------------------------------------------


def test_a_habit_may_have_a_reward_or_a_linked_habit_or_neither() -> None:
    for draft in (PLAIN, replace(PLAIN, reward="tea"), replace(PLAIN, linked=BATH)):
        rules.check_habit(draft)


def test_reward_and_linked_habit_exclude_each_other() -> None:
    draft = replace(PLAIN, reward="tea", linked=BATH)
    assert refusal(rules.check_habit, draft) == ("reward_and_linked_habit", "linked_habit")


def test_a_pleasant_habit_has_no_reward() -> None:
    draft = replace(PLAIN, is_pleasant=True, reward="tea")
    assert refusal(rules.check_habit, draft) == ("pleasant_with_reward", "reward")


def test_a_pleasant_habit_has_no_linked_habit() -> None:
    draft = replace(PLAIN, is_pleasant=True, linked=BATH)
    assert refusal(rules.check_habit, draft) == ("pleasant_with_linked_habit", "linked_habit")


def test_a_pleasant_habit_without_reward_and_link_is_valid() -> None:
    rules.check_habit(replace(PLAIN, is_pleasant=True))


def test_only_a_pleasant_habit_can_be_linked() -> None:
    draft = replace(PLAIN, linked=replace(BATH, is_pleasant=False))
    assert refusal(rules.check_habit, draft) == ("linked_not_pleasant", "linked_habit")


@pytest.mark.parametrize("is_pleasant", [True, False])
def test_linking_another_users_habit_gives_the_same_error_as_a_missing_one(is_pleasant: bool) -> None:
    draft = replace(PLAIN, linked=LinkedHabit(owner_id=BOB, is_pleasant=is_pleasant))
    assert refusal(rules.check_habit, draft) == ("does_not_exist", "linked_habit")


def test_a_habit_without_an_owner_cannot_be_linked() -> None:
    draft = replace(PLAIN, linked=replace(BATH, owner_id=None))
    assert refusal(rules.check_habit, draft) == ("does_not_exist", "linked_habit")


def test_a_habit_stays_pleasant_while_another_is_linked_to_it() -> None:
    stays = rules.check_stays_pleasant_while_linked
    assert refusal(stays, is_pleasant=False, is_linked=True) == ("linked_stays_pleasant", "is_pleasant")
    stays(is_pleasant=True, is_linked=True)
    stays(is_pleasant=False, is_linked=False)


# --- Duration and dates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 60, 120, None])
def test_a_duration_from_1_to_120_seconds_is_valid(seconds: int | None) -> None:
    rules.check_habit(replace(PLAIN, duration=seconds))


@pytest.mark.parametrize("seconds", [-1, 0, 121])
def test_any_other_duration_is_refused(seconds: int) -> None:
    draft = replace(PLAIN, duration=seconds)
    assert refusal(rules.check_habit, draft) == ("duration_out_of_range", "duration")


def test_the_end_cannot_be_before_the_start() -> None:
    draft = replace(PLAIN, start_date=TODAY, end_date=TODAY - DAY)
    assert refusal(rules.check_habit, draft) == ("end_before_start", "end_date")


def test_a_habit_may_last_one_day_or_have_no_start_or_end_date() -> None:
    rules.check_habit(replace(PLAIN, start_date=TODAY, end_date=TODAY))
    rules.check_habit(replace(PLAIN, start_date=TODAY))
    rules.check_habit(replace(PLAIN, end_date=TODAY))


@pytest.mark.parametrize("field", ["start_date", "end_date"])
def test_dates_must_be_from_1970_to_2199(field: str) -> None:
    def dated(day: date) -> Draft:
        return replace(PLAIN, start_date=day) if field == "start_date" else replace(PLAIN, end_date=day)

    for inside in (date(1970, 1, 1), date(2199, 12, 31)):
        rules.check_habit(dated(inside))
    for outside in (date(1969, 12, 31), date(2200, 1, 1)):
        assert refusal(rules.check_habit, dated(outside)) == ("date_out_of_range", field)


def test_an_edited_end_cannot_be_before_today() -> None:
    def edit(end: date | None, before: date | None = None) -> None:
        rules.check_new_end(end_date=end, before=before, today=TODAY)

    assert refusal(edit, TODAY - DAY) == ("end_in_past", "end_date")
    assert refusal(edit, TODAY - DAY, TODAY + DAY) == ("end_in_past", "end_date")
    edit(TODAY)
    edit(None, TODAY - DAY)


def test_an_edit_may_keep_a_past_end_date() -> None:
    rules.check_new_end(end_date=TODAY - DAY, before=TODAY - DAY, today=TODAY)


# --- Schedules -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", range(1, 8))
def test_an_interval_from_1_to_7_days_is_valid(interval: int) -> None:
    rules.check_schedule(Schedule(Frequency.DAILY, interval=interval))


@pytest.mark.parametrize("interval", [-1, 0, 8])
def test_any_other_interval_is_refused(interval: int) -> None:
    schedule = Schedule(Frequency.DAILY, interval=interval)
    assert refusal(rules.check_schedule, schedule) == ("interval_out_of_range", "interval")


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY, Frequency.YEARLY])
def test_only_a_daily_habit_has_an_interval(frequency: Frequency) -> None:
    schedule = Schedule(frequency, interval=2)
    assert refusal(rules.check_schedule, schedule) == ("interval_not_daily", "interval")


def test_weekdays_do_not_go_with_an_interval_above_1() -> None:
    schedule = Schedule(Frequency.DAILY, interval=2, weekdays=frozenset({MON}))
    assert refusal(rules.check_schedule, schedule) == ("weekdays_with_interval", "weekdays")
    rules.check_schedule(replace(schedule, interval=1))


@pytest.mark.parametrize(
    ("frequency", "most"),
    [(Frequency.DAILY, 1), (Frequency.WEEKLY, 7), (Frequency.MONTHLY, 28), (Frequency.YEARLY, 365)],
)
def test_times_per_period_must_be_1_for_a_day_and_up_to_7_a_week_28_a_month_365_a_year(
    frequency: Frequency, most: int
) -> None:
    for times in (1, most):
        rules.check_schedule(Schedule(frequency, times_per_period=times))
    for times in (-1, 0, most + 1):
        schedule = Schedule(frequency, times_per_period=times)
        assert refusal(rules.check_schedule, schedule) == ("times_out_of_range", "times_per_period")


def test_the_daily_amount_must_be_more_than_0() -> None:
    for amount in (Decimal(0), Decimal(-1)):
        schedule = Schedule(Frequency.DAILY, daily_amount=amount)
        assert refusal(rules.check_schedule, schedule) == ("amount_not_positive", "daily_amount")
    rules.check_schedule(Schedule(Frequency.DAILY, daily_amount=Decimal("0.01")))


# --- At least once in 7 days, on average -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "max_gap_days", "least"),
    [
        (Frequency.DAILY, 7, 1),
        (Frequency.WEEKLY, 7, 1),
        (Frequency.MONTHLY, 7, 5),
        (Frequency.YEARLY, 7, 53),
        (Frequency.WEEKLY, 3, 3),
        (Frequency.MONTHLY, 31, 1),
        (Frequency.MONTHLY, 30, 2),
        (Frequency.YEARLY, 365, 2),
        (Frequency.WEEKLY, 366, 1),
        (Frequency.MONTHLY, 366, 1),
        (Frequency.YEARLY, 366, 1),
    ],
)
def test_the_minimum_times_per_period_follow_from_max_gap_days(
    frequency: Frequency, max_gap_days: int, least: int
) -> None:
    assert Schedule(frequency).pattern.min_times(max_gap_days) == least
    rules.check_min_frequency(Schedule(frequency, times_per_period=least), max_gap_days=max_gap_days)
    if frequency is not Frequency.DAILY:
        fewer = Schedule(frequency, times_per_period=least - 1)
        refused = refusal(rules.check_min_frequency, fewer, max_gap_days=max_gap_days)
        assert refused == ("too_seldom", "times_per_period")


@pytest.mark.parametrize(
    ("frequency", "allowed"),
    [(Frequency.WEEKLY, (1, 7)), (Frequency.MONTHLY, (5, 28)), (Frequency.YEARLY, (53, 365))],
)
def test_with_a_gap_of_7_days_a_week_needs_1_to_7_times_a_month_5_to_28_a_year_53_to_365(
    frequency: Frequency, allowed: tuple[int, int]
) -> None:
    def is_allowed(times: int) -> bool:
        schedule = Schedule(frequency, times_per_period=times)
        try:
            rules.check_schedule(schedule)
            rules.check_min_frequency(schedule, max_gap_days=7)
        except DomainError:
            return False
        return True

    found = [times for times in range(400) if is_allowed(times)]
    assert (found[0], found[-1]) == allowed
    assert len(found) == found[-1] - found[0] + 1


def test_an_interval_cannot_exceed_the_gap() -> None:
    rules.check_min_frequency(Schedule(Frequency.DAILY, interval=7), max_gap_days=7)
    rules.check_min_frequency(Schedule(Frequency.DAILY, interval=3), max_gap_days=3)
    seldom = Schedule(Frequency.DAILY, interval=4)
    assert refusal(rules.check_min_frequency, seldom, max_gap_days=3) == ("too_seldom", "interval")


@pytest.mark.parametrize("frequency", list(Frequency))
def test_there_must_be_enough_weekdays_for_the_gap(frequency: Frequency) -> None:
    once = Schedule(frequency, weekdays=frozenset({MON}), times_per_period=365)
    rules.check_min_frequency(once, max_gap_days=7)
    assert refusal(rules.check_min_frequency, once, max_gap_days=6) == ("too_seldom", "weekdays")
    rules.check_min_frequency(replace(once, weekdays=frozenset({MON, THU})), max_gap_days=6)


# --- Defaults --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "weekdays", "times"),
    [
        (Frequency.DAILY, {MON, TUE}, 1),
        (Frequency.WEEKLY, set(), 1),
        (Frequency.WEEKLY, {MON, WED, FRI}, 3),
        (Frequency.MONTHLY, set(), 5),
        (Frequency.MONTHLY, {MON, WED, FRI}, 5),
        (Frequency.YEARLY, set(), 53),
    ],
)
def test_times_per_period_defaults_to_the_number_of_weekdays_or_the_minimum(
    frequency: Frequency, weekdays: set[int], times: int
) -> None:
    assert rules.default_times(frequency, weekdays, max_gap_days=7) == times
    assert complete_schedule(frequency=frequency, weekdays=frozenset(weekdays)).times_per_period == times


def test_with_a_gap_of_366_days_a_month_or_a_year_defaults_to_1() -> None:
    for frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        schedule = complete_schedule(frequency=frequency, max_gap_days=366)
        assert schedule.times_per_period == 1
        rules.check_schedule(schedule)
        rules.check_min_frequency(schedule, max_gap_days=366)


@pytest.mark.parametrize("max_gap_days", [2, 3, 5, 7, 30, 366])
@pytest.mark.parametrize("frequency", list(Frequency))
def test_every_default_is_valid(frequency: Frequency, max_gap_days: int) -> None:
    schedule = complete_schedule(frequency=frequency, max_gap_days=max_gap_days)
    rules.check_schedule(schedule)
    rules.check_min_frequency(schedule, max_gap_days=max_gap_days)


def test_the_default_never_exceeds_the_days_of_a_period() -> None:
    assert rules.default_times(Frequency.MONTHLY, (), max_gap_days=1) == 28
    assert rules.default_times(Frequency.WEEKLY, (MON,), max_gap_days=1) == 7


def test_a_frequency_alone_means_every_day_once_and_the_amount_1() -> None:
    assert complete_schedule(frequency=Frequency.DAILY) == Schedule(Frequency.DAILY)
    assert complete_schedule(frequency=Frequency.WEEKLY) == Schedule(Frequency.WEEKLY)


def test_an_interval_alone_means_daily() -> None:
    assert complete_schedule(interval=3) == Schedule(Frequency.DAILY, interval=3)


def test_neither_frequency_nor_interval_is_refused() -> None:
    assert refusal(complete_schedule, weekdays=frozenset({MON})) == ("required", "frequency")


def test_given_times_are_never_replaced_by_a_default() -> None:
    assert complete_schedule(frequency=Frequency.WEEKLY, weekdays=frozenset({MON, TUE}), times_per_period=1) == weekly(
        MON, TUE
    )
    assert complete_schedule(frequency=Frequency.WEEKLY, times_per_period=0).times_per_period == 0


def test_an_edit_keeps_fields_that_are_not_given() -> None:
    base = Schedule(Frequency.WEEKLY, 1, frozenset({MON, FRI}), 1, Decimal(8), "glasses")
    assert complete_schedule(base) == base
    assert complete_schedule(base, daily_amount=Decimal(9)) == replace(base, daily_amount=Decimal(9))
    assert complete_schedule(base, times_per_period=2) == replace(base, times_per_period=2)


def test_an_edit_that_repeats_the_weekdays_keeps_the_times() -> None:
    base = weekly(MON, FRI, times=1)
    assert complete_schedule(base, weekdays=frozenset({MON, FRI}), frequency=Frequency.WEEKLY) == base


def test_times_that_were_never_given_follow_the_weekdays_and_given_ones_stay() -> None:
    three = frozenset({MON, WED, FRI})
    derived = complete_schedule(frequency=Frequency.WEEKLY, weekdays=frozenset({MON, FRI}))
    assert complete_schedule(derived, weekdays=three).times_per_period == 3
    given = complete_schedule(derived, times_per_period=2)
    assert complete_schedule(given, weekdays=three).times_per_period == 2
    assert complete_schedule(given, weekdays=three, times_per_period=None).times_per_period == 3


def test_all_seven_weekdays_are_the_same_as_none() -> None:
    every_day = complete_schedule(frequency=Frequency.WEEKLY, weekdays=frozenset(range(7)))
    assert every_day == complete_schedule(frequency=Frequency.WEEKLY)


def test_a_new_frequency_keeps_times_that_it_allows_and_else_derives_them() -> None:
    base = weekly(times=3)
    assert complete_schedule(base, frequency=Frequency.DAILY).times_per_period == 1
    assert complete_schedule(base, frequency=Frequency.MONTHLY).times_per_period == 5
    assert complete_schedule(weekly(times=6), frequency=Frequency.MONTHLY).times_per_period == 6
    assert complete_schedule(base, frequency=Frequency.YEARLY, times_per_period=100).times_per_period == 100


def test_a_new_frequency_resets_the_interval() -> None:
    base = Schedule(Frequency.DAILY, interval=3)
    assert complete_schedule(base, frequency=Frequency.WEEKLY) == Schedule(Frequency.WEEKLY)
    assert complete_schedule(base, frequency=Frequency.DAILY) == base
    assert complete_schedule(base, frequency=Frequency.WEEKLY, interval=3).interval == 3  # check_schedule refuses it


def test_the_given_mapping_is_not_modified() -> None:
    given = {"interval": 3}
    rules.complete_schedule(given, base=None, max_gap_days=7)
    assert given == {"interval": 3}


# --- Telegram --------------------------------------------------------------------------------------------


def test_with_a_bot_telegram_must_be_connected_before_a_habit_is_created() -> None:
    with pytest.raises(DomainError, match=r"https://t\.me/bot") as caught:
        rules.check_telegram_connected(required=True, connected=False, link="https://t.me/bot")
    assert caught.value.code == "telegram_not_connected"
    rules.check_telegram_connected(required=True, connected=True, link="")
    rules.check_telegram_connected(required=False, connected=False, link="")

"""On which day weeks start: from when a choice holds, and what replaces it."""

from datetime import date, timedelta

import pytest

from users.weeks import FROM_MONDAY, WeekDay, WeekStart, choose, week_start_on

DAY = timedelta(days=1)
WEDNESDAY = date(2026, 3, 4)
SUNDAY, SATURDAY = date(2026, 3, 8), date(2026, 3, 7)


def always(day: date) -> bool:
    return True


@pytest.mark.parametrize(("weekday", "since"), [(WeekDay.SUNDAY, SUNDAY), (WeekDay.SATURDAY, SATURDAY)])
def test_a_choice_holds_from_the_next_such_day_after_today(weekday: WeekDay, since: date) -> None:
    assert choose(FROM_MONDAY, weekday, today=WEDNESDAY, exists=always) == (*FROM_MONDAY, WeekStart(since, weekday))
    later = choose(FROM_MONDAY, weekday, today=since, exists=always)
    assert later[-1].since == since + 7 * DAY


def test_a_choice_that_is_still_to_come_is_replaced_and_the_present_one_takes_it_back() -> None:
    chosen = choose(FROM_MONDAY, WeekDay.SUNDAY, today=WEDNESDAY, exists=always)
    assert choose(chosen, WeekDay.SATURDAY, today=WEDNESDAY, exists=always) == (
        *FROM_MONDAY,
        WeekStart(SATURDAY, WeekDay.SATURDAY),
    )
    assert choose(chosen, WeekDay.MONDAY, today=WEDNESDAY, exists=always) == FROM_MONDAY


def test_another_choice_holds_at_the_earliest_28_days_after_the_last_change() -> None:
    chosen = choose(FROM_MONDAY, WeekDay.SUNDAY, today=WEDNESDAY, exists=always)
    again = choose(chosen, WeekDay.MONDAY, today=SUNDAY, exists=always)
    assert again[-1] == WeekStart(SUNDAY + 29 * DAY, WeekDay.MONDAY)  # the first Monday from 28 days after that Sunday
    assert [week_start_on(again, SUNDAY + n * DAY).weekday for n in (-1, 0, 28, 29)] == ["mon", "sun", "sun", "mon"]


def test_a_choice_never_holds_from_a_date_that_the_zone_skips() -> None:
    found = choose(FROM_MONDAY, WeekDay.SUNDAY, today=WEDNESDAY, exists=lambda day: day != SUNDAY)
    assert found[-1].since == SUNDAY + 7 * DAY

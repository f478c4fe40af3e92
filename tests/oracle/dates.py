"""Local days as calendar dates, and the calendar's weeks, months and years."""

from collections.abc import Iterator
from datetime import date, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)


def weekday(day: date) -> str:
    """Return the name of the day's weekday."""
    return WEEKDAYS[day.weekday()]


def days(first: date, last: date) -> Iterator[date]:
    """Yield the calendar dates from first to last, both included."""
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def day_before(day: date) -> date:
    """Return the calendar date before."""
    return day - ONE_DAY


def day_after(day: date) -> date:
    """Return the calendar date after."""
    return day + ONE_DAY


def next_existing(day: date, skipped_dates: frozenset[date]) -> date:
    """Return the first date after the day that the zone has."""
    following = day_after(day)
    while following in skipped_dates:
        following = day_after(following)
    return following


def week_of(day: date, starts_on: str) -> tuple[date, date]:
    """Return the first and last day of the week, for weeks that start on the given weekday."""
    first = day - timedelta(days=(day.weekday() - WEEKDAYS.index(starts_on)) % 7)
    return first, first + timedelta(days=6)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and last day of the calendar month."""
    first = day.replace(day=1)
    return first, day_before((first + timedelta(days=32)).replace(day=1))


def year_of(day: date) -> tuple[date, date]:
    """Return the first and last day of the calendar year."""
    return date(day.year, 1, 1), date(day.year, 12, 31)


def window_of(day: date, anchor: date, length: int) -> tuple[date, date]:
    """Return the first and last day of the window of so long a length that holds the day; one starts at the anchor."""
    first = day - timedelta(days=(day - anchor).days % length)
    return first, first + timedelta(days=length - 1)

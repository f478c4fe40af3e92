"""Goals: "read 30 minutes a day for 30 days". Pure: `today` is a parameter.

A day counts when its logged amount >= the goal's, from the goal's first day to its deadline. A goal is reached
with the last of its days that it needed, in the order of the calendar.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from common.errors import DomainError
from habits.recurrence import DAY
from habits.rules import LAST_DAY

MOST_DAYS = 1000


def counts(amount: Decimal | None, wanted: Decimal) -> bool:
    """Whether a day with this logged amount (None: nothing was done) counts."""
    return amount is not None and amount >= wanted


def reached_on(counting_days: Sequence[date], days: int) -> date | None:
    """The day that made it `days`, of the days that count in order; None where it takes more."""
    return counting_days[days - 1] if len(counting_days) >= days else None


def days_left(deadline: date, today: date) -> int:
    """Days to the deadline, today and the deadline among them."""
    return max(0, (deadline - today).days + 1)


def pace_suffices(*, needed: int, open_days: Iterable[date]) -> bool:
    """Whether there are as many days left that may be asked as are still needed."""
    return needed <= 0 or len(list(islice(open_days, needed))) == needed


def asks_something(*, amount: Decimal, days: int) -> None:
    """The amount is more than 0, on 1 to MOST_DAYS days."""
    if amount <= 0:
        raise DomainError("amount_not_positive", "The amount is more than 0.", "amount")
    if not 1 <= days <= MOST_DAYS:
        raise DomainError("days_out_of_range", f"From 1 to {MOST_DAYS} days.", "days")


def new_deadline_not_past(*, deadline: date | None, before: date | None, today: date) -> None:
    """A new deadline is today or later."""
    if deadline is None or deadline == before:
        return
    if deadline < today:
        raise DomainError("deadline_in_past", "The deadline cannot be set before today.", "deadline")
    if deadline > LAST_DAY:
        raise DomainError("date_out_of_range", f"Not after {LAST_DAY}.", "deadline")


def fits_before_deadline(*, days: int, first_day: date, deadline: date | None, field: str) -> None:
    """The calendar has that many days from the first day to the deadline; `field`: which of both was given."""
    if deadline and first_day + DAY * (days - 1) > deadline:
        there = (deadline - first_day).days + 1
        raise DomainError("too_many_days", f"There are {there} days from {first_day} to {deadline}.", field)

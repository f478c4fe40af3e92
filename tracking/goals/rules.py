"""Rules of goals, such as "read 30 minutes a day for 30 days". Pure functions: `today` is a parameter.

A day counts if its logged amount is at least the goal's amount and it lies between the goal's first day and deadline.
A goal is reached on the day that completes the required number of counting days, in calendar order.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from common.errors import DomainError
from habits.recurrence import DAY
from habits.rules import LAST_DAY

MAX_DAYS = 1000
MAX_GOALS = 100  # per track, because every log of a day checks all of them


def day_counts(amount: Decimal | None, required: Decimal) -> bool:
    """Return whether a day with this logged amount (None: nothing was done) counts."""
    return amount is not None and amount >= required


def reached_on(counting_days: Sequence[date], days: int) -> date | None:
    """Return the day on which the goal is reached, or None. `counting_days` are in calendar order."""
    return counting_days[days - 1] if len(counting_days) >= days else None


def days_left(deadline: date, today: date) -> int:
    """Return the number of days to the deadline, including today and the deadline; 0 after it."""
    return max(0, (deadline - today).days + 1)


def is_on_pace(*, needed: int, open_days: Iterable[date]) -> bool:
    """Return whether at least `needed` open target days remain. Reads no more of `open_days` than necessary."""
    return needed <= 0 or len(list(islice(open_days, needed))) == needed


def check_target(*, amount: Decimal, days: int) -> None:
    """Raise DomainError unless the amount is more than 0 and the number of days 1 to MAX_DAYS."""
    if amount <= 0:
        raise DomainError("amount_not_positive", "The amount must be more than 0.", "amount")
    if not 1 <= days <= MAX_DAYS:
        raise DomainError("days_out_of_range", f"The number of days must be 1 to {MAX_DAYS}.", "days")


def check_new_deadline(*, deadline: date | None, before: date | None, today: date) -> None:
    """Raise DomainError if a changed deadline is before today or after LAST_DAY."""
    if deadline is None or deadline == before:
        return
    if deadline < today:
        raise DomainError("deadline_in_past", "The deadline cannot be before today.", "deadline")
    if deadline > LAST_DAY:
        raise DomainError("date_out_of_range", f"The deadline cannot be after {LAST_DAY}.", "deadline")


def check_days_fit(*, days: int, first_day: date, deadline: date | None, field: str) -> None:
    """Raise DomainError if there are fewer than `days` days up to the deadline. The error names `field`."""
    if deadline and first_day + DAY * (days - 1) > deadline:
        available = (deadline - first_day).days + 1
        raise DomainError("too_many_days", f"There are only {available} days from {first_day} to {deadline}.", field)

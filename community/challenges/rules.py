"""Limits and rules of challenges. Pure functions that raise DomainError where a rule is broken."""

from datetime import UTC, date, datetime, time

from common.errors import DomainError
from users.timing import DAY, MAX_DAY_START_HOUR, MAX_UTC_LAG

STATES = ("upcoming", "running", "over", "cancelled")
MAX_CHALLENGE_DAYS = 366  # its length, and how far ahead it may start


def ends_at(last_day: date) -> datetime:
    """Return the instant at which `last_day` is over in every time zone and for every start of the day."""
    return datetime.combine(last_day + DAY, time(MAX_DAY_START_HOUR), UTC) + MAX_UTC_LAG


def validate_days(
    *,
    first_day: date,
    last_day: date,
    today: date,
    habit_starts: date | None = None,
    habit_ends: date | None = None,
) -> None:
    """Check that a challenge lasts at least a day and at most MAX_CHALLENGE_DAYS, starts within as many days from today, and within its habit's dates.

    Raises DomainError ends_before_start, too_long, starts_in_past, too_far_ahead, before_habit, after_habit.
    """
    if last_day < first_day:
        raise DomainError("ends_before_start", "The last day must not be before the first day.", "last_day")
    if (last_day - first_day).days >= MAX_CHALLENGE_DAYS:
        raise DomainError("too_long", f"A challenge can last up to {MAX_CHALLENGE_DAYS} days.", "last_day")
    if first_day < today:
        raise DomainError("starts_in_past", "A challenge must start today or later.", "first_day")
    if (first_day - today).days > MAX_CHALLENGE_DAYS:
        raise DomainError(
            "too_far_ahead", f"A challenge must start within the next {MAX_CHALLENGE_DAYS} days.", "first_day"
        )
    if habit_starts and first_day < habit_starts:
        raise DomainError("before_habit", f"The habit starts only on {habit_starts}.", "first_day")
    if habit_ends and last_day > habit_ends:
        raise DomainError("after_habit", f"The habit already ends on {habit_ends}.", "last_day")


def validate_public(*, is_public: bool, is_published: bool) -> None:
    """Check that a public challenge has a published habit, as everyone who sees it sees the habit.

    Raises DomainError not_published.
    """
    if is_public and not is_published:
        raise DomainError(
            "not_published", "Publish the habit first, or keep the challenge private and invite by code.", "is_public"
        )

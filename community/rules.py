"""What challenges and groups may be. Pure: numbers, and functions that return or raise a DomainError."""

import secrets
from datetime import UTC, date, datetime, time, timedelta

from common.errors import DomainError
from users.timing import DAY

LONGEST_CHALLENGE = 366  # days; and so far ahead it may begin
MOST_MADE = 50  # challenges that are not over, and groups, of one owner
MOST_JOINED = 100  # challenges that are not over, and groups, of one person: each log looks at them
MOST_MEMBERS = 1_000  # of a group: its board and feed read their tracks
MOST_HABITS = 20  # of a group

# Of the zones in use the furthest behind, and the latest hour at which anybody's day starts.
LAST_ZONE = timedelta(hours=12)
LATEST_DAY_START = 6


def ends_at(last_day: date) -> datetime:
    """The instant from which `last_day` is over for everybody on Earth, whatever zone they move to."""
    return datetime.combine(last_day + DAY, time(LATEST_DAY_START), UTC) + LAST_ZONE


def challenge_days(
    *, first_day: date, last_day: date, today: date, starts: date | None = None, ends: date | None = None
) -> None:
    """A challenge lasts 1 to 366 days, begins today or within 366 days, and within its habit's dates."""
    if last_day < first_day:
        raise DomainError("ends_before_start", "The last day is before the first.", "last_day")
    if (last_day - first_day).days >= LONGEST_CHALLENGE:
        raise DomainError("too_long", f"A challenge lasts up to {LONGEST_CHALLENGE} days.", "last_day")
    if first_day < today:
        raise DomainError("starts_in_past", "A challenge starts today, or later.", "first_day")
    if (first_day - today).days > LONGEST_CHALLENGE:
        raise DomainError("too_far_ahead", f"A challenge starts within {LONGEST_CHALLENGE} days.", "first_day")
    if starts and first_day < starts:
        raise DomainError("before_habit", f"The habit starts on {starts}.", "first_day")
    if ends and last_day > ends:
        raise DomainError("after_habit", f"The habit ends on {ends}.", "last_day")


def public_needs_published(*, is_public: bool, is_published: bool) -> None:
    """A public challenge is on a published habit: whoever looks at it reads the habit."""
    if is_public and not is_published:
        raise DomainError("not_published", "Publish the habit first, or invite by code.", "is_public")


def new_code() -> str:
    """An invitation code that nobody guesses: 128 random bits."""
    return secrets.token_urlsafe(16)

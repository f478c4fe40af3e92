"""What an answer of another server asks for. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def wait_asked_for(header: str | None, *, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for: seconds or a date (RFC 9110, 10.2.3).

    None for one that is missing or makes no sense.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)

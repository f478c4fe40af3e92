"""Reading a day from text: strictly YYYY-MM-DD. Pure."""

import re
from datetime import date

from common.errors import DomainError

INVALID_DAY = "Invalid date. Use YYYY-MM-DD."
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_day(text: object) -> date:
    """Return the day. Raise ValueError for everything else, also for the forms of ISO 8601 that Python reads
    ("20260101", "2026-W01-4").
    """
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError(INVALID_DAY)
    return date.fromisoformat(text)


def day_in_path(text: str) -> date:
    """Return the day that is part of a path. Raise DomainError for everything else."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise DomainError("invalid", INVALID_DAY, "day") from error

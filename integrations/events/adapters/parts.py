"""Reading parts of bodies that may have any form. Pure."""

from datetime import datetime, timedelta
from typing import Any

from common.parts import Part

Item = dict[str, object]

MAX_NUMBER = 10**15


def first_of(part: Part, *names: str) -> Any:
    """Return the first value that is not empty of those that stand under the names, or None."""
    return next((part[name] for name in names if part.get(name) not in (None, "")), None)


def is_number(value: object) -> bool:
    """Return whether a value is a number that can be counted with: not a truth value, no text, not beyond all bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MAX_NUMBER < value < MAX_NUMBER


def minutes_of(seconds: object) -> object:
    """Return seconds as minutes; anything else as it is, for the reader to refuse."""
    return float(seconds) / 60 if isinstance(seconds, int | float) and is_number(seconds) else seconds


def seconds_before(at: object, seconds: object) -> object:
    """Return the time a number of seconds before another one, or that one if either cannot be read."""
    try:
        return (datetime.fromisoformat(str(at)) - timedelta(seconds=float(str(seconds)))).isoformat()
    except (ValueError, OverflowError):
        return at

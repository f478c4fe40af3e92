"""Days in the orders that people write: which order a file has is decided over the whole of it. Pure."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

from integrations.transfer.reading.values import Ask, Reading, refusal

DAY_FIRST, MONTH_FIRST = "D/M/Y", "M/D/Y"
ORDERS = (DAY_FIRST, MONTH_FIRST)

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_OTHER = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ,].*)?", re.ASCII)

ParseDay = Callable[[str], date | None]


def order_of(texts: Iterable[str], reading: Reading) -> tuple[str, Ask | None]:
    """Return the order of day and month, and the question if the texts do not tell: then the one that was chosen.

    Refuses texts that contradict each other.
    """
    day_first = month_first = is_open = False
    for text in texts:
        found = _OTHER.fullmatch(text)
        if not found:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or (first > 12 >= second):
            day_first = True
        elif second > 12 >= first:
            month_first = True
        else:
            is_open = True
    if day_first and month_first:
        raise refusal("dates_contradict")
    if day_first or month_first or not is_open:
        return MONTH_FIRST if month_first else DAY_FIRST, None
    chosen = reading.date_order if reading.date_order in ORDERS else DAY_FIRST
    return chosen, Ask("date_order", ORDERS, chosen)


def parser_of(order: str) -> ParseDay:
    """Return the function that reads a day in this order; it returns None for what is not a day."""

    @lru_cache(maxsize=8192)
    def parse(text: str) -> date | None:
        if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            return _day(found[1], found[2], found[3])
        if found := _OTHER.fullmatch(text):
            day, month = (found[1], found[3]) if order == DAY_FIRST else (found[3], found[1])
            return _day(found[4], month, day)
        return None

    return parse


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None

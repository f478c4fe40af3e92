"""On which weekday a person's weeks start, and since when. Pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
# Between two changes: a week that moved with each whim would be kept several times by one tick.
MIN_DAYS_BETWEEN_CHANGES = 28
_A_MONDAY = date(1970, 1, 5)


class WeekDay(StrEnum):
    """The days on which weeks start somewhere in the world."""

    MONDAY = "mon"
    SUNDAY = "sun"
    SATURDAY = "sat"

    @property
    def number(self) -> int:
        """Return the weekday as Python numbers it: 0 is Monday."""
        return {"mon": 0, "sun": 6, "sat": 5}[self]


@dataclass(frozen=True, slots=True)
class WeekStart:
    """From `since` on (None: from the beginning), weeks start on `weekday`."""

    since: date | None
    weekday: WeekDay

    @property
    def anchor(self) -> date:
        """Return a day on which such a week starts."""
        return _A_MONDAY + DAY * self.weekday.number


WeekStarts = tuple[WeekStart, ...]
FROM_MONDAY: WeekStarts = (WeekStart(None, WeekDay.MONDAY),)


def week_start_on(week_starts: Sequence[WeekStart], day: date) -> WeekStart:
    """Return the start of the week that holds on the day."""
    return next(each for each in reversed(week_starts) if each.since is None or each.since <= day)


def choose(week_starts: WeekStarts, weekday: WeekDay, *, today: date, exists: Callable[[date], bool]) -> WeekStarts:
    """Return the starts of the week after a choice of today. A choice that is still to come is replaced.

    It holds from the first such day after today that is at least MIN_DAYS_BETWEEN_CHANGES after the last change.
    """
    begun = tuple(each for each in week_starts if each.since is None or each.since <= today)
    if begun[-1].weekday is weekday:
        return begun
    last = begun[-1].since
    since = max(today + DAY, last + DAY * MIN_DAYS_BETWEEN_CHANGES) if last else today + DAY
    while since.weekday() != weekday.number or not exists(since):
        since += DAY
    return (*begun, WeekStart(since, weekday))

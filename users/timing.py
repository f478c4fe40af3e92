"""A user's clock: local days, and conversion of local times to UTC. Pure functions: `now` is a parameter.

A local day starts at `day_starts_at` (a whole hour, 0 to 6) in an IANA zone; earlier hours belong to the day before.
Conversion to UTC follows RFC 5545 3.3.5: a time inside a DST gap uses the offset before the gap, a time that occurs
twice means the first occurrence, and a date that the zone skips has no instant.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from users.weeks import FROM_MONDAY, WeekStarts

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# The largest UTC offset of all zones in use: the first place where a date starts.
MAX_UTC_OFFSET = timedelta(hours=14)
MAX_UTC_LAG = timedelta(hours=12)  # the place where a date ends last
MAX_DAY_START_HOUR = 6  # the latest hour at which a user's day may start
# Names in the tz database that are no place's time: "Factory" stands for a zone that was never set.
NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the time zones that a user can have, old names too."""
    return frozenset(available_timezones()) - NOT_ZONES


@dataclass(frozen=True, slots=True)
class Clock:
    """The time settings of a user: the name of the zone, the hour at which a day starts, and how weeks start."""

    zone: str
    day_starts_at: int = 0
    week_starts: WeekStarts = FROM_MONDAY

    def day_of(self, instant: datetime) -> date:
        """Return the local day at an aware datetime."""
        wall = instant.astimezone(ZoneInfo(self.zone))
        if wall.hour >= self.day_starts_at:
            return wall.date()
        day = wall.date() - DAY
        while not self.exists(day):
            day -= DAY
        return day

    def instant(self, day: date, at: time) -> datetime | None:
        """Return the UTC instant of the local time `at` within the local day; None for a date that the zone skips.

        A time before `day_starts_at` is on the next calendar date that exists in the zone.
        """
        if not self.exists(day):
            return None
        return wall_to_utc(self._next_existing(day + DAY) if at.hour < self.day_starts_at else day, at, self.zone)

    def start(self, day: date) -> datetime:
        """Return the UTC instant at which the local day starts. For a skipped date: when the next existing day starts."""
        day = self._next_existing(day)
        start = wall_to_utc(day, time(self.day_starts_at), self.zone)
        assert start is not None
        # If a DST gap contains that hour (Pacific/Chatham, 02:45), the day starts where the gap ends.
        while self.day_of(start - MINUTE) == day:
            start -= MINUTE
        return start

    def exists(self, day: date) -> bool:
        """Return False for a date that the zone skips (Pacific/Apia, 30 December 2011)."""
        return date_exists(day, self.zone)

    def _next_existing(self, day: date) -> date:
        """Return the day, or the first later day that exists in the zone."""
        while not self.exists(day):
            day += DAY
        return day


def wall_to_utc(on: date, at: time, zone: str) -> datetime | None:
    """Return the UTC instant of a local time, by RFC 5545 3.3.5; None for a date that the zone skips."""
    if not date_exists(on, zone):
        return None
    # fold=0 means the first of two occurrences and, inside a gap, the offset before the gap.
    return datetime.combine(on, at.replace(fold=0, tzinfo=None), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=65536)
def date_exists(on: date, zone: str) -> bool:
    """Return whether the date exists in the zone. Only a skipped date has no noon: DST gaps are shorter."""
    noon = datetime.combine(on, time(12), ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == on


def latest_date_anywhere(now: datetime) -> date:
    """Return the latest date that has started in any zone (UTC+14)."""
    return (now.astimezone(UTC) + MAX_UTC_OFFSET).date()


@lru_cache(maxsize=1024)
def skips_dates(zone: str) -> bool:
    """Return whether the zone skips any date between 1970 and 2037."""
    # Its offset grows by a day then, and stays so for years: looking once in four weeks finds it.
    noons = (datetime.combine(date(1970, 1, 1) + 28 * n * DAY, time(12), ZoneInfo(zone)) for n in range(887))
    offsets = [noon.utcoffset() or timedelta(0) for noon in noons]
    return any(later - earlier > timedelta(hours=20) for earlier, later in pairwise(offsets))

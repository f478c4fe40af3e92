"""The clock of a person: local days, and instants from wall-clock times. Pure: `now` is a parameter.

A local day begins at `day_starts_at` (whole hour 0..6) on the wall clock of an IANA zone; before it, it is
still the day before. Wall clock to instant follows RFC 5545 3.3.5: a time inside a gap uses the offset
before the gap, an overlap means its first pass, and a date that the zone skips has no instant.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# Of the zones in use the furthest ahead: when a date has begun for anybody.
FIRST_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where somebody's days are: the zone's name and the hour at which a day starts."""

    zone: str
    day_starts_at: int = 0

    def day_of(self, instant: datetime) -> date:
        """The local day at an instant (aware)."""
        wall = instant.astimezone(ZoneInfo(self.zone))
        if wall.hour >= self.day_starts_at:
            return wall.date()
        day = wall.date() - DAY
        while not self.exists(day):
            day -= DAY
        return day

    def instant(self, day: date, at: time) -> datetime | None:
        """When (UTC) the wall clock reads `at` within the local day; None for a date that the zone skips.

        A time before `day_starts_at` falls on the next calendar date that the zone has.
        """
        if not self.exists(day):
            return None
        return wall_to_utc(self._existing(day + DAY) if at.hour < self.day_starts_at else day, at, self.zone)

    def start(self, day: date) -> datetime:
        """The instant (UTC) at which the local day begins; for a skipped date, the end of the day before."""
        day = self._existing(day)
        begins = wall_to_utc(day, time(self.day_starts_at), self.zone)
        assert begins is not None
        # In a gap that began before that hour (Pacific/Chatham, 02:45), the day begins where the gap ends.
        while self.day_of(begins - MINUTE) == day:
            begins -= MINUTE
        return begins

    def exists(self, day: date) -> bool:
        """False where the zone jumps over the date (Pacific/Apia, 30 December 2011)."""
        return date_exists(day, self.zone)

    def _existing(self, day: date) -> date:
        """The day, or the first after it that the zone has."""
        while not self.exists(day):
            day += DAY
        return day


def wall_to_utc(on: date, at: time, zone: str) -> datetime | None:
    """The instant (UTC) of a wall-clock time, by RFC 5545 3.3.5; None for a date that the zone skips."""
    if not date_exists(on, zone):
        return None
    # fold=0 is the first pass of an overlap and, inside a gap, the offset before it.
    return datetime.combine(on, at.replace(fold=0, tzinfo=None), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=65536)
def date_exists(on: date, zone: str) -> bool:
    """Whether a wall clock in the zone ever shows the date: only a jump of a day takes its noon away."""
    noon = datetime.combine(on, time(12), ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == on


def first_day_everywhere(now: datetime) -> date:
    """The latest date that has begun in any zone (UTC+14)."""
    return (now.astimezone(UTC) + FIRST_ZONE).date()


@lru_cache(maxsize=1024)
def skips_dates(zone: str) -> bool:
    """Whether a wall clock in the zone has ever jumped over a date since 1970, or will by 2037."""
    day, last = date(1970, 1, 1), date(2037, 12, 31)
    while day <= last:
        if not date_exists(day, zone):
            return True
        day += DAY
    return False

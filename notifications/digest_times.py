"""When a weekly digest comes, and of which days it tells. Pure: `now` is a parameter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from habits.recurrence import DAY
from notifications.occurrences import Occurrence
from users.timing import Clock

DAYS = 7  # it tells of
WHOLE_FROM = 12  # o'clock: from then on the day itself is one of them


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekday (Monday is 0) and an hour on somebody's clock."""

    clock: Clock
    weekday: int
    hour: int

    def from_day(self, day: date) -> Iterator[Occurrence]:
        """The occurrences from a local day on, in order; none on a date that the zone skips."""
        day += DAY * ((self.weekday - day.weekday()) % 7)
        while True:
            at = self.clock.instant(day, time(self.hour))
            if at is not None:
                yield Occurrence(day, at)
            day += timedelta(days=7)

    def first_after(self, instant: datetime) -> Occurrence:
        # The day of an instant and that of a time on it differ by one at most, either way.
        return next(each for each in self.from_day(self.clock.day_of(instant) - DAY) if each.at > instant)

    def latest(self, planned: Occurrence, now: datetime) -> tuple[Occurrence, int]:
        """The latest occurrence <= now from the planned one on, as that was planned; and how many it passes over."""
        latest, passed_over = planned, 0
        for each in self.from_day(planned.day + DAY):
            if each.at > now:
                break
            if each.at > latest.at:
                latest, passed_over = each, passed_over + 1
        return latest, passed_over


def told(day: date, hour: int) -> tuple[date, date]:
    """The first and the last day that a digest of `day` tells of: seven, up to the day before or to the day itself."""
    last = day if hour >= WHOLE_FROM else day - DAY
    return last - DAY * (DAYS - 1), last

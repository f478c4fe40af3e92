"""When a weekly digest is sent, and which days it covers. Pure: `now` is a parameter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from habits.recurrence import DAY
from notifications.reminders.occurrences import Occurrence
from users.timing import Clock

COVERED_DAYS = 7
SAME_DAY_FROM_HOUR = 12  # a digest at this hour or later covers its own day too


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A weekday (Monday is 0) and an hour on a user's clock."""

    clock: Clock
    weekday: int
    hour: int

    def from_day(self, day: date) -> Iterator[Occurrence]:
        """Yield the occurrences from a local day on, in order, without dates that the zone skips."""
        day += DAY * ((self.weekday - day.weekday()) % 7)
        while True:
            at = self.clock.instant(day, time(self.hour))
            if at is not None:
                yield Occurrence(day, at)
            day += timedelta(days=7)

    def first_after(self, instant: datetime) -> Occurrence:
        """Return the first occurrence after an instant."""
        # Start a day earlier: near a change of the zone's offset, the local day of an instant and the day of an
        # occurrence at that instant can differ by one.
        return next(each for each in self.from_day(self.clock.day_of(instant) - DAY) if each.at > instant)

    def latest(self, planned: Occurrence, now: datetime) -> tuple[Occurrence, int]:
        """Return the latest occurrence <= now, starting from the planned one, and how many before it were missed.

        The planned occurrence keeps its instant, also if the user's zone has changed since.
        """
        due = takewhile(lambda each: each.at <= now, self.from_day(planned.day + DAY))
        later = [each for each in due if each.at > planned.at]
        return (later[-1] if later else planned), len(later)


def covered_days(day: date, hour: int) -> tuple[date, date]:
    """Return the first and last of the seven days that a digest sent on `day` at `hour` covers.

    They end on the day before, or from noon on with the day itself.
    """
    last = day if hour >= SAME_DAY_FROM_HOUR else day - DAY
    return last - DAY * (COVERED_DAYS - 1), last

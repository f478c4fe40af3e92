"""When a reminder fires: from target days and a wall-clock time to instants. Pure: `now` is a parameter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from habits.recurrence import DAY, Plan
from users.timing import Clock

# Looking further than this for a day without a pause is looking for nothing.
HORIZON_DAYS = 2000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a reminder fires: the local day that it is for, and the instant (UTC)."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days, on whose clock and at what time a reminder fires."""

    plan: Plan
    is_paused: Callable[[date], bool]
    clock: Clock
    time: time

    def from_day(self, day: date) -> Iterator[Occurrence]:
        """The occurrences from a local day on, in order; none on a paused day or a date that the zone skips."""
        for period in self.plan.periods(day):
            if (period.first - day).days > HORIZON_DAYS:
                return
            for target in period.target_days:
                if target < day or self.is_paused(target):
                    continue
                at = self.clock.instant(target, self.time)
                if at is not None:
                    yield Occurrence(target, at)

    def first_after(self, instant: datetime, *, not_before: date | None = None) -> Occurrence | None:
        """The first occurrence after an instant, on the local day `not_before` or later."""
        # The day of an instant and that of a time on it differ by one at most, either way.
        day = self.clock.day_of(instant) - DAY
        return next((each for each in self.from_day(max(day, not_before or day)) if each.at > instant), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a tick does with a due reminder: the occurrence to deliver, those passed over, the one to plan."""

    latest: Occurrence
    passed_over: int
    following: Occurrence | None


def turn(calendar: Calendar, planned: Occurrence, now: datetime) -> Turn:
    """The latest occurrence <= now from the planned one on, and the first after now.

    The planned one is taken as it was planned: a zone that changed since moves only those after it.
    """
    latest, passed_over = planned, 0
    for each in calendar.from_day(planned.day + DAY):
        if each.at > now:
            return Turn(latest, passed_over, each)
        if each.at > latest.at:
            latest, passed_over = each, passed_over + 1
    return Turn(latest, passed_over, None)

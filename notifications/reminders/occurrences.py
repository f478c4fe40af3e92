"""When a reminder fires: from target days and a wall-clock time to instants. Pure: `now` is a parameter."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from habits.recurrence import DAY, Plan
from tracking.streaks.history import PausedDays, is_paused
from users.timing import Clock

# How many days ahead a target day without a pause is searched.
HORIZON_DAYS = 2000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One firing of a reminder: the local day that it belongs to, and the instant (UTC)."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days, the clock and the wall-clock time of a reminder."""

    plan: Plan
    is_paused: Callable[[date], bool]
    clock: Clock
    time: time

    def from_day(self, day: date) -> Iterator[Occurrence]:
        """Yield the occurrences from a local day on, in order, without paused days and dates that the zone skips."""
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
        """Return the first occurrence after an instant, on the local day `not_before` or later; None: there is none."""
        # Start a day earlier: near a change of the zone's offset, the local day of an instant and the day of an
        # occurrence at that instant can differ by one.
        day = self.clock.day_of(instant) - DAY
        return next((each for each in self.from_day(max(day, not_before or day)) if each.at > instant), None)


def days_before(plan: Plan, pauses: Collection[PausedDays], day: date, count: int) -> list[date]:
    """Return the last `count` days before a day on which reminders of a plan fired, latest first, of HORIZON_DAYS days."""
    found: list[date] = []
    for back in range(1, HORIZON_DAYS):
        before = day - DAY * back
        if len(found) == count or before < plan.first:
            break
        period = next(plan.periods(before), None)
        if period is not None and before in period.target_days and not is_paused(pauses, before):
            found.append(before)
    return found


@dataclass(frozen=True, slots=True)
class Advance:
    """The result of `advance`: the occurrence to deliver, how many before it were missed, and the next one to plan."""

    latest: Occurrence
    missed_count: int
    following: Occurrence | None


def advance(calendar: Calendar, planned: Occurrence, now: datetime) -> Advance:
    """Return the latest occurrence that is due and the first after `now`, starting from the planned one.

    The planned occurrence keeps its instant: if the user's zone has changed since, only later ones move.
    """
    latest, missed_count = planned, 0
    for each in calendar.from_day(planned.day + DAY):
        if each.at > now:
            return Advance(latest, missed_count, each)
        if each.at > latest.at:
            latest, missed_count = each, missed_count + 1
    return Advance(latest, missed_count, None)

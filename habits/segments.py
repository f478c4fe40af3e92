"""Schedules and their versions, and the segments that they divide a track into. Pure functions.

A segment is a stretch of days in which one pattern holds. A change of frequency, interval or weekdays *cuts* on its
day; so does, for weekly habits only, another start of the person's week. Going back to the old pattern before the cut
period's natural end, or by the day after the cut, takes the cut away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from habits.patterns import DAY, Frequency, Pattern, Rate, Weekly, pattern_of
from habits.units import StreakUnit
from users.weeks import WeekStart, week_start_on


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a habit requires: `weekdays` 0 (Monday) to 6, empty = all; `interval` in days (daily only).

    With a `limit_per_period` it is a limit habit: at most this amount in a period. `derives_times`: times_per_period was
    not given, and follows the frequency and the weekdays when they are changed.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    times_per_period: int = 1
    daily_amount: Decimal = Decimal(1)
    unit: str = ""
    limit_per_period: Decimal | None = None
    derives_times: bool = field(default=False, compare=False)

    @property
    def pattern(self) -> Pattern:
        """Return the pattern, which defines the periods and target days. Changing it cuts the current period."""
        return pattern_of(self.frequency, self.interval, self.weekdays)

    @property
    def streak_unit(self) -> StreakUnit:
        """Return the unit in which streaks are counted."""
        return self.pattern.unit

    @property
    def rate(self) -> Rate:
        """Return how often the habit is required; of a limit habit, how often it is judged."""
        return (
            self.pattern.rate(self.times_per_period)
            if self.limit_per_period is None
            else Rate(1, self.pattern.unit.days)
        )


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule and the first day on which it is in force (None: from the beginning)."""

    starts_on: date | None
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Segment:
    """Days between two cuts (None: without an end on that side), with the versions that hold in it, oldest first.

    One of its periods starts on `anchor`. `stretch` numbers the stretches of segments with the same unit.
    """

    starts_on: date | None
    ends_on: date | None
    anchor: date
    versions: tuple[Version, ...]
    stretch: int = 0

    @property
    def pattern(self) -> Pattern:
        """Return the pattern that holds in it."""
        return self.versions[0].schedule.pattern

    def natural_period(self, day: date) -> tuple[date, date]:
        """Return the first and last day of the natural period that contains the day, whatever cuts it."""
        first = self.pattern.start(day, self.anchor)
        return first, self.pattern.next_start(first) - DAY

    def schedule_of(self, natural_first: date) -> Schedule:
        """Return the schedule whose times and limit a period asks for, by the first day of its natural period.

        A change holds from the first period that begins after its day; with a cut on that day, from it.
        """
        if self.starts_on and natural_first <= self.starts_on:
            return _latest(self.versions, self.starts_on).schedule
        return _latest(self.versions, natural_first - DAY).schedule


def in_force(versions: Sequence[Version], day: date) -> Version:
    """Return the latest version that starts on or before `day`."""
    return _latest(versions, day)


def segments_of(
    versions: Sequence[Version], week_starts: Sequence[WeekStart], anchor: date, exists: Callable[[date], bool]
) -> tuple[Segment, ...]:
    """Return the segments, in order. `anchor`: the day on which windows of n days start where nothing cut them."""
    by_version = _cut_by_versions(versions, week_starts, anchor, exists)
    found: list[Segment] = []
    for part in (part for segment in by_version for part in _cut_by_week_starts(segment, week_starts)):
        changes_unit = bool(found) and found[-1].pattern.unit != part.pattern.unit
        found.append(replace(part, stretch=found[-1].stretch + changes_unit if found else 0))
    return tuple(found)


def _latest(versions: Sequence[Version], day: date) -> Version:
    """Return the latest version that starts on or before `day`, else the first."""
    begun = (each for each in reversed(versions) if each.starts_on is None or each.starts_on <= day)
    return next(begun, versions[0])


def _cut_by_versions(
    versions: Sequence[Version], week_starts: Sequence[WeekStart], anchor: date, exists: Callable[[date], bool]
) -> list[Segment]:
    """Return the segments between cuts by versions. A version that returns to an earlier pattern in time continues it."""
    found = [Segment(None, None, anchor, (versions[0],))]
    for version in versions[1:]:
        starts_on = version.starts_on
        assert starts_on is not None
        continued = next(
            (
                number
                for number in reversed(range(len(found)))
                if found[number].pattern == version.schedule.pattern
                and (number == len(found) - 1 or starts_on <= _last_day_to_return(found[number], week_starts, exists))
            ),
            None,
        )
        if continued is None:
            found[-1] = replace(found[-1], ends_on=starts_on - DAY)
            found.append(Segment(starts_on, None, starts_on, (version,)))
        else:
            del found[continued + 1 :]
            found[-1] = replace(found[-1], ends_on=None, versions=(*found[-1].versions, version))
    return found


def _last_day_to_return(cut: Segment, week_starts: Sequence[WeekStart], exists: Callable[[date], bool]) -> date:
    """Return the last day on which a return takes the cut away: the cut period's natural end, or the day after the cut."""
    last = cut.ends_on
    assert last is not None
    following = last + 2 * DAY
    while not exists(following):
        following += DAY
    if isinstance(cut.pattern, Weekly):
        cut = replace(cut, anchor=week_start_on(week_starts, last).anchor)
    return max(cut.natural_period(last)[1], following)


def _cut_by_week_starts(segment: Segment, week_starts: Sequence[WeekStart]) -> list[Segment]:
    """Return the parts of a segment that another start of the week cuts; of other than weekly ones, the segment."""
    if not isinstance(segment.pattern, Weekly):
        return [segment]
    at_start = week_start_on(week_starts, segment.starts_on) if segment.starts_on else week_starts[0]
    parts = [replace(segment, anchor=at_start.anchor)]
    for each in week_starts:
        if (
            each.since
            and (segment.starts_on is None or segment.starts_on < each.since)
            and (segment.ends_on is None or each.since <= segment.ends_on)
        ):
            parts[-1] = replace(parts[-1], ends_on=each.since - DAY)
            parts.append(replace(segment, starts_on=each.since, anchor=each.anchor))
    return parts

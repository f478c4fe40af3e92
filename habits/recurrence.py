"""Plans of tracks, and the periods that they produce. Pure functions.

habits.patterns divides the calendar into periods, and habits.segments a track into stretches in which one pattern
holds. A date that the time zone skips is no target day, and asks for nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from habits.patterns import DAY as DAY
from habits.patterns import Daily, Pattern
from habits.patterns import Frequency as Frequency
from habits.segments import Schedule as Schedule
from habits.segments import Segment, segments_of
from habits.segments import Version as Version
from habits.segments import in_force as in_force
from habits.units import StreakUnit, UnitBase
from users.weeks import FROM_MONDAY, WeekStart

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST_YEAR = 9000  # date arithmetic overflows after the year 9999


@dataclass(frozen=True, slots=True)
class Extension:
    """An end date that had passed and was moved. The days after `old_end` up to `last` are paused."""

    old_end: date
    last: date


class Period(NamedTuple):
    """What a track asks for in the days `first`..`last`, a part or all of its natural period.

    `natural_targets`: the target days of its whole natural period; `required`: the completed days that it asks for in
    full; `limit`: the largest amount, of a limit habit. `taken_from`: set for the first period after a cut that is
    shorter than natural; completed days from this day on are taken along. `is_cut_at_end`: a cut ends it early;
    `begins_late` and `ends_early`: it is cut by the start or the end of the track or the habit. `unpausing`: moved end
    dates that had cut it; their pauses shrink nothing in it. `stretch`: the number of its segment's stretch.

    A tuple, because thousands are made in one request, and a frozen dataclass takes four times as long.
    """

    first: date
    last: date
    natural_first: date
    natural_last: date
    unit: StreakUnit
    stretch: int
    natural_targets: tuple[date, ...]
    weekdays: frozenset[int]
    required: int
    limit: Decimal | None = None
    taken_from: date | None = None
    is_cut_at_end: bool = False
    begins_late: bool = False
    ends_early: bool = False
    is_window: bool = False
    unpausing: tuple[Extension, ...] = ()

    @property
    def is_natural(self) -> bool:
        """Return whether it is as long as its natural period."""
        return self.first == self.natural_first and self.last == self.natural_last

    @property
    def target_days(self) -> tuple[date, ...]:
        """Return its own target days."""
        if self.is_natural:
            return self.natural_targets
        return tuple(day for day in self.natural_targets if self.first <= day <= self.last)

    def is_target(self, day: date) -> bool:
        """Return whether the day is one of its own target days."""
        return self.first <= day <= self.last and day in self.natural_targets

    def counts(self, day: date) -> bool:
        """Return whether the day counts if it is completed.

        That is each target day, each day that is taken along, and each date of its weekdays that the zone skips, for
        which a log can have been made elsewhere.
        """
        if day < self.first:
            return self.taken_from is not None and self.taken_from <= day
        return day <= self.last and (not self.weekdays or day.weekday() in self.weekdays)

    @property
    def counts_from(self) -> date:
        """Return the first day that can count."""
        return self.taken_from or self.first


@dataclass(frozen=True)
class Plan:
    """Everything that determines a track's periods.

    `versions`: oldest first; the first one is in force from the beginning. `anchor`: the day on which the first
    version's windows start. `first`..`last`: the days of the track, within the habit's dates. `exists`: whether
    the date exists in the user's time zone. `week_starts`: oldest first. `extensions`: of the habit's end date.
    `known_from`: of a limit habit, the day on which the track was started; of days before it only logs are known.
    """

    versions: Sequence[Version]
    anchor: date
    first: date
    last: date | None = None
    exists: Callable[[date], bool] = lambda day: True
    week_starts: Sequence[WeekStart] = FROM_MONDAY
    extensions: Sequence[Extension] = ()
    known_from: date | None = None

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Return the stretches between cuts, in order."""
        return segments_of(self.versions, self.week_starts, self.anchor, self.exists)

    @property
    def is_limit(self) -> bool:
        """Return whether the track is of a limit habit: at most an amount in a period."""
        return self.versions[0].schedule.limit_per_period is not None

    def in_force(self, day: date) -> Schedule:
        """Return the schedule in force on the day."""
        return in_force(self.versions, day).schedule

    def is_extension(self, day: date) -> bool:
        """Return whether the day is paused because the habit had ended, and was continued later."""
        return any(each.old_end < day <= each.last for each in self.extensions)

    @property
    def has_unknown_days(self) -> bool:
        """Return whether the track has days before the one on which it was started, and is of a limit habit."""
        return self.known_from is not None and self.first < self.known_from

    def is_unknown(self, day: date) -> bool:
        """Return whether nothing is known of the day, unless it has a log: nobody watched the limit then."""
        return self.known_from is not None and self.first <= day < self.known_from

    def segment_on(self, day: date) -> Segment:
        """Return the segment that contains the day."""
        return next(each for each in reversed(self.segments) if each.starts_on is None or each.starts_on <= day)

    def next_unit_change(self, day: date) -> date | None:
        """Return the first day after `day` on which streaks begin in another unit, or None."""
        stretch = self.segment_on(day).stretch
        later = (each.starts_on for each in self.segments if each.stretch > stretch)
        return next((starts_on for starts_on in later if starts_on and starts_on > day), None)

    def natural_first(self, day: date) -> date:
        """Return the first day of the natural period that contains the day."""
        return self.segment_on(day).natural_period(day)[0]

    def needed_from(self, since: date, until: date | None) -> date:
        """Return the first day whose log can decide a period that overlaps `since`..`until`, or whether it is one."""
        first = max(self.first, self.natural_first(since))
        for segment in self.segments[1:]:
            starts_on = segment.starts_on
            assert starts_on is not None
            natural = segment.natural_period(starts_on)
            if natural[0] < starts_on and natural[1] >= since and (until is None or starts_on <= until):
                first = min(first, natural[0])
        return first

    def period_of(self, day: date) -> Period | None:
        """Return the period that contains the day, or None."""
        return next(self.periods(day, day), None) if self.exists(day) else None

    def periods(self, since: date, until: date | None = None) -> Iterator[Period]:
        """Yield in order the periods that overlap `since`..`until`.

        Without `until`, continue to the end of the track; endless for a track without an end. A period after a cut is
        one only while none of the same unit was kept in its natural period (TrackHistory.periods leaves it out then).
        """
        for index, segment in enumerate(self.segments):
            if segment.ends_on and segment.ends_on < since:
                continue
            begins = max(self.first, segment.starts_on or self.first)
            ends = min(filter(None, (segment.ends_on, self.last, until)), default=date.max)
            day = max(begins, segment.natural_period(max(since, begins))[0])
            while day <= ends and day.year <= _LAST_YEAR:
                natural = segment.natural_period(day)
                period = self._period(index, day, natural)
                if period is not None and period.last >= since:
                    yield period
                day = natural[1] + DAY

    def target_days(self, pattern: Pattern, first: date, last: date) -> tuple[date, ...]:
        """Return the days in `first`..`last` that can be target days of a pattern."""
        exists, weekdays = self.exists, pattern.weekdays
        return tuple(day for day in _days(first, last) if (not weekdays or day.weekday() in weekdays) and exists(day))

    @cached_property
    def asks_day_by_day(self) -> bool:
        """Return whether each target day is a period of its own, on all days: a daily habit that nothing has cut."""
        return len(self.segments) == 1 and isinstance(self.segments[0].pattern, Daily) and not self.is_limit

    def _period(self, index: int, first: date, natural: tuple[date, date]) -> Period | None:
        """Return the period of a segment that starts on `first`, or None for a day that asks for nothing."""
        segment, (natural_first, natural_last) = self.segments[index], natural
        pattern, schedule = segment.pattern, segment.schedule_of(natural_first)
        targets = self.target_days(pattern, natural_first, natural_last)
        if not targets and pattern.unit.base is UnitBase.DAY:
            return None
        segment_ends, track_ends = segment.ends_on or date.max, self.last or date.max
        last = min(natural_last, segment_ends, track_ends)
        required = min(schedule.times_per_period, len(targets))
        taken_from = None
        if segment.starts_on and segment.starts_on > natural_first:
            required = max(schedule.times_per_period, self._required_by_cut_period(index))
            taken_from = max(natural_first, self.first)
        unpausing: tuple[Extension, ...] = ()
        if self.extensions:
            cutting = (each for each in self.extensions if first <= each.old_end <= last)
            unpausing = tuple(each for each in cutting if each.old_end < natural_last)
        return Period(
            first=first,
            last=last,
            natural_first=natural_first,
            natural_last=natural_last,
            unit=pattern.unit,
            stretch=segment.stretch,
            natural_targets=targets,
            weekdays=pattern.weekdays,
            required=required,
            limit=schedule.limit_per_period,
            taken_from=taken_from,
            is_cut_at_end=segment_ends < natural_last and segment_ends < track_ends,
            begins_late=self.first > max(natural_first, segment.starts_on or natural_first),
            ends_early=track_ends < min(natural_last, segment_ends) or track_ends == segment_ends < natural_last,
            is_window=pattern.is_window,
            unpausing=unpausing,
        )

    def _required_by_cut_period(self, index: int) -> int:
        """Return what the period that the segment's start cuts asks for in full; 0 for one of another unit, or none."""
        before, segment = self.segments[index - 1], self.segments[index]
        assert before.ends_on is not None
        if before.pattern.unit != segment.pattern.unit or before.ends_on < self.first:
            return 0
        natural = before.natural_period(before.ends_on)
        period = self._period(index - 1, max(natural[0], self.first, before.starts_on or self.first), natural)
        return period.required if period and period.is_cut_at_end else 0


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY

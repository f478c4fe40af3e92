"""Schedules, their versions, and the periods that they produce. Pure functions.

habits.patterns divides the calendar into periods. Windows of n days start at the version's first day; those of the
first version start at the habit's anchor. A date that the time zone skips belongs to no period.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from habits.patterns import DAY as DAY
from habits.patterns import Frequency as Frequency
from habits.patterns import Pattern, Rate, pattern_of
from habits.units import StreakUnit

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a habit requires: `weekdays` 0 (Monday) to 6, empty = all; `interval` in days (daily only)."""

    frequency: Frequency
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    times_per_period: int = 1
    daily_amount: Decimal = Decimal(1)
    unit: str = ""

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
        """Return how often the habit is required."""
        return self.pattern.rate(self.times_per_period)


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule and the first day on which it is in force (None: from the beginning)."""

    starts_on: date | None
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first`..`last` and their requirements. `cut`: shortened by a new version or by the start or end of
    the habit or track.
    """

    first: date
    last: date
    unit: StreakUnit
    required: int
    target_days: tuple[date, ...]
    counting_days: tuple[date, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that determines a track's periods.

    `versions`: oldest first; the first one is in force from the beginning. `anchor`: the day on which the first
    version's windows start. `first`..`last`: the days of the track, within the habit's dates. `exists`: whether
    the date exists in the user's time zone.
    """

    versions: Sequence[Version]
    anchor: date
    first: date
    last: date | None = None
    exists: Callable[[date], bool] = lambda day: True

    def in_force(self, day: date) -> Schedule:
        """Return the schedule in force on the day."""
        return in_force(self.versions, day).schedule

    def period_of(self, day: date) -> Period | None:
        """Return the period that contains the day, or None."""
        return next(self.periods(day, day), None) if self.exists(day) else None

    def is_target(self, day: date) -> bool:
        """Return whether the day is a target day of its period."""
        period = self.period_of(day)
        return period is not None and day in period.target_days

    def unit_on(self, day: date) -> StreakUnit | None:
        """Return the unit of the latest period that starts on or before the day, or None."""
        for starts_on, _, _ in reversed(list(self._version_runs())):
            begun = next(self.periods(starts_on or self.first, day), None)
            if begun:
                return begun.unit
        return None

    def next_units(self, day: date) -> list[tuple[date, StreakUnit]]:
        """Return, in order, the days after `day` on which the unit changes, each with its new unit."""
        unit, changes = self.unit_on(day), []
        for starts_on, _, _ in self._version_runs():
            begins = next(self.periods(starts_on or self.first), None)
            if begins and begins.first > day and begins.unit != unit:
                changes.append((begins.first, begins.unit))
                unit = begins.unit
        return changes

    def periods(self, since: date, until: date | None = None) -> Iterator[Period]:
        """Yield in order the periods that overlap `since`..`until`.

        Without `until`, continue to the end of the track; endless for a track without an end.
        """
        since = max(since, self.first)
        for index, (starts_on, ends_on, versions) in enumerate(self._version_runs()):
            low = max(since, starts_on or since)
            if (ends_on and ends_on < low) or (until and low > until):
                continue
            anchor = starts_on if index and starts_on else self.anchor
            for natural in _natural_periods(versions, anchor, low, self.exists):
                if (until and natural.first > until) or (ends_on and natural.first > ends_on):
                    break
                if starts_on and natural.first < starts_on:
                    # Days between a new version and its first natural period start belong to no period.
                    continue
                clipped = self._clip(natural, ends_on)
                if clipped is None:
                    if self.last and natural.first > self.last:
                        return
                    continue
                if clipped.last >= since:
                    yield clipped

    def _version_runs(self) -> Iterator[tuple[date | None, date | None, list[Version]]]:
        """Yield consecutive versions with the same pattern: their first day, last day, and the versions."""
        runs: list[list[Version]] = []
        for version in self.versions:
            if runs and runs[-1][-1].schedule.pattern == version.schedule.pattern:
                runs[-1].append(version)
            else:
                runs.append([version])
        for index, run in enumerate(runs):
            following = runs[index + 1][0].starts_on if index + 1 < len(runs) else None
            yield run[0].starts_on, following - DAY if following else None, run

    def _clip(self, period: Period, ends_on: date | None) -> Period | None:
        """Return the part of the period inside the track and its version, or None if nothing remains."""
        first = max(period.first, self.first)
        last = min(filter(None, (period.last, ends_on, self.last)))
        if (first, last) == (period.first, period.last):
            return period
        # Skipped dates at the edges are dropped, so that a period always starts and ends on an existing date.
        while first <= last and not self.exists(first):
            first += DAY
        while first <= last and not self.exists(last):
            last -= DAY
        if first > last:
            return None
        return Period(
            first,
            last,
            period.unit,
            period.required,
            tuple(day for day in period.target_days if first <= day <= last),
            tuple(day for day in period.counting_days if first <= day <= last),
            cut=True,
        )


def in_force(versions: Sequence[Version], day: date) -> Version:
    """Return the latest version that starts on or before `day`."""
    return next(v for v in reversed(versions) if v.starts_on is None or v.starts_on <= day)


def _natural_periods(
    versions: list[Version], anchor: date, since: date, exists: Callable[[date], bool]
) -> Iterator[Period]:
    """Yield the uncut periods of one pattern, starting with the one that contains `since`; endless."""
    pattern = versions[0].schedule.pattern
    unit, first = pattern.unit, pattern.start(since, anchor)
    while True:
        following = pattern.next_start(first)
        if days := tuple(day for day in _days(first, following) if exists(day)):
            targets = pattern.target_days(days, first)
            if required := pattern.required(_times_in_force(versions, days[0]), targets):
                yield Period(days[0], days[-1], unit, required, targets, pattern.counting_days(days, targets))
        if following.year > 9000:  # date arithmetic overflows after the year 9999
            return
        first = following


def _times_in_force(versions: list[Version], first: date) -> int:
    """Return times_per_period in force on the period's first day: a change takes effect with the next period."""
    started = [v for v in versions if v.starts_on is None or v.starts_on <= first]
    return (started[-1] if started else versions[0]).schedule.times_per_period


def _days(first: date, following: date) -> Iterator[date]:
    while first < following:
        yield first
        first += DAY

"""Which days a habit asks for: schedules, their versions, and the periods that follow. Pure.

A period has target days (when it may be asked), days that count, and a required number of completed days:

| schedule         | period                       | target days            | that count  | required         |
|------------------|------------------------------|------------------------|-------------|------------------|
| daily            | each target day              | its weekdays, or all   | itself      | 1                |
| daily, n days    | windows of n days            | the window's first day | all of it   | 1                |
| weekly / monthly | Monday-Sunday / month / year | its weekdays, or all   | target days | times_per_period |
| / yearly         |                              |                        |             | (at most those)  |

Windows run from the version's first day, the first version's from the habit's anchor. A date that the zone
skips belongs to no period.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is asked: `weekdays` 0 (Monday) .. 6, empty = all; `interval` in days (daily only)."""

    frequency: Frequency
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    times_per_period: int = 1
    daily_amount: Decimal = Decimal(1)
    unit: str = ""

    @property
    def pattern(self) -> tuple[Frequency, int, frozenset[int]]:
        """What decides the periods and their target days; another pattern cuts the running period."""
        return self.frequency, self.interval, self.weekdays

    @property
    def streak_unit(self) -> str:
        """In what its streaks count: day, 3 days, week, month, year."""
        if self.frequency is Frequency.DAILY:
            return "day" if self.interval == 1 else f"{self.interval} days"
        return {"weekly": "week", "monthly": "month", "yearly": "year"}[self.frequency]

    def asks_on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule and the first day on which it is in force; None: from the beginning."""

    starts_on: date | None
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first`..`last`, and what they ask; `cut` by a version or by the ends of the habit or track."""

    first: date
    last: date
    unit: str
    required: int
    target_days: tuple[date, ...]
    counting_days: tuple[date, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides a track's periods.

    `versions` oldest first, the first from the beginning; `anchor`: where the first version's windows
    start; `first`..`last`: the days that the track and its habit last; `exists`: whether the person's zone
    has the date.
    """

    versions: Sequence[Version]
    anchor: date
    first: date
    last: date | None = None
    exists: Callable[[date], bool] = lambda day: True

    def in_force(self, day: date) -> Schedule:
        """The schedule in force on the day."""
        return in_force(self.versions, day).schedule

    def period_of(self, day: date) -> Period | None:
        """The period that the day belongs to, if any."""
        return next(self.periods(day, day), None) if self.exists(day) else None

    def is_target(self, day: date) -> bool:
        """Whether the day may be asked for."""
        period = self.period_of(day)
        return period is not None and day in period.target_days

    def unit_on(self, day: date) -> str | None:
        """The unit of the last period that has begun by the day, if any."""
        for starts_on, _, _ in reversed(list(self._stretches())):
            begun = next(self.periods(starts_on or self.first, day), None)
            if begun:
                return begun.unit
        return None

    def next_units(self, day: date) -> list[tuple[date, str]]:
        """The days after `day` on which periods of another unit begin, each with its unit, in order."""
        unit, changes = self.unit_on(day), []
        for starts_on, _, _ in self._stretches():
            begins = next(self.periods(starts_on or self.first), None)
            if begins and begins.first > day and begins.unit != unit:
                changes.append((begins.first, begins.unit))
                unit = begins.unit
        return changes

    def periods(self, since: date, until: date | None = None) -> Iterator[Period]:
        """The periods that touch `since`..`until`, in order; without `until`, to the track's end if any."""
        since = max(since, self.first)
        for index, (starts_on, ends_on, versions) in enumerate(self._stretches()):
            low = max(since, starts_on or since)
            if (ends_on and ends_on < low) or (until and low > until):
                continue
            anchor = starts_on if index and starts_on else self.anchor
            for natural in _natural_periods(versions, anchor, low, self.exists):
                if (until and natural.first > until) or (ends_on and natural.first > ends_on):
                    break
                if starts_on and natural.first < starts_on:
                    continue  # the days before the new version's first natural start belong to none
                clipped = self._clip(natural, ends_on)
                if clipped is None:
                    if self.last and natural.first > self.last:
                        return
                    continue
                if clipped.last >= since:
                    yield clipped

    def _stretches(self) -> Iterator[tuple[date | None, date | None, list[Version]]]:
        """Runs of versions with one pattern: their first and last day, and the versions."""
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
        """The period within the track's days and its version's; None where nothing of it is left."""
        first = max(period.first, self.first)
        last = min(filter(None, (period.last, ends_on, self.last)))
        if (first, last) == (period.first, period.last):
            return period
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
    """The latest version whose first day is not after `day`."""
    return next(v for v in reversed(versions) if v.starts_on is None or v.starts_on <= day)


def _natural_periods(
    versions: list[Version], anchor: date, since: date, exists: Callable[[date], bool]
) -> Iterator[Period]:
    """The periods of one pattern from the one that holds `since` on, without end and uncut."""
    schedule = versions[0].schedule
    first = _start(schedule, anchor, since)
    while True:
        following = _following(schedule, first)
        days = tuple(day for day in _days(first, following) if exists(day))
        if schedule.interval > 1:
            targets = tuple(day for day in days if day == first)
            counting, required = days, 1
        else:
            targets = tuple(day for day in days if schedule.asks_on(day.weekday()))
            counting = targets
            required = min(_times(versions, days[0]), len(targets)) if targets else 0
        if days and required:
            yield Period(days[0], days[-1], schedule.streak_unit, required, targets, counting)
        if following.year > 9000:
            return
        first = following


def _times(versions: list[Version], first: date) -> int:
    """times_per_period in force on the period's first day: a change holds from the next period on."""
    started = [v for v in versions if v.starts_on is None or v.starts_on <= first]
    return (started[-1] if started else versions[0]).schedule.times_per_period


def _start(schedule: Schedule, anchor: date, day: date) -> date:
    """The first day of the natural period that holds `day`."""
    if schedule.frequency is Frequency.DAILY:
        return day - DAY * ((day - anchor).days % schedule.interval)
    if schedule.frequency is Frequency.WEEKLY:
        return day - DAY * day.weekday()
    return day.replace(day=1) if schedule.frequency is Frequency.MONTHLY else date(day.year, 1, 1)


def _following(schedule: Schedule, first: date) -> date:
    """The first day of the next natural period."""
    if schedule.frequency is Frequency.DAILY:
        return first + DAY * schedule.interval
    if schedule.frequency is Frequency.WEEKLY:
        return first + DAY * 7
    if schedule.frequency is Frequency.MONTHLY:
        return (first + DAY * 31).replace(day=1)
    return date(first.year + 1, 1, 1)


def _days(first: date, following: date) -> Iterator[date]:
    while first < following:
        yield first
        first += DAY

"""One period of a track: what it asks for, what was done in it, and whether that is enough."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from tests.oracle.dates import days, weekday
from tests.oracle.life import Record
from tests.oracle.schedules import StreakUnit


@dataclass(frozen=True)
class Period:
    """One period of a track.

    `first`..`last` are its days inside track, bounds and version; `natural_first`..`natural_last` those of its whole
    natural period, whose target days are `targets`. `required` is what it asks for in full. `taken_from` is set for the
    first period of a new version that is shorter than natural: the first day from which completed days are taken along.
    `ended_by` is the day of the cut that ends it early. `paused` are the paused days that matter to it.
    """

    segment: int
    unit: StreakUnit
    natural_first: date
    natural_last: date
    first: date
    last: date
    weekdays: frozenset[str]
    targets: tuple[date, ...]
    required: int
    limit: Fraction | None
    taken_from: date | None
    ended_by: date | None
    cut_by_bounds: bool
    was_cut_by_end: bool
    paused: frozenset[date]

    @property
    def is_window(self) -> bool:
        """Return whether it is a window of n days."""
        return self.unit.base == "day" and self.unit.count > 1

    @property
    def is_short_first(self) -> bool:
        """Return whether it is the first period of a new version, "shorter than natural"."""
        return self.taken_from is not None

    def counts(self, day: date) -> bool:
        """Return whether a completed day counts: "days that count" are "the target days", or all of a window.

        A log on a date that the zone skips "counts in its period without making the date a target day".
        """
        return self.first <= day <= self.last and (not self.weekdays or weekday(day) in self.weekdays)


def required_now(period: Period, not_counted_as_paused: frozenset[date] = frozenset()) -> int:
    """Return required′.

    "Paused target days shrink what is required in proportion, at most to half: required′ = ⌈required × max(target days
    not paused, half the target days) ÷ target days⌉. (Of a cut period the target days are those of its whole natural
    period.)"
    """
    count = len(period.targets)
    if count == 0:
        return period.required
    paused = period.paused - not_counted_as_paused
    not_paused = sum(day not in paused for day in period.targets)
    return ceil(period.required * max(Fraction(not_paused), Fraction(count, 2)) / count)


def completed_days(kept: Record, period: Period, today: date) -> list[date]:
    """Return the completed days that count in the period.

    A short first period "takes along the completed days of that natural period before E, whatever their weekday,
    within the track".
    """
    return [
        day
        for day in days(period.taken_from or period.first, period.last)
        if (day < period.first or period.counts(day)) and kept.is_completed(day, today)
    ]


def is_kept(kept: Record, period: Period, today: date) -> bool:
    """Return whether "completed days that count ≥ required′"; a short first period also needs one "from E on"."""
    done = completed_days(kept, period, today)
    if period.is_short_first and not any(day >= period.first for day in done):
        return False
    return len(done) >= max(1, required_now(period))

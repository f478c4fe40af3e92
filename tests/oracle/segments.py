"""Where a schedule is cut: the stretches of days that one shape of schedule holds for."""

from dataclasses import dataclass, replace
from datetime import date

from tests.oracle.dates import day_after, day_before, month_of, week_of, window_of, year_of
from tests.oracle.life import Record
from tests.oracle.schedules import Schedule, Shape, StreakUnit, times, unit_of


@dataclass(frozen=True)
class Segment:
    """A stretch between two cuts. `start` None: from the beginning; `end` None: for good.

    `versions` are the versions of this shape that hold in it, each with its day.
    """

    start: date | None
    end: date | None
    shape: Shape
    anchor: date
    week_start: str
    versions: tuple[tuple[date, Schedule], ...]

    @property
    def unit(self) -> StreakUnit:
        """Return the unit of streaks in it."""
        return unit_of(self.shape)

    def natural_period(self, day: date) -> tuple[date, date]:
        """Return the whole natural period that holds the day: a day, a window, a week, a month or a year."""
        frequency, interval, _ = self.shape
        if frequency == "daily":
            return window_of(day, self.anchor, interval)
        if frequency == "weekly":
            return week_of(day, self.week_start)
        return month_of(day) if frequency == "monthly" else year_of(day)

    def schedule_for(self, natural_first: date) -> Schedule:
        """Return the version whose times and limit a period asks for.

        "A changed `times_per_period` or `limit_per_period` holds from the first period that begins after its day (with
        a cut on that day, from it)."
        """
        until = self.start if self.start is not None and natural_first <= self.start else day_before(natural_first)
        return [each for day, each in self.versions if day <= until or (day, each) == self.versions[0]][-1]

    def times_for(self, natural_first: date, max_gap: int) -> int:
        """Return times_per_period for the period."""
        return times(self.schedule_for(natural_first), max_gap)


def segments(kept: Record) -> list[Segment]:
    """Return the stretches between cuts, in order: by versions, and for weeks by another start of the week."""
    return [part for segment in _cut_by_versions(kept) for part in _cut_by_week_starts(kept, segment)]


def segment_on(kept: Record, day: date) -> int:
    """Return the number of the segment that holds the day."""
    return [number for number, each in enumerate(segments(kept)) if each.start is None or each.start <= day][-1]


def _cut_by_versions(kept: Record) -> list[Segment]:
    """Return the stretches between cuts by versions.

    "A change of frequency, interval or weekdays *cuts* on its day E; an edit that changes no meaning, or a version
    equal to its neighbour, does not; going back to the old shape before the cut period's natural end, or by the day
    after E, takes the cut away (a planned return does so at once)."
    """
    found: list[Segment] = []
    for day, schedule in kept.versions:
        version = (day, schedule)
        if not found:
            found = [Segment(None, None, schedule.shape, kept.anchor(), "", (version,))]
            continue
        returned = _returned_to(kept, found, day, schedule)
        if returned is not None:
            found = found[: returned + 1]
            found[-1] = replace(found[-1], end=None, versions=(*found[-1].versions, version))
        else:
            found[-1] = replace(found[-1], end=day_before(day))
            found.append(Segment(day, None, schedule.shape, day, "", (version,)))
    return found


def _returned_to(kept: Record, found: list[Segment], day: date, schedule: Schedule) -> int | None:
    """Return the number of the segment that the version continues, if it takes all cuts since away."""
    for number in reversed(range(len(found))):
        if found[number].shape == schedule.shape and (
            number == len(found) - 1 or day <= _last_day_to_return(kept, found[number])
        ):
            return number
    return None


def _last_day_to_return(kept: Record, cut: Segment) -> date:
    """Return "the cut period's natural end", or "the day after E" where that is later; E is the day of the cut."""
    assert cut.end is not None
    cut_day = day_after(cut.end)
    following = cut_day
    while True:
        following = day_after(following)
        if kept.exists(following):
            break
    _, natural_last = replace(cut, week_start=kept.week_start_on(cut.end)).natural_period(cut.end)
    return max(natural_last, following)


def _cut_by_week_starts(kept: Record, segment: Segment) -> list[Segment]:
    """Return the parts of the segment: another start of the week "cuts, as a version does, weekly habits only"."""
    first_choice = kept.week_start_on(segment.start) if segment.start else kept.life.week_starts_on
    parts = [replace(segment, week_start=first_choice)]
    if segment.shape[0] != "weekly":
        return parts
    for day, choice in kept.week_starts:
        if (segment.start is None or segment.start < day) and (segment.end is None or day <= segment.end):
            parts[-1] = replace(parts[-1], end=day_before(day))
            parts.append(replace(segment, start=day, week_start=choice))
    return parts

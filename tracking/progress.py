"""What was done on each day of a range, and what became of each period that it touches. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from habits.recurrence import DAY, Period
from tracking.courses import Course, courses, plan_of
from tracking.models import HabitTrack
from tracking.streaks import Status, Verdict


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day; `is_target`: it may be asked for; without a status nothing was said of it."""

    day: date
    status: Status | None
    amount: Decimal | None
    is_target: bool
    is_paused: bool


@dataclass(frozen=True, slots=True)
class PeriodShown:
    """A period that touches the range, whole: `done` of `required` completed days."""

    period: Period
    done: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """A track over a range."""

    track: HabitTrack
    frequency: str
    days: list[DayShown]
    periods: list[PeriodShown]


def progress(tracks: Iterable[HabitTrack], *, first: date, last: date, today: date) -> list[Progress]:
    """Each track's days and periods in `first`..`last`; two queries (with what the rules ask at hand)."""
    tracks = list(tracks)
    periods = {track.pk: list(plan_of(track).periods(first, last)) for track in tracks}
    found = courses_over(tracks, periods, first=first, last=last)
    return [_shown(track, found[track.pk], periods[track.pk], first, last, today) for track in tracks]


def courses_over(
    tracks: list[HabitTrack], periods: dict[int, list[Period]], *, first: date, last: date
) -> dict[int, Course]:
    """Return the courses with the logs of the range and of all the periods that it touches."""
    return courses_over_ranges(tracks, periods, {track.pk: (first, last) for track in tracks})


def courses_over_ranges(
    tracks: list[HabitTrack], periods: dict[int, list[Period]], ranges: Mapping[int, tuple[date, date]]
) -> dict[int, Course]:
    """Return the courses with the logs of each track's range, by its id, and of the periods that it touches.

    There may be later logs as well: of another's range.
    """
    since = {pk: min([ranges[pk][0], *(period.first for period in each[:1])]) for pk, each in periods.items()}
    ends = [max([ranges[pk][1], *(period.last for period in each[-1:])]) for pk, each in periods.items()]
    return courses(tracks, since=since, until=max(ends, default=None))


def _shown(track: HabitTrack, course: Course, periods: list[Period], first: date, last: date, today: date) -> Progress:
    targets = {day for period in periods for day in period.target_days}
    days = (first + number * DAY for number in range((last - first).days + 1))
    return Progress(
        track=track,
        frequency=course.plan.in_force(today).frequency.value,
        days=[
            DayShown(day, course.days.get(day), course.amounts.get(day), day in targets, course.is_paused(day))
            for day in days
            if course.plan.exists(day)
        ],
        periods=[
            PeriodShown(period, course.completed(period, today), course.verdict(period, today)) for period in periods
        ],
    )

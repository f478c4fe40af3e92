"""Verdicts of periods, and the streaks that they make. Pure: `today` is a parameter.

A period is *kept* when completed days that count >= required. Else it is *open* while today <= its last
day. Else *excused*: fewer target days than required were left that are neither skipped nor paused (a
completed one always counts as left), or it was cut. Else *broken*. The current streak is the kept periods
since the last broken one; excused ones are passed over, an open one does not break.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from habits.recurrence import DAY, Period, Plan


class Status(StrEnum):
    """What a log says of its day. A day without a log has none of these."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    MISSED = "missed"


class Verdict(StrEnum):
    KEPT = "kept"
    OPEN = "open"
    EXCUSED = "excused"
    BROKEN = "broken"


# A target day with one of these is not asked for again.
SETTLED = {Status.COMPLETED, Status.SKIPPED, Status.MISSED}

# A pause that lasts longer than this has no end worth planning for.
HORIZON_YEARS = 5

Days = Mapping[date, Status]
IsPaused = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Streak:
    """Kept periods in a row: the run that stands, and the longest; both in `unit`."""

    current: int = 0
    longest: int = 0
    unit: str = "day"


def status_of(amount: Decimal, daily_amount: Decimal) -> Status:
    """completed (amount >= daily_amount) or partial (less)."""
    return Status.COMPLETED if amount >= daily_amount else Status.PARTIAL


def completed_days(period: Period, days: Days, until: date = date.max) -> int:
    """How many of the days that count are completed by `until` (travelling west leaves logs of later days)."""
    return sum(day <= until and days.get(day) is Status.COMPLETED for day in period.counting_days)


def verdict(period: Period, days: Days, is_paused: IsPaused, today: date) -> Verdict:
    """The verdict of one period as of `today`."""
    return _verdict(period, completed_days(period, days, today), days, is_paused, today)


def _verdict(period: Period, done: int, days: Days, is_paused: IsPaused, today: date) -> Verdict:
    """The verdict where `done` days of it are completed."""
    if done >= period.required:
        return Verdict.KEPT
    if today <= period.last:
        return Verdict.OPEN
    return _once_over(period, days, is_paused)


def _once_over(period: Period, days: Days, is_paused: IsPaused) -> Verdict:
    """Excused or broken: what a period that is not kept turns into after its last day."""
    left = sum(_is_left(day, days, is_paused) for day in period.target_days)
    return Verdict.EXCUSED if period.cut or left < period.required else Verdict.BROKEN


def _is_left(day: date, days: Days, is_paused: IsPaused) -> bool:
    """Completed, or neither skipped nor paused."""
    said = days.get(day)
    return said is Status.COMPLETED or (said is not Status.SKIPPED and not is_paused(day))


def after(standing: Streak, period: Period, days: Days, is_paused: IsPaused, today: date) -> Streak:
    """The streak after one more period that has begun by `today`; another unit starts both anew."""
    if period.unit != standing.unit:
        standing = Streak(0, 0, period.unit)
    match verdict(period, days, is_paused, today):
        case Verdict.KEPT:
            current = standing.current + 1
            return Streak(current, max(standing.longest, current), standing.unit)
        case Verdict.BROKEN:
            return Streak(0, standing.longest, standing.unit)
    return standing


def streak(periods: Iterable[Period], days: Days, is_paused: IsPaused, today: date, *, unit: str = "day") -> Streak:
    """The streak after `periods` (in order, those after today left out).

    `unit`: in what it will count, where no period has begun.
    """
    standing = Streak(0, 0, unit)
    for period in periods:
        if period.first > today:
            break
        standing = after(standing, period, days, is_paused, today)
    return standing


def lapse_day(
    plan: Plan, days: Days, is_paused: IsPaused, today: date, *, paused_for_good: date | None = None
) -> date | None:
    """The last day on which the streak of `today` still stands if nothing more is done.

    That is the last day of the first period, from today's on, that will be broken, or the day before
    another unit starts the streak anew. None where neither comes (the track ends, or is paused for good,
    from the day `paused_for_good` on).
    """
    unit = plan.unit_on(today)
    for period in plan.periods(today):
        if unit not in {None, period.unit}:
            return period.first - DAY
        unit = period.unit
        if paused_for_good and period.first >= paused_for_good:
            return None
        if completed_days(period, days) >= period.required:
            continue
        if _once_over(period, days, is_paused) is Verdict.BROKEN:
            return period.last
        if period.last.year > today.year + HORIZON_YEARS:
            return None
    return None


def is_due(plan: Plan, days: Days, is_paused: IsPaused, day: date) -> bool:
    """Whether the track asks for something on the local day `day`, as of that day."""
    period = plan.period_of(day)
    return (
        period is not None
        and day in period.target_days
        and not is_paused(day)
        and days.get(day) not in SETTLED
        and completed_days(period, days, day) < period.required
    )


def is_at_risk(plan: Plan, days: Days, is_paused: IsPaused, today: date) -> bool:
    """Whether a running streak lapses unless today's target is completed.

    So the period can still be kept with today, cannot be kept without it, and would be broken then.
    """
    period = plan.period_of(today)
    if period is None or not is_due(plan, days, is_paused, today):
        return False
    done = completed_days(period, days, today)
    later = sum(day > today and _is_left(day, days, is_paused) for day in period.counting_days)
    return done + later < period.required <= done + later + 1 and _once_over(period, days, is_paused) is Verdict.BROKEN


@dataclass(frozen=True, slots=True)
class Judged:
    """A kept or broken period: its last day, its completed days (at most those required), and the required."""

    last: date
    done: int
    required: int


def judged(periods: Iterable[Period], days: Days, is_paused: IsPaused, today: date) -> Iterator[Judged]:
    """Those of `periods` that are kept or broken as of `today`: what a success rate counts."""
    for period in periods:
        done = completed_days(period, days, today)
        if _verdict(period, done, days, is_paused, today) in {Verdict.KEPT, Verdict.BROKEN}:
            yield Judged(period.last, min(done, period.required), period.required)


def success_rate(counted: Iterable[Judged]) -> float | None:
    """Completed days of those required, over kept and broken periods; None where there is none."""
    counted = list(counted)
    required = sum(each.required for each in counted)
    return sum(each.done for each in counted) / required if required else None

"""Verdicts of periods, and the streaks that result from them. Pure functions: `today` is a parameter.

A period is *kept* if its completed days that count are at least `required`. Otherwise it is *open* until its last day
is over. After that it is *excused* if it was cut, or if fewer target days than `required` were available (neither
skipped nor paused; a completed day is always available). Otherwise it is *broken*. The current streak is the number
of kept periods since the last broken one; excused and open periods neither add to it nor end it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from habits.recurrence import DAY, Period, Plan
from habits.units import EACH_DAY, StreakUnit


class Status(StrEnum):
    """The status of a log. A day without a log has no status."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    MISSED = "missed"


class Verdict(StrEnum):
    KEPT = "kept"
    OPEN = "open"
    EXCUSED = "excused"
    BROKEN = "broken"


# A target day with one of these statuses is not due any more.
SETTLED = {Status.COMPLETED, Status.SKIPPED, Status.MISSED}

# The search for the next broken period stops after this many years, for example in a very long pause.
MAX_LOOKAHEAD_YEARS = 5

Days = Mapping[date, Status]
IsPaused = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Streak:
    """The current and the longest run of kept periods, both counted in `unit`."""

    current: int = 0
    longest: int = 0
    unit: StreakUnit = EACH_DAY


def status_of(amount: Decimal, daily_amount: Decimal) -> Status:
    """Return COMPLETED if the amount is at least the daily amount, otherwise PARTIAL."""
    return Status.COMPLETED if amount >= daily_amount else Status.PARTIAL


def completed_days(period: Period, days: Days, until: date = date.max) -> int:
    """Return how many of the days that count are completed, up to `until`.

    Logs after today exist when the user travelled west: a day that was today is in the future again.
    """
    return sum(day <= until and days.get(day) is Status.COMPLETED for day in period.counting_days)


def verdict(period: Period, days: Days, is_paused: IsPaused, today: date) -> Verdict:
    """Return the verdict of one period as of `today`."""
    return _verdict(period, completed_days(period, days, today), days, is_paused, today)


def _verdict(period: Period, done: int, days: Days, is_paused: IsPaused, today: date) -> Verdict:
    """Return the verdict, given the number of completed days."""
    if done >= period.required:
        return Verdict.KEPT
    if today <= period.last:
        return Verdict.OPEN
    return _final_verdict(period, days, is_paused)


def _final_verdict(period: Period, days: Days, is_paused: IsPaused) -> Verdict:
    """Return EXCUSED or BROKEN: the verdict of a period that was not kept, after its last day."""
    available = sum(_is_available(day, days, is_paused) for day in period.target_days)
    return Verdict.EXCUSED if period.cut or available < period.required else Verdict.BROKEN


def _is_available(day: date, days: Days, is_paused: IsPaused) -> bool:
    """Return whether the day is completed, or neither skipped nor paused."""
    status = days.get(day)
    return status is Status.COMPLETED or (status is not Status.SKIPPED and not is_paused(day))


def extend_streak(so_far: Streak, period: Period, days: Days, is_paused: IsPaused, today: date) -> Streak:
    """Return the streak extended by the next period. A period with another unit resets both counts."""
    if period.unit != so_far.unit:
        so_far = Streak(0, 0, period.unit)
    match verdict(period, days, is_paused, today):
        case Verdict.KEPT:
            current = so_far.current + 1
            return Streak(current, max(so_far.longest, current), so_far.unit)
        case Verdict.BROKEN:
            return Streak(0, so_far.longest, so_far.unit)
    return so_far


def streak(
    periods: Iterable[Period], days: Days, is_paused: IsPaused, today: date, *, unit: StreakUnit = EACH_DAY
) -> Streak:
    """Return the streak over `periods`, which are in order; periods that start after today are ignored.

    `unit`: the unit of the result if no period has started.
    """
    so_far = Streak(0, 0, unit)
    for period in periods:
        if period.first > today:
            break
        so_far = extend_streak(so_far, period, days, is_paused, today)
    return so_far


def lapse_day(
    plan: Plan, days: Days, is_paused: IsPaused, today: date, *, paused_from: date | None = None
) -> date | None:
    """Return the last day on which today's streak still counts if nothing more is completed, or None.

    This is the last day of the next period that will be broken, or the day before a new unit resets the streak. None
    means that neither happens: the track ends, or an open-ended pause starts on `paused_from`.
    """
    unit = plan.unit_on(today)
    for period in plan.periods(today):
        if unit not in {None, period.unit}:
            return period.first - DAY
        unit = period.unit
        if paused_from and period.first >= paused_from:
            return None
        # No `today` here: future-dated logs will count by the time the period ends.
        if completed_days(period, days) >= period.required:
            continue
        if _final_verdict(period, days, is_paused) is Verdict.BROKEN:
            return period.last
        if period.last.year > today.year + MAX_LOOKAHEAD_YEARS:
            return None
    return None


def is_due(plan: Plan, days: Days, is_paused: IsPaused, day: date) -> bool:
    """Return whether the habit is due on the local day `day`, as of that day."""
    period = plan.period_of(day)
    return (
        period is not None
        and day in period.target_days
        and not is_paused(day)
        and days.get(day) not in SETTLED
        and completed_days(period, days, day) < period.required
    )


def is_at_risk(plan: Plan, days: Days, is_paused: IsPaused, today: date) -> bool:
    """Return whether the period will be broken unless today is completed.

    That is: it can still be kept with today, cannot be kept without today, and would then be broken, not excused.
    """
    period = plan.period_of(today)
    if period is None or not is_due(plan, days, is_paused, today):
        return False
    done = completed_days(period, days, today)
    later = sum(day > today and _is_available(day, days, is_paused) for day in period.counting_days)
    return (
        done + later < period.required <= done + later + 1 and _final_verdict(period, days, is_paused) is Verdict.BROKEN
    )


@dataclass(frozen=True, slots=True)
class DecidedPeriod:
    """A kept or broken period: last day, completed days (at most `required`), and required days."""

    last: date
    done: int
    required: int


def decided_periods(periods: Iterable[Period], days: Days, is_paused: IsPaused, today: date) -> Iterator[DecidedPeriod]:
    """Yield those of `periods` that are kept or broken as of `today`, as counted by the success rate."""
    for period in periods:
        done = completed_days(period, days, today)
        if _verdict(period, done, days, is_paused, today) in {Verdict.KEPT, Verdict.BROKEN}:
            yield DecidedPeriod(period.last, min(done, period.required), period.required)


def success_rate(periods: Iterable[DecidedPeriod]) -> float | None:
    """Return completed divided by required days over all periods, or None if there are no periods."""
    periods = list(periods)
    required = sum(each.required for each in periods)
    return sum(each.done for each in periods) / required if required else None

"""Verdicts of periods, what is due and at risk, and the streaks that result. Pure functions: `today` is a parameter.

The reasons of a verdict are found by the functions that decide it, so that an explanation cannot differ from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from habits.recurrence import DAY, Period
from habits.units import EACH_DAY, StreakUnit


class Status(StrEnum):
    """The status of a log. A day without a log has no status. Only logs of limit habits are `counted`."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    MISSED = "missed"
    COUNTED = "counted"


class Verdict(StrEnum):
    KEPT = "kept"
    OPEN = "open"
    EXCUSED = "excused"
    BROKEN = "broken"


class Excuse(StrEnum):
    """Why a period that is over and was not kept is excused."""

    REST_OF_PERIOD = "rest_of_period"
    BEGINS_LATE = "begins_late"
    ENDS_EARLY = "ends_early"
    END_MOVED = "end_moved"
    ALL_PAUSED = "all_paused"
    TOO_FEW_LEFT = "too_few_left"
    PAUSED_TO_END = "paused_to_end"
    CUT_IN_TIME = "cut_in_time"
    CUT = "cut"
    ALL_SKIPPED_OR_PAUSED = "all_skipped_or_paused"


# A target day with one of these statuses is not due any more.
SETTLED = {Status.COMPLETED, Status.SKIPPED, Status.MISSED}
# By their values: to call Status takes ten times as long, and a year of logs has thousands.
STATUSES = {status.value: status for status in Status}
# The verdicts that count for the success rate.
DECIDED = frozenset({Verdict.KEPT, Verdict.BROKEN})
NO_DAYS: frozenset[date] = frozenset()

Days = Mapping[date, Status]
Amounts = Mapping[date, Decimal]
Exists = Callable[[date], bool]


def status_of(amount: Decimal, daily_amount: Decimal) -> Status:
    """Return COMPLETED if the amount is at least the daily amount, otherwise PARTIAL."""
    return Status.COMPLETED if amount >= daily_amount else Status.PARTIAL


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a period. `required`: the completed days that it asks for, shrunk by pauses; `done`: those it has."""

    verdict: Verdict
    required: int
    done: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What decides a period besides itself: logs, paused days, and the dates that the user's zone has.

    `paused`: those days of the natural period that are paused. Logs after `until` do not count yet; there are some when
    the user travelled west, and a day that was today is in the future again.
    """

    days: Days
    amounts: Amounts
    paused: frozenset[date]
    exists: Exists
    until: date

    def status(self, day: date) -> Status | None:
        """Return what is said of a day."""
        return self.days.get(day) if day <= self.until else None

    def is_skipped(self, day: date) -> bool:
        """Return whether the user said that the day does not count."""
        return self.status(day) is Status.SKIPPED


def judge(period: Period, evidence: Evidence, today: date) -> Judgement:
    """Return the verdict of a period as of `today`."""
    if period.limit is not None:
        return _judge_limit(period, evidence, today)
    done = completed_days(period, evidence)
    required = required_days(period, evidence.paused)
    if _is_kept(period, done, required):
        verdict = Verdict.KEPT
    elif today <= period.last:
        verdict = Verdict.OPEN
    elif any(excuses(period, evidence)):
        verdict = Verdict.EXCUSED
    else:
        verdict = Verdict.BROKEN
    return Judgement(verdict, required, len(done))


# What `judge_day` returns.
_DAY_KEPT, _DAY_OPEN = Judgement(Verdict.KEPT, 1, 1), Judgement(Verdict.OPEN, 1, 0)
_DAY_EXCUSED, _DAY_BROKEN = Judgement(Verdict.EXCUSED, 1, 0), Judgement(Verdict.BROKEN, 1, 0)


def judge_day(day: date, status: Status | None, *, is_paused: bool, today: date) -> Judgement:
    """Return what `judge` does of a period that is one target day of a daily habit, from what is said of the day.

    What `judge` weighs comes down to this: one day is required, nothing can cut it, and if the day was skipped or
    paused, none is left. A year of daily habits has thousands of such periods, each of which `judge` needs as an object.
    """
    if status is Status.COMPLETED and day <= today:
        return _DAY_KEPT
    if today <= day:
        return _DAY_OPEN
    return _DAY_EXCUSED if is_paused or status is Status.SKIPPED else _DAY_BROKEN


def completed_days(period: Period, evidence: Evidence) -> list[date]:
    """Return the completed days that count, in order."""
    last = min(period.last, evidence.until)
    day, found = period.counts_from, []
    while day <= last:
        if evidence.days.get(day) is Status.COMPLETED and period.counts(day):
            found.append(day)
        day += DAY
    return found


def required_days(period: Period, paused: frozenset[date]) -> int:
    """Return how many days must be completed: paused target days shrink it in proportion, at most to half."""
    count = len(period.natural_targets)
    unpaused = count - sum(day in paused for day in period.natural_targets) if paused else count
    if unpaused == count:
        return period.required
    return -(-period.required * max(2 * unpaused, count) // (2 * count))


def _is_kept(period: Period, done: list[date], required: int) -> bool:
    """Return whether enough is done; after a cut, some of it must be done from the cut on."""
    if period.taken_from is not None and not any(day >= period.first for day in done):
        return False
    return len(done) >= max(1, required)


def excuses(period: Period, evidence: Evidence) -> Iterator[Excuse]:
    """Yield what excuses a period that is over, was not kept and, of a limit habit, did not exceed its limit.

    It is broken if there is nothing.
    """
    if period.taken_from is not None:
        yield Excuse.REST_OF_PERIOD
    if period.begins_late:
        yield Excuse.BEGINS_LATE
    if period.ends_early:
        yield Excuse.ENDS_EARLY
    if period.unpausing:
        yield Excuse.END_MOVED
    yield from _limit_excuses(period, evidence) if period.limit is not None else _target_excuses(period, evidence)


def _target_excuses(period: Period, evidence: Evidence) -> Iterator[Excuse]:
    if all(day in evidence.paused for day in period.natural_targets):
        yield Excuse.ALL_PAUSED
    if _left_too_few(period, evidence):
        yield Excuse.TOO_FEW_LEFT
    if _paused_to_its_end(period, evidence):
        yield Excuse.PAUSED_TO_END
    if _could_still_be_kept(period, evidence):
        yield Excuse.CUT_IN_TIME


def _limit_excuses(period: Period, evidence: Evidence) -> Iterator[Excuse]:
    if period.is_cut_at_end:
        yield Excuse.CUT
    days = (day for day in _days(period.first, period.last) if evidence.exists(day))
    if all(evidence.is_skipped(day) or day in evidence.paused for day in days):
        yield Excuse.ALL_SKIPPED_OR_PAUSED


def _left_too_few(period: Period, evidence: Evidence) -> bool:
    """Return whether skipped days left fewer than were required with those days as not paused."""
    skipped = skipped_days(period, evidence)
    if period.is_window:
        return bool(skipped)
    left = sum(day not in skipped and day not in evidence.paused for day in period.natural_targets)
    return left < required_days(period, evidence.paused - skipped)


def _paused_to_its_end(period: Period, evidence: Evidence) -> bool:
    """Return whether a pause lasts to its end, on whose first day it could still have been kept in full."""
    paused_from = paused_to_its_end_from(period, evidence)
    if paused_from is None:
        return False
    before = sum(day < paused_from for day in completed_days(period, evidence))
    return before + sum(day >= paused_from for day in period.natural_targets) >= period.required


def skipped_days(period: Period, evidence: Evidence) -> frozenset[date]:
    """Return its days that the user skipped."""
    return frozenset(day for day in _days(period.first, period.last) if evidence.is_skipped(day))


def paused_to_its_end_from(period: Period, evidence: Evidence) -> date | None:
    """Return the first of the days at its end that are all paused, or None."""
    day, paused_from = period.last, None
    while day >= period.first and (day in evidence.paused or not evidence.exists(day)):
        if day in evidence.paused:
            paused_from = day
        day -= DAY
    return paused_from


def _could_still_be_kept(period: Period, evidence: Evidence) -> bool:
    """Return whether a period that a cut ended early could have been kept in the rest of its natural period."""
    if not period.is_cut_at_end:
        return False
    possible = len(completed_days(period, evidence)) + sum(day > period.last for day in period.natural_targets)
    return possible >= required_days(period, evidence.paused)


def _judge_limit(period: Period, evidence: Evidence, today: date) -> Judgement:
    """Return the verdict of a period of a limit habit: 1 of 1 if it is kept."""
    assert period.limit is not None
    if amount_in(period, evidence) > period.limit:
        return Judgement(Verdict.BROKEN, 1, 0)
    if today <= period.last:
        return Judgement(Verdict.OPEN, 1, 0)
    if any(excuses(period, evidence)):
        return Judgement(Verdict.EXCUSED, 1, 0)
    return Judgement(Verdict.KEPT, 1, 1)


@dataclass(frozen=True, slots=True)
class LimitProgress:
    """How much of a period's limit is used: `amount` so far of at most `limit`, and the verdict so far."""

    limit: Decimal
    amount: Decimal
    verdict: Verdict

    @property
    def left(self) -> Decimal:
        """Return what may still happen in the period; 0 once the limit is reached or exceeded."""
        return max(Decimal(0), self.limit - self.amount)


def limit_progress(period: Period, evidence: Evidence, today: date) -> LimitProgress | None:
    """Return the progress of a period of a limit habit as of `today`; None for a habit that is to be done."""
    if period.limit is None:
        return None
    return LimitProgress(period.limit, amount_in(period, evidence), judge(period, evidence, today).verdict)


def amount_in(period: Period, evidence: Evidence) -> Decimal:
    """Return the sum of a period's amounts so far."""
    last = min(period.last, evidence.until)
    return sum((evidence.amounts.get(day, Decimal(0)) for day in _days(period.first, last)), Decimal(0))


def is_due(period: Period | None, evidence: Evidence, day: date, *, last_done: date | None = None) -> bool:
    """Return whether the habit is due on the local day `day`, as of that day, in the period that contains it.

    `last_done`: the last completed day before it. A window asks n days after that, but not later than on its last day.
    """
    if period is None or period.limit is not None or not period.is_target(day) or day in evidence.paused:
        return False
    if evidence.status(day) in SETTLED:
        return False
    if _is_kept(period, completed_days(period, evidence), required_days(period, evidence.paused)):
        return False
    if not period.is_window:
        return True
    if any(evidence.is_skipped(each) for each in _days(period.first, period.last)):
        return False
    return last_done is None or day >= min(period.last, last_done + DAY * period.unit.count)


def is_at_risk(period: Period | None, evidence: Evidence, today: date) -> bool:
    """Return whether the period will be broken unless today is completed, even if all later days are."""
    if period is None or period.limit is not None or not period.is_target(today) or today in evidence.paused:
        return False
    if evidence.status(today) is Status.COMPLETED or judge(period, evidence, today).verdict is not Verdict.OPEN:
        return False
    if period.first == today == period.last:  # completing today keeps it
        return judge(period, evidence, today + DAY).verdict is Verdict.BROKEN
    later = (day for day in period.target_days if day > today and day not in evidence.paused)
    days = {
        **{day: said for day, said in evidence.days.items() if day <= today},
        **dict.fromkeys(later, Status.COMPLETED),
    }
    after = period.last + DAY
    without = replace(evidence, days=days, until=period.last)
    with_today = replace(without, days={**days, today: Status.COMPLETED})
    return (
        judge(period, without, after).verdict is Verdict.BROKEN
        and judge(period, with_today, after).verdict is not Verdict.BROKEN
    )


@dataclass(frozen=True, slots=True)
class Streak:
    """The current run of kept periods, counted in `unit`, and the longest run in each unit that has had one."""

    current: int = 0
    unit: StreakUnit = EACH_DAY
    longest_of: Mapping[StreakUnit, int] = field(default_factory=dict)

    @property
    def longest(self) -> int:
        """Return the longest run in the present unit."""
        return self.longest_of.get(self.unit, 0)

    def after(self, verdict: Verdict) -> "Streak":
        """Return the streak after one more period. Excused and open ones neither add to it nor end it."""
        if verdict is Verdict.BROKEN:
            return replace(self, current=0)
        if verdict is not Verdict.KEPT:
            return self
        current = self.current + 1
        return Streak(current, self.unit, {**self.longest_of, self.unit: max(self.longest, current)})

    def in_unit(self, unit: StreakUnit) -> "Streak":
        """Return the streak as it begins in a new unit."""
        return replace(self, current=0, unit=unit)


class CountedPeriod(NamedTuple):
    """What a streak is counted from: a period's first day, the number of its stretch, its unit and its verdict."""

    first: date
    stretch: int
    unit: StreakUnit
    verdict: Verdict


class JudgedPeriod(NamedTuple):
    """A period's days, its target days among them, and its judgement.

    `limit`: how much of a limit habit's period is used; None for a habit that is to be done.
    """

    first: date
    last: date
    target_days: tuple[date, ...]
    judgement: Judgement
    limit: LimitProgress | None


class DecidedPeriod(NamedTuple):
    """A kept or broken period: last day, completed days (at most `required`), and required days."""

    last: date
    done: int
    required: int


def success_rate(periods: Iterable[DecidedPeriod]) -> float | None:
    """Return completed divided by required days over all periods, or None if there are no periods."""
    periods = list(periods)
    required = sum(each.required for each in periods)
    return sum(each.done for each in periods) / required if required else None


def _days(first: date, last: date) -> Iterable[date]:
    return (first + DAY * number for number in range((last - first).days + 1))

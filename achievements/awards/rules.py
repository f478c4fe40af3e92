"""Rules by which achievements are earned. Pure functions: no database, no clock.

A kind of rule is a function from a rule and facts to a RuleProgress, registered in KINDS together with the numbers
that it accepts and the facts that it needs. Each kind judges one track, except those with `counts_habits`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, reduce
from itertools import pairwise
from math import floor

from common.errors import DomainError
from habits.patterns import DAY, MAX_INTERVAL
from habits.recurrence import Plan
from habits.units import EACH_DAY, StreakUnit, UnitBase

STREAK = "streak"
DAYS = "days"
DAYS_IN_WINDOW = "days_in_window"
FULL_MONTH = "full_month"
STRENGTH = "strength"
COMEBACK = "comeback"
HABITS_IN_A_DAY = "habits_in_a_day"

MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH, MAX_PICTURE_LENGTH = 100, 300, 16
MAX_TARGET = 3650
MAX_WINDOW_DAYS = 366
MIN_BREAK_DAYS = 7  # a habit may be due once in 7 days, so a shorter gap is no break
MAX_BREAK_DAYS = 366
MAX_HABITS = 50
UNITS = tuple(base.value for base in UnitBase)
# A window may begin in the month before or end in the month after its target day.
MAX_WINDOW = MAX_INTERVAL * DAY
EPSILON = 1e-9  # floating-point error of strengths summed in a different order


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind and its numbers: `target` counts periods, days, percent or habits; `unit` is a streak's ("" for any)."""

    kind: str
    target: int
    window_days: int | None = None
    unit: str = ""

    def counts(self, unit: StreakUnit) -> bool:
        """Return whether the rule counts streaks in this unit."""
        return self.unit in {"", str(unit)}


@lru_cache(maxsize=4096)
def rule_of(kind: str, target: int, window_days: int | None, unit: str) -> Rule:
    """Return a rule of these numbers. Cached, because every check-off asks for the same few."""
    return Rule(kind, target, window_days, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """What is known of a track on `today`, its user's local day.

    `days`: completed days in order, none after today; all of them, or those near one day that the rules need.
    `total_days`: number of completed days, counted up to Needs.max_total_days. `streak`: the current one, in `unit`.
    `longest`: the longest streak by unit. `strength`: the greatest known, from 0 to 1. `habits`: number of different
    habits that the user completed on one day.
    """

    today: date
    plan: Plan
    days: Sequence[date] = ()
    total_days: int = 0
    streak: int = 0
    unit: StreakUnit = EACH_DAY
    longest: Mapping[StreakUnit, int] = field(default_factory=dict)
    strength: float = 0.0
    habits: int = 0

    def with_day_toggled(self, day: date) -> "TrackFacts":
        """Return a copy in which `day` is not completed if it is, and completed if it is not."""
        if day in self.days:
            days, change = [each for each in self.days if each != day], -1
        else:
            days, change = sorted([*self.days, day]), 1
        # A log begins a track: the one that is taken back may have been its beginning.
        plan = self.plan if self.plan.first <= day else replace(self.plan, first=day)
        return replace(self, plan=plan, days=days, total_days=self.total_days + change, habits=self.habits + change)


@dataclass(frozen=True, slots=True)
class Needs:
    """The facts that a rule needs about the completed days near one day.

    `days_around`: all days at most this many before or after it (None: no days). `month`: all days of its calendar
    month. `nearest_days`: the last completed day before and the first after all of these. `max_total_days`: the
    number of completed days, which need not be counted further than this. `habits`: TrackFacts.habits.
    """

    days_around: int | None = None
    month: bool = False
    nearest_days: bool = False
    max_total_days: int = 0
    habits: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        around = [each for each in (self.days_around, other.days_around) if each is not None]
        return Needs(
            days_around=max(around, default=None),
            month=self.month or other.month,
            nearest_days=self.nearest_days or other.nearest_days,
            max_total_days=max(self.max_total_days, other.max_total_days),
            habits=self.habits or other.habits,
        )

    def range_around(self, day: date) -> tuple[date, date] | None:
        """Return the first and last day to read, None if no days are needed."""
        if self.days_around is None and not self.month:
            return None
        first, last = day - (self.days_around or 0) * DAY, day + (self.days_around or 0) * DAY
        if self.month:
            # A schedule every n days may have a window that begins in the month before or ends in the month after.
            first = min(first, (day - MAX_WINDOW).replace(day=1))
            last = max(last, last_of_month(day) + MAX_WINDOW)
        return first, last


@dataclass(frozen=True, slots=True)
class RuleProgress:
    """How much of a rule's target is reached."""

    current: int
    target: int

    @property
    def is_full(self) -> bool:
        return self.current >= self.target

    @property
    def share(self) -> float:
        """Return `current` ÷ `target`, at most 1."""
        return min(1.0, self.current / self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of rule: its label, its progress function, the numbers it accepts and the facts it needs.

    `uses_stored_stats`: it judges the track's stored streak or strength, not the days near a log. `min_track_days`:
    how old a track must be to earn it. `counts_habits`: it counts several habits of a user, so it belongs to none.
    """

    label: str
    progress: Callable[[Rule, TrackFacts], RuleProgress]
    min_target: int = 1
    max_target: int = MAX_TARGET
    takes_window: bool = False
    takes_unit: bool = False
    counts_habits: bool = False
    uses_stored_stats: bool = False
    needs: Callable[[Rule], Needs] = lambda rule: Needs()
    min_track_days: Callable[[Rule], int] = lambda rule: 1


def progress(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """Return how much of the rule's target the facts reach."""
    return KINDS[rule.kind].progress(rule, facts)


def earned(rule: Rule, facts: TrackFacts) -> bool:
    """Return whether the facts reach the rule's target."""
    return progress(rule, facts).is_full


def combined_needs(rules: Iterable[Rule]) -> Needs:
    """Return the facts that any of the rules needs."""
    return reduce(Needs.__or__, (KINDS[rule.kind].needs(rule) for rule in rules), Needs())


def validate(rule: Rule, *, has_habit: bool) -> None:
    """Check that the kind exists and its numbers are in range. Raises DomainError naming the field.

    `has_habit`: the achievement is for one habit only.
    """
    kind = KINDS.get(rule.kind)
    if kind is None:
        raise DomainError("invalid_choice", f"Choose one of: {', '.join(KINDS)}.", "kind")
    if not kind.min_target <= rule.target <= kind.max_target:
        raise DomainError(
            "target_out_of_range", f"The target must be from {kind.min_target} to {kind.max_target}.", "target"
        )
    if kind.takes_window:
        if rule.window_days is None:
            raise DomainError("required", "Enter the length of the window in days.", "window_days")
        if not rule.target <= rule.window_days <= MAX_WINDOW_DAYS:
            raise DomainError(
                "window_out_of_range",
                f"The window must be from {rule.target} (the target) to {MAX_WINDOW_DAYS} days long.",
                "window_days",
            )
    elif rule.window_days is not None:
        raise DomainError("not_for_this_kind", f"Only the kind {DAYS_IN_WINDOW} has a window.", "window_days")
    if rule.unit and not kind.takes_unit:
        raise DomainError("not_for_this_kind", f"Only the kind {STREAK} has a unit.", "unit")
    if rule.unit and rule.unit not in UNITS:
        raise DomainError("invalid_choice", f"Choose one of: {', '.join(UNITS)}; leave it empty for any unit.", "unit")
    if kind.counts_habits and has_habit:
        raise DomainError("counts_many_habits", "This kind counts several habits, so it cannot be for one.", "habit")


def last_of_month(day: date) -> date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1) - DAY


def _streak(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """The longest streak in the unit has reached the target; until then progress is the current streak."""
    longest = max((length for unit, length in facts.longest.items() if rule.counts(unit)), default=0)
    if longest >= rule.target:
        return RuleProgress(longest, rule.target)
    return RuleProgress(facts.streak if rule.counts(facts.unit) else 0, rule.target)


def _days(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """The number of completed days has reached the target."""
    return RuleProgress(facts.total_days, rule.target)


def _days_in_window(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """`target` days are completed within `window_days`; until then progress counts the window that ends today."""
    span = ((rule.window_days or 1) - 1) * DAY
    for first, last in zip(facts.days, facts.days[rule.target - 1 :], strict=False):
        if last - first <= span:
            return RuleProgress(rule.target, rule.target)
    return RuleProgress(sum(facts.today - span <= day <= facts.today for day in facts.days), rule.target)


def _full_month(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """Every target day of a calendar month is kept; until then progress counts the days of this month."""
    completed = set(facts.days)
    for first in sorted({day.replace(day=1) for day in completed}):
        if full := _days_of_full_month(facts.plan, first, completed):
            return RuleProgress(full, full)
    targets = list(_targets_of_month(facts.plan, facts.today.replace(day=1)))
    return RuleProgress(sum(_is_kept(each, completed) for each in targets), max(1, len(targets)))


def _days_of_full_month(plan: Plan, first: date, completed: set[date]) -> int:
    """Return the number of target days of the month that begins on `first`, 0 if one of them is not kept."""
    number = 0
    for each in _targets_of_month(plan, first):
        if not _is_kept(each, completed):
            return 0
        number += 1
    return number


def _is_kept(counting_days: Sequence[date], completed: set[date]) -> bool:
    return any(day in completed for day in counting_days)


def _targets_of_month(plan: Plan, first: date) -> Iterator[Sequence[date]]:
    """Yield, for each target day of the month that begins on `first`, the days on which it can be kept.

    That is the day itself, or, for a schedule every n days, any day of the window that begins on it. Days before the
    start of the track or after the end of the habit are included (with no day to keep them): such a month is not full.
    """
    last = last_of_month(first)
    day = first
    while day <= last:
        pattern = plan.in_force(day).pattern
        if not plan.exists(day):
            pass
        elif not pattern.is_window:
            if pattern.includes_weekday(day.weekday()):
                yield (day,)
        elif day < plan.first or (plan.last and day > plan.last):
            yield ()
        else:
            period = plan.period_of(day)
            if period and day == period.first:
                yield period.target_days
        day += DAY


def _strength(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """The strength has reached `target` percent."""
    return RuleProgress(floor(100 * (facts.strength + EPSILON)), rule.target)


def _comeback(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """A day is completed after at least `target` days without one, in which a whole period of the schedule passed."""
    for before, after in pairwise(facts.days):
        if (after - before).days > rule.target and any(
            before < period.first and period.last < after for period in facts.plan.periods(before + DAY, after - DAY)
        ):
            return RuleProgress(1, 1)
    return RuleProgress(0, 1)


def _habits_in_a_day(rule: Rule, facts: TrackFacts) -> RuleProgress:
    """`target` different habits are completed on one day."""
    return RuleProgress(facts.habits, rule.target)


KINDS: Mapping[str, Kind] = {
    STREAK: Kind(label="a streak of this many periods", progress=_streak, takes_unit=True, uses_stored_stats=True),
    DAYS: Kind(
        label="this many completed days in total",
        progress=_days,
        needs=lambda rule: Needs(max_total_days=rule.target),
        min_track_days=lambda rule: rule.target,
    ),
    DAYS_IN_WINDOW: Kind(
        label="this many completed days within a window of days",
        progress=_days_in_window,
        max_target=MAX_WINDOW_DAYS,
        takes_window=True,
        needs=lambda rule: Needs(days_around=(rule.window_days or 1) - 1),
        min_track_days=lambda rule: rule.target,
    ),
    FULL_MONTH: Kind(
        label="a full calendar month (target 1)",
        progress=_full_month,
        max_target=1,
        needs=lambda rule: Needs(month=True),
    ),
    STRENGTH: Kind(label="a strength of this many percent", progress=_strength, max_target=100, uses_stored_stats=True),
    COMEBACK: Kind(
        label="a comeback after this many days",
        progress=_comeback,
        min_target=MIN_BREAK_DAYS,
        max_target=MAX_BREAK_DAYS,
        needs=lambda rule: Needs(days_around=0, nearest_days=True),
        min_track_days=lambda rule: rule.target + 2,
    ),
    HABITS_IN_A_DAY: Kind(
        label="this many different habits on one day",
        progress=_habits_in_a_day,
        min_target=2,
        max_target=MAX_HABITS,
        counts_habits=True,
        needs=lambda rule: Needs(habits=True),
    ),
}

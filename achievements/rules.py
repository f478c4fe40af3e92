"""By which achievements are earned. Pure: a rule and facts in, how far it is and whether it is earned out.

A kind is a function from a rule and facts to a Progress, and one entry of KINDS that says which numbers it takes
and which facts it asks for. Each counts one track; the kinds that count across a person's habits say so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from itertools import pairwise
from math import floor

from common.errors import DomainError
from habits.recurrence import DAY, Plan

STREAK = "streak"
DAYS = "days"
DAYS_IN_WINDOW = "days_in_window"
FULL_MONTH = "full_month"
STRENGTH = "strength"
COMEBACK = "comeback"
HABITS_IN_A_DAY = "habits_in_a_day"

MOST = 3650
LONGEST_WINDOW = 366
SHORTEST_BREAK = 7  # a habit may ask once in 7 days: less is no break
LONGEST_BREAK = 366
MOST_HABITS = 50
UNITS = ("day", "week", "month", "year")
LONGEST_INTERVAL = 7 * DAY  # of a window of n days, which may end in the month after
EPSILON = 1e-9  # strengths counted in another order differ by less


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind and its numbers: `target` periods, days, percent or habits; `unit` of a streak ("": any)."""

    kind: str
    target: int
    window_days: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of a track on its person's local day `today`.

    `days`: completed days in order, none after today: all, or those that rules need around one day. `in_all`:
    how many there are, counted as far as rules need. `streak`: the one that stands, in `unit`; `longest`: by
    unit. `strength`: the greatest that is known, 0 to 1. `habits`: different ones done on one day, by the person.
    """

    today: date
    plan: Plan
    days: Sequence[date] = ()
    in_all: int = 0
    streak: int = 0
    unit: str = "day"
    longest: Mapping[str, int] = field(default_factory=dict)
    strength: float = 0.0
    habits: int = 0

    def with_the_opposite(self, day: date) -> "Facts":
        """The same, had `day` been left undone where it is completed, and completed where it is not."""
        if day in self.days:
            days, change = [each for each in self.days if each != day], -1
        else:
            days, change = sorted([*self.days, day]), 1
        return replace(self, days=days, in_all=self.in_all + change, habits=self.habits + change)


@dataclass(frozen=True, slots=True)
class Needs:
    """Which facts a rule asks for, of the completed days around one day.

    `reach`: those so many days before and after it (None: not even itself). `month`: those of its calendar
    month. `neighbours`: the nearest before and after all these. `in_all`: count up to so many.
    """

    reach: int | None = None
    month: bool = False
    neighbours: bool = False
    in_all: int = 0
    habits: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        reaches = [each for each in (self.reach, other.reach) if each is not None]
        return Needs(
            reach=max(reaches, default=None),
            month=self.month or other.month,
            neighbours=self.neighbours or other.neighbours,
            in_all=max(self.in_all, other.in_all),
            habits=self.habits or other.habits,
        )

    def range_around(self, day: date) -> tuple[date, date] | None:
        """The first and the last of the days asked for; None: none."""
        if self.reach is None and not self.month:
            return None
        first, last = day - (self.reach or 0) * DAY, day + (self.reach or 0) * DAY
        if self.month:
            first = min(first, (day - LONGEST_INTERVAL).replace(day=1))
            last = max(last, last_of_month(day) + LONGEST_INTERVAL)
        return first, last


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of how many."""

    current: int
    target: int

    @property
    def is_full(self) -> bool:
        return self.current >= self.target

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.current / self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of rule: what it says in words, how far facts are, which numbers it takes and facts it needs.

    `from_figures`: it rests on the stored streak or strength, not on the days around one. `lasts`: so many days
    a track must have lasted. `across`: it counts a person's habits, so it can belong to none of them.
    """

    label: str
    progress: Callable[[Rule, Facts], Progress]
    least: int = 1
    most: int = MOST
    takes_window: bool = False
    takes_unit: bool = False
    across: bool = False
    from_figures: bool = False
    needs: Callable[[Rule], Needs] = lambda rule: Needs()
    lasts: Callable[[Rule], int] = lambda rule: 1


def progress(rule: Rule, facts: Facts) -> Progress:
    """How far the facts are on the way to what the rule asks."""
    return KINDS[rule.kind].progress(rule, facts)


def earned(rule: Rule, facts: Facts) -> bool:
    """Whether the facts are what the rule asks."""
    return progress(rule, facts).is_full


def needs_of(rules: Iterable[Rule]) -> Needs:
    """What rules ask for together."""
    return reduce(Needs.__or__, (KINDS[rule.kind].needs(rule) for rule in rules), Needs())


def check(rule: Rule, *, has_habit: bool) -> None:
    """A known kind with its numbers in range. Raises DomainError naming the field."""
    kind = KINDS.get(rule.kind)
    if kind is None:
        raise DomainError("invalid_choice", f"One of {', '.join(KINDS)}.", "kind")
    if not kind.least <= rule.target <= kind.most:
        raise DomainError("target_out_of_range", f"From {kind.least} to {kind.most}.", "target")
    if kind.takes_window:
        if rule.window_days is None:
            raise DomainError("required", "Within how many days?", "window_days")
        if not rule.target <= rule.window_days <= LONGEST_WINDOW:
            raise DomainError(
                "window_out_of_range", f"From the {rule.target} days asked for to {LONGEST_WINDOW}.", "window_days"
            )
    elif rule.window_days is not None:
        raise DomainError("not_for_this_kind", f"Only {DAYS_IN_WINDOW} has a window.", "window_days")
    if rule.unit and not kind.takes_unit:
        raise DomainError("not_for_this_kind", f"Only {STREAK} has a unit.", "unit")
    if rule.unit and rule.unit not in UNITS:
        raise DomainError("invalid_choice", f"One of {', '.join(UNITS)}; empty: any.", "unit")
    if kind.across and has_habit:
        raise DomainError("counts_many_habits", "This kind counts across habits: it belongs to none.", "habit")


def last_of_month(day: date) -> date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1) - DAY


def _streak(rule: Rule, facts: Facts) -> Progress:
    """The longest streak in the unit is `target` or more; on the way there, the one that stands."""
    longest = facts.longest.get(rule.unit, 0) if rule.unit else max(facts.longest.values(), default=0)
    if longest >= rule.target:
        return Progress(longest, rule.target)
    return Progress(facts.streak if rule.unit in {"", facts.unit} else 0, rule.target)


def _days(rule: Rule, facts: Facts) -> Progress:
    """`target` completed days in all."""
    return Progress(facts.in_all, rule.target)


def _days_in_window(rule: Rule, facts: Facts) -> Progress:
    """`target` completed days within `window_days`; on the way there, within those up to today."""
    span = ((rule.window_days or 1) - 1) * DAY
    for first, last in zip(facts.days, facts.days[rule.target - 1 :], strict=False):
        if last - first <= span:
            return Progress(rule.target, rule.target)
    return Progress(sum(facts.today - span <= day <= facts.today for day in facts.days), rule.target)


def _full_month(rule: Rule, facts: Facts) -> Progress:
    """Every target day of a calendar month is kept; on the way there, those of this month."""
    done = set(facts.days)
    for first in sorted({day.replace(day=1) for day in done}):
        asked = list(_asked_in_month(facts.plan, first))
        if asked and all(_is_kept(each, done) for each in asked):
            return Progress(len(asked), len(asked))
    asked = list(_asked_in_month(facts.plan, facts.today.replace(day=1)))
    return Progress(sum(_is_kept(each, done) for each in asked), max(1, len(asked)))


def _is_kept(counting: Sequence[date], done: set[date]) -> bool:
    return any(day in done for day in counting)


def _asked_in_month(plan: Plan, first: date) -> Iterator[Sequence[date]]:
    """For each target day of the month that begins on `first`, the days on which it can be kept.

    That is itself, or in a schedule of every n days any day of the window that it begins. All of the month is
    asked for, also what lies before the track began or after the habit ended.
    """
    last = last_of_month(first)
    day = first
    while day <= last:
        schedule = plan.in_force(day)
        if not plan.exists(day):
            pass
        elif schedule.interval == 1:
            if schedule.includes_weekday(day.weekday()):
                yield (day,)
        elif day < plan.first or (plan.last and day > plan.last):
            yield ()
        else:
            period = plan.period_of(day)
            if period and day in period.target_days:
                yield period.counting_days
        day += DAY


def _strength(rule: Rule, facts: Facts) -> Progress:
    """The strength has reached `target` percent."""
    return Progress(floor(100 * (facts.strength + EPSILON)), rule.target)


def _comeback(rule: Rule, facts: Facts) -> Progress:
    """Done again after `target` days or more without it, within which a whole period went by."""
    for before, after in pairwise(facts.days):
        if (after - before).days > rule.target and any(
            before < period.first and period.last < after for period in facts.plan.periods(before + DAY, after - DAY)
        ):
            return Progress(1, 1)
    return Progress(0, 1)


def _habits_in_a_day(rule: Rule, facts: Facts) -> Progress:
    """`target` different habits completed on one day."""
    return Progress(facts.habits, rule.target)


KINDS: Mapping[str, Kind] = {
    STREAK: Kind(label="a streak of so many periods", progress=_streak, takes_unit=True, from_figures=True),
    DAYS: Kind(
        label="so many completed days in all",
        progress=_days,
        needs=lambda rule: Needs(in_all=rule.target),
        lasts=lambda rule: rule.target,
    ),
    DAYS_IN_WINDOW: Kind(
        label="so many completed days within a window of days",
        progress=_days_in_window,
        most=LONGEST_WINDOW,
        takes_window=True,
        needs=lambda rule: Needs(reach=(rule.window_days or 1) - 1),
        lasts=lambda rule: rule.target,
    ),
    FULL_MONTH: Kind(
        label="a full calendar month (1)",
        progress=_full_month,
        most=1,
        needs=lambda rule: Needs(month=True),
    ),
    STRENGTH: Kind(label="a strength of so many percent", progress=_strength, most=100, from_figures=True),
    COMEBACK: Kind(
        label="a comeback after so many days",
        progress=_comeback,
        least=SHORTEST_BREAK,
        most=LONGEST_BREAK,
        needs=lambda rule: Needs(reach=0, neighbours=True),
        lasts=lambda rule: rule.target + 2,
    ),
    HABITS_IN_A_DAY: Kind(
        label="so many different habits on one day",
        progress=_habits_in_a_day,
        least=2,
        most=MOST_HABITS,
        across=True,
        needs=lambda rule: Needs(habits=True),
    ),
}

"""Why a streak is what it is: the periods that count towards it, and the reasons of each. Pure functions.

Verdicts and excuses come from tracking.streaks.rules, which decides by them. What is added here tells how the number of
required days came about, and what ended or replaced a period.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from habits.patterns import DAY
from habits.recurrence import Period, Plan
from habits.units import EACH_DAY, StreakUnit
from tracking.streaks import rules
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import NO_DAYS, Evidence, Excuse, Judgement, Verdict

# A habit of a few weekdays looks this far ahead for dates that the zone skips.
_LOOK_AHEAD = 7 * DAY


class Reason(StrEnum):
    """The codes of reasons. Those that are excuses have the names of tracking.streaks.rules.Excuse."""

    REST_OF_PERIOD = "rest_of_period"
    BEGINS_LATE = "begins_late"
    ENDS_EARLY = "ends_early"
    END_MOVED = "end_moved"
    ALL_PAUSED = "all_paused"
    SKIPPED = "skipped"
    TOO_FEW_LEFT = "too_few_left"
    PAUSED_TO_END = "paused_to_end"
    ALL_SKIPPED_OR_PAUSED = "all_skipped_or_paused"
    CUT = "cut"
    CUT_IN_TIME = "cut_in_time"
    CUT_TOO_LATE = "cut_too_late"
    TAKEN_ALONG = "taken_along"
    NOTHING_SINCE_CUT = "nothing_since_cut"
    NOTHING_ASKED_AFTER_CUT = "nothing_asked_after_cut"
    PAUSED_DAYS = "paused_days"
    ENOUGH_LEFT = "enough_left"
    SKIPPED_DATE = "skipped_date"
    DAY_NOT_OVER = "day_not_over"
    DONE_AFTER_MIDNIGHT = "done_after_midnight"


class Start(StrEnum):
    """What is before the periods that count towards the streak."""

    BROKEN = "broken"
    UNIT_CHANGED = "unit_changed"
    BEGINNING = "beginning"


@dataclass(frozen=True, slots=True)
class Statement:
    """A reason with what its sentence names.

    `day`, `last`: the day or days that it is about. `count`, `total`: days, `required`, `full`: the days that are
    required, and would be without pauses. `by_week_start`: the cut was made by another start of the week. `is_limit`:
    the period has a limit.
    """

    reason: Reason
    day: date
    last: date
    count: int = 0
    total: int = 0
    required: int = 0
    full: int = 0
    by_week_start: bool = False
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class AfterMidnight:
    """What a day that starts after midnight explains.

    `wall_date`: the date on the wall clock now; it is after today while today is not over. `done_on`: the days that
    were completed after their midnight.
    """

    wall_date: date
    done_on: frozenset[date] = NO_DAYS


@dataclass(frozen=True, slots=True)
class ExplainedPeriod:
    """A period with its verdict and the reasons of it. `amount`: what was counted, of a limit habit."""

    period: Period
    judgement: Judgement
    amount: Decimal | None
    reasons: Sequence[Statement]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The current streak and what it is made of.

    `periods`: newest first, back to the last broken one, which is included, or to where the streak's unit begins. The
    streak is the number of those that are kept. `since`: the first day of the first kept one. `starts_on`: the first
    day after what `start` names. `rests`: what asks for nothing after a kept period, by the first day of that period.
    """

    history: TrackHistory
    today: date
    current: int
    unit: StreakUnit
    since: date | None
    start: Start
    starts_on: date
    periods: Sequence[Period]
    rests: Mapping[date, Sequence[Period]]


def explain(history: TrackHistory, today: date) -> Explanation:
    """Return the explanation of the current streak. All logs must be loaded."""
    plan, segment = history.plan, history.plan.segment_on(today)
    found = list(history.periods_and_rests(plan.first, today, today))
    rests: dict[date, list[Period]] = {}
    for rest, kept in found:
        if kept is not None:
            rests.setdefault(kept.first, []).append(rest)
    periods: list[Period] = []
    start, starts_on, current, since = Start.BEGINNING, plan.first, 0, None
    for period in (period for period, kept in reversed(found) if kept is None):
        if period.stretch != segment.stretch:
            break
        periods.append(period)
        verdict = history.verdict(period, today)
        if verdict is Verdict.BROKEN:
            start, starts_on = Start.BROKEN, period.last + DAY
            break
        if verdict is Verdict.KEPT:
            current, since = current + 1, period.first
    if start is not Start.BROKEN and (changed := _unit_changed_on(plan, segment.stretch)):
        start, starts_on = Start.UNIT_CHANGED, changed
    return Explanation(history, today, current, segment.pattern.unit, since, start, starts_on, periods, rests)


def explain_period(of: Explanation, period: Period, midnight: AfterMidnight) -> ExplainedPeriod:
    """Return one of the periods with its verdict and reasons."""
    evidence = of.history.evidence(period, of.today)
    judgement = rules.judge(period, evidence, of.today)
    amount = rules.amount_in(period, evidence) if period.limit is not None else None
    reasons = [
        *_excuses(period, evidence, judgement),
        *_cuts(of, period, evidence, judgement),
        *_pauses(of.history.plan, period, evidence, judgement),
        *_dates(of, period, midnight),
    ]
    return ExplainedPeriod(period, judgement, amount, list(dict.fromkeys(reasons)))


def _unit_changed_on(plan: Plan, stretch: int) -> date | None:
    """Return the day from which on the streaks of a stretch have another unit than before, within the track."""
    starts_on = next(each.starts_on for each in plan.segments if each.stretch == stretch)
    return starts_on if starts_on and starts_on > plan.first else None


def _excuses(period: Period, evidence: Evidence, judgement: Judgement) -> Iterator[Statement]:
    """Yield the excuses of an excused period; what is paused as a whole needs no other word about pauses."""
    if judgement.verdict is not Verdict.EXCUSED:
        return
    excuses = list(rules.excuses(period, evidence))
    if Excuse.ALL_PAUSED in excuses:
        excuses = [each for each in excuses if each not in {Excuse.TOO_FEW_LEFT, Excuse.PAUSED_TO_END}]
    for excuse in excuses:
        # What cut the period, and an end date that was moved, is said whatever the verdict is.
        if excuse not in {Excuse.REST_OF_PERIOD, Excuse.CUT, Excuse.CUT_IN_TIME, Excuse.END_MOVED}:
            yield _excuse(excuse, period, evidence, judgement)


def _excuse(excuse: Excuse, period: Period, evidence: Evidence, judgement: Judgement) -> Statement:
    first, last = period.first, period.last
    if excuse is Excuse.ENDS_EARLY:
        first = last
    elif excuse is Excuse.PAUSED_TO_END:
        first = rules.paused_to_its_end_from(period, evidence) or first
    elif excuse is Excuse.TOO_FEW_LEFT:
        skipped = rules.skipped_days(period, evidence)
        if skipped and (period.is_window or period.unit == EACH_DAY):
            return Statement(Reason.SKIPPED, min(skipped), min(skipped))
        left = sum(day not in skipped and day not in evidence.paused for day in period.natural_targets)
        required = rules.required_days(period, evidence.paused - skipped)
        return Statement(Reason.TOO_FEW_LEFT, first, last, count=left, required=required)
    return Statement(Reason(excuse), first, last)


def _cuts(of: Explanation, period: Period, evidence: Evidence, judgement: Judgement) -> Iterator[Statement]:
    """Yield what cut the period at its start and its end."""
    plan = of.history.plan
    done = rules.completed_days(period, evidence) if period.limit is None else []
    if period.taken_from is not None:
        cut_on = plan.segment_on(period.first).starts_on or period.first
        by_week_start, is_limit = _is_cut_by_week_start(plan, cut_on), period.limit is not None
        yield Statement(Reason.REST_OF_PERIOD, cut_on, period.last, by_week_start=by_week_start, is_limit=is_limit)
        before = sum(day < period.first for day in done)
        if before:
            yield Statement(Reason.TAKEN_ALONG, period.taken_from, cut_on - DAY, count=before)
        if judgement.verdict is not Verdict.KEPT and before == len(done) >= judgement.required:
            yield Statement(Reason.NOTHING_SINCE_CUT, cut_on, period.last)
    if period.is_cut_at_end and period.last < of.today:
        cut_on = period.last + DAY
        reason = Reason.CUT
        if judgement.verdict is Verdict.BROKEN and period.limit is None:
            reason = Reason.CUT_TOO_LATE
        elif judgement.verdict is Verdict.EXCUSED and Excuse.CUT_IN_TIME in rules.excuses(period, evidence):
            reason = Reason.CUT_IN_TIME
        yield Statement(reason, cut_on, cut_on, by_week_start=_is_cut_by_week_start(plan, cut_on))
    for rest in of.rests.get(period.first, ()):
        yield Statement(Reason.NOTHING_ASKED_AFTER_CUT, rest.first, rest.last)


def _is_cut_by_week_start(plan: Plan, cut_on: date) -> bool:
    return plan.segment_on(cut_on).pattern == plan.segment_on(cut_on - DAY).pattern


def _pauses(plan: Plan, period: Period, evidence: Evidence, judgement: Judgement) -> Iterator[Statement]:
    """Yield how pauses and skipped days changed what was required."""
    for moved in plan.extensions:
        if moved in period.unpausing or moved.old_end < period.first <= moved.last:
            yield Statement(Reason.END_MOVED, moved.old_end, moved.last)
    if period.limit is not None:
        return
    paused = [day for day in period.natural_targets if day in evidence.paused]
    if paused and len(paused) < len(period.natural_targets):
        yield Statement(
            Reason.PAUSED_DAYS,
            paused[0],
            paused[-1],
            count=len(paused),
            total=len(period.natural_targets),
            required=judgement.required,
            full=period.required,
        )
    skipped = rules.skipped_days(period, evidence)
    if skipped and judgement.verdict is Verdict.BROKEN:
        yield Statement(Reason.ENOUGH_LEFT, min(skipped), max(skipped), count=len(skipped))


def _dates(of: Explanation, period: Period, midnight: AfterMidnight) -> Iterator[Statement]:
    """Yield the dates that the zone skips, and what counts for the day before midnight."""
    for day in _skipped_dates(of.history.plan, period):
        yield Statement(Reason.SKIPPED_DATE, day, day)
    if period.first <= of.today <= period.last < midnight.wall_date:
        yield Statement(Reason.DAY_NOT_OVER, of.today, of.today)
    elif period.last in midnight.done_on:
        yield Statement(Reason.DONE_AFTER_MIDNIGHT, period.last, period.last)


def _skipped_dates(plan: Plan, period: Period) -> Iterator[date]:
    """Yield the dates that the zone skips among its days, of a daily habit those between it and the next one."""
    last = period.last
    if period.unit == EACH_DAY:
        last = min(last + _LOOK_AHEAD, plan.last or date.max)
    day = period.first
    while day <= last:
        is_target = not period.weekdays or day.weekday() in period.weekdays
        if not plan.exists(day):
            if is_target:
                yield day
        elif is_target and day > period.last:
            return
        day += DAY

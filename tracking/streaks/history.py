"""TrackHistory: a track's plan, logs and pauses, with the rules of streaks and strength applied to them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import takewhile

from habits.patterns import DAY
from habits.recurrence import Period, Plan
from tracking.streaks import rules, strength
from tracking.streaks.rules import (
    CountedPeriod,
    Days,
    DecidedPeriod,
    Evidence,
    JudgedPeriod,
    Judgement,
    LimitProgress,
    Status,
    Verdict,
)

# The first and last day of a pause; None: open-ended.
PausedDays = tuple[date, date | None]

# The search for the next broken period stops after this many years, for example in a very long pause.
MAX_LOOKAHEAD_YEARS = 5


def is_paused(pauses: Iterable[PausedDays], day: date) -> bool:
    """Return whether one of the pauses includes the day."""
    return any(first <= day and (last is None or day <= last) for first, last in pauses)


@dataclass(frozen=True, slots=True)
class TrackHistory:
    """The data of a track. `days` and `amounts` hold the statuses and amounts of its logs, or of those that were loaded.

    `completed_at`: when days were completed, in seconds since 1970, for readers who asked for it.
    """

    plan: Plan
    days: Days
    amounts: Mapping[date, Decimal]
    pauses: Sequence[PausedDays]
    completed_at: Mapping[date, int] = field(default_factory=dict)

    def is_paused(self, day: date) -> bool:
        """Return whether a pause includes the day, made by hand or by a moved end date, or nothing is known of it."""
        if not self.can_be_paused:
            return False
        return is_paused(self.pauses, day) or self.plan.is_extension(day) or self._is_unknown(day)

    @property
    def can_be_paused(self) -> bool:
        """Return whether `is_paused` can hold on any day."""
        return bool(self.pauses or self.plan.extensions or self.plan.has_unknown_days)

    def _is_unknown(self, day: date) -> bool:
        """Return whether the day is before the start of a limit habit's track and has no log."""
        return self.plan.is_unknown(day) and day not in self.days

    def evidence(self, period: Period, until: date) -> Evidence:
        """Return what decides a period, with the logs up to `until`."""
        return Evidence(self.days, self.amounts, self._paused_days(period), self.plan.exists, until)

    def judge(self, period: Period, today: date) -> Judgement:
        """Return rules.judge of a period."""
        return rules.judge(period, self.evidence(period, today), today)

    def verdict(self, period: Period, today: date) -> Verdict:
        """Return the verdict of a period."""
        return self.judge(period, today).verdict

    def limit_progress(self, period: Period, today: date) -> LimitProgress | None:
        """Return rules.limit_progress of a period."""
        return rules.limit_progress(period, self.evidence(period, today), today)

    def periods(self, since: date, until: date | None, today: date) -> Iterator[Period]:
        """Yield in order the periods that overlap `since`..`until`, as of `today`.

        The logs must be loaded from `plan.needed_from(since, until)` on.
        """
        if len(self.plan.segments) == 1:  # without a cut there is no rest
            return self.plan.periods(since, until)
        return (period for period, kept in self.periods_and_rests(since, until, today) if kept is None)

    def periods_and_rests(self, since: date, until: date | None, today: date) -> Iterator[tuple[Period, Period | None]]:
        """Yield as `periods` does each period with None, and also what is none, with the kept period that replaces it.

        After a cut, the rest of a natural period in which a period of the same unit was kept is none.
        """
        earlier: list[Period] = []
        for period in self.plan.periods(self.plan.needed_from(since, until), until):
            kept = self._kept_before_cut(period, earlier, today)
            if kept is None:
                earlier.append(period)
            if period.last >= since:
                yield period, kept

    def period_of(self, day: date, today: date) -> Period | None:
        """Return the period that contains the day as of `today`, or None."""
        return next(self.periods(day, day, today), None) if self.plan.exists(day) else None

    def lapse_day(self, today: date) -> date | None:
        """Return the last day on which today's streak, if it is not 0, still counts if nothing more is completed.

        This is the last day of the next period that will be broken, or the day before streaks begin in another unit.
        None means that neither happens: the track ends, an open-ended pause starts, or it is a limit habit.
        """
        unit_changes = self.plan.next_unit_change(today)
        before_change = unit_changes - DAY if unit_changes else None
        if self.plan.is_limit:
            return before_change
        paused_from = min((first for first, last in self.pauses if last is None), default=None)
        # All logs count: future-dated ones will count by the time the period ends.
        for period in self.periods(today, before_change, date.max):
            if paused_from and period.first >= paused_from:
                return before_change
            if self._verdict_in_the_end(period) is Verdict.BROKEN:
                return period.last
            if period.last.year > today.year + MAX_LOOKAHEAD_YEARS:
                return before_change
        return before_change

    def next_change(self, today: date) -> date | None:
        """Return the next day on which time alone changes streaks otherwise than by the lapse, or None.

        That is when a future-dated log is due, when streaks begin in another unit, and, of a limit habit, when a period
        is over.
        """
        days = [day for day in self.days if day > today]
        if unit_changes := self.plan.next_unit_change(today):
            days.append(unit_changes)
        if self.plan.is_limit and (period := next(self.plan.periods(today), None)):
            days.append(period.last + DAY)
        return min(days, default=None)

    def counted_periods(self, since: date, today: date) -> Iterator[CountedPeriod]:
        """Yield what streaks are counted from of the periods of `periods` up to `today`, as of `today`."""
        if self.plan.asks_day_by_day:
            stretch, unit = self.plan.segments[0].stretch, self.plan.segments[0].pattern.unit
            for day, judgement in self._judged_days(since, today, today):
                yield CountedPeriod(day, stretch, unit, judgement.verdict)
            return
        for period in self.periods(since, today, today):
            yield CountedPeriod(period.first, period.stretch, period.unit, self.verdict(period, today))

    def judged_periods(self, since: date, until: date, today: date) -> Iterator[JudgedPeriod]:
        """Yield the periods of `periods` with their judgements as of `today`."""
        if self.plan.asks_day_by_day:
            for day, judgement in self._judged_days(since, until, today):
                yield JudgedPeriod(day, day, (day,), judgement, None)
            return
        for period in self.periods(since, until, today):
            evidence = self.evidence(period, today)
            judgement = rules.judge(period, evidence, today)
            limit = None
            if period.limit is not None:
                limit = LimitProgress(period.limit, rules.amount_in(period, evidence), judgement.verdict)
            yield JudgedPeriod(period.first, period.last, period.target_days, judgement, limit)

    def decided_periods(self, since: date, last: date, today: date) -> list[DecidedPeriod]:
        """Return the kept and broken periods that end in `since`..`last`, as counted by the success rate.

        The logs must be loaded from `plan.needed_from(since, last)` on.
        """
        judged: Iterable[tuple[date, Judgement]]
        if self.plan.asks_day_by_day:
            judged = self._judged_days(since, last, today)
        else:
            periods = (period for period in self.periods(since, last, today) if period.last <= last)
            judged = ((period.last, self.judge(period, today)) for period in periods)
        return [
            DecidedPeriod(day, min(judgement.done, judgement.required), judgement.required)
            for day, judgement in judged
            if judgement.verdict in rules.DECIDED
        ]

    def is_due(self, day: date) -> bool:
        """Return rules.is_due of the day, as of that day."""
        return self.is_due_in(self.period_of(day, day), day)

    def is_due_in(self, period: Period | None, day: date) -> bool:
        """Return `is_due` of a day whose period, as of the day, is known."""
        if period is None or self.is_paused(day):
            return False
        last_done = None
        if period.is_window:
            # A day further back than a window is too long ago to matter.
            earlier = (day - DAY * back for back in range(1, 2 * period.unit.count))
            last_done = next((each for each in earlier if self._is_completed(each)), None)
        return rules.is_due(period, self.evidence(period, day), day, last_done=last_done)

    def is_at_risk(self, today: date) -> bool:
        """Return whether today's period will be broken unless today is completed."""
        return self.is_at_risk_in(self.period_of(today, today), today)

    def is_at_risk_in(self, period: Period | None, today: date) -> bool:
        """Return `is_at_risk` if today's period is known."""
        return period is not None and rules.is_at_risk(period, self.evidence(period, today), today)

    def completed_days(self, period: Period, today: date) -> int:
        """Return the number of completed days of a period up to today."""
        return len(rules.completed_days(period, self.evidence(period, today)))

    def required_days(self, period: Period, today: date) -> int:
        """Return the completed days that a period asks for, shrunk by pauses."""
        return rules.required_days(period, self.evidence(period, today).paused)

    def daily_strengths(
        self, since: date, until: date, *, initial: float | None = None
    ) -> Iterator[tuple[date, float]]:
        """Yield (day, strength at the end of the day) for the track's days in `since`..`until`.

        `initial`: the strength before `since` (None: that of a new track). The logs must be loaded from
        strength.first_day_needed on.
        """
        plan = self.plan
        last = min(until, plan.last) if plan.last else until
        demands = [(version.starts_on, strength.demand(version.schedule)) for version in reversed(plan.versions)]
        # Only of the days that are looked back on: a summary loads two years of logs.
        first = max(plan.first, strength.first_day_needed(plan, since))
        amounts = {day: self.amounts[day] for day in _days(first, last) if day in self.amounts}
        values = {
            day: strength.value(amount, plan.in_force(day).daily_amount) if not plan.is_limit else float(amount)
            for day, amount in amounts.items()
        }
        return strength.daily_strengths(
            _days(since, last),
            demand_on=lambda day: next(asked for first, asked in demands if first is None or first <= day),
            values=values,
            is_carried=lambda day: self.days.get(day) is Status.SKIPPED or self.is_paused(day) or not plan.exists(day),
            initial=strength.initial(plan.is_limit) if initial is None else initial,
        )

    def strength(self, since: date, until: date, *, initial: float | None = None) -> float:
        """Return the strength at the end of the last day of `daily_strengths`."""
        before = strength.initial(self.plan.is_limit) if initial is None else initial
        return [before, *(strength for _, strength in self.daily_strengths(since, until, initial=initial))][-1]

    def _kept_before_cut(self, period: Period, earlier: Sequence[Period], today: date) -> Period | None:
        """Return the kept one of the earlier periods that leaves nothing to ask for in the period, or None."""
        if period.taken_from is None or period.limit is not None:
            return None
        overlapping = takewhile(lambda each: each.last >= period.natural_first, reversed(earlier))
        same = (each for each in overlapping if each.unit == period.unit)
        return next((each for each in same if self.verdict(each, today) is Verdict.KEPT), None)

    def _paused_days(self, period: Period) -> frozenset[date]:
        """Return the days of the natural period that are paused, before the cut that ends it."""
        if not self.can_be_paused:
            return rules.NO_DAYS
        last = period.last if period.is_cut_at_end else period.natural_last
        found: set[date] = set()
        moved = [each for each in self.plan.extensions if each not in period.unpausing]
        for first, until in [*self.pauses, *((each.old_end + DAY, each.last) for each in moved)]:
            day, end = max(first, period.natural_first), min(until or last, last)
            while day <= end:
                found.add(day)
                day += DAY
        if self.plan.has_unknown_days:
            found.update(day for day in _days(period.natural_first, last) if self._is_unknown(day))
        return frozenset(found)

    def _judged_days(self, since: date, until: date, today: date) -> Iterator[tuple[date, Judgement]]:
        """Yield each target day in `since`..`until` with its judgement, of a plan that asks day by day."""
        plan, days, can_be_paused = self.plan, self.days, self.can_be_paused
        last = min(until, plan.last) if plan.last else until
        for day in plan.target_days(plan.segments[0].pattern, max(since, plan.first), last):
            is_paused = can_be_paused and self.is_paused(day)
            yield day, rules.judge_day(day, days.get(day), is_paused=is_paused, today=today)

    def _verdict_in_the_end(self, period: Period) -> Verdict:
        """Return the verdict after the period's last day, if nothing more is said."""
        return rules.judge(period, self.evidence(period, date.max), period.last + DAY).verdict

    def _is_completed(self, day: date) -> bool:
        return day >= self.plan.first and self.days.get(day) is Status.COMPLETED


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))

"""TrackHistory: a track's plan, logs and pauses, with the rules of streaks and strength applied to them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from habits.patterns import DAY
from habits.recurrence import Period, Plan
from tracking.streaks import rules, strength
from tracking.streaks.rules import Days, DecidedPeriod, Status, Streak, Verdict

# The first and last day of a pause; None: open-ended.
PausedDays = tuple[date, date | None]


def is_paused(pauses: Iterable[PausedDays], day: date) -> bool:
    """Return whether one of the pauses includes the day."""
    return any(first <= day and (last is None or day <= last) for first, last in pauses)


@dataclass(frozen=True, slots=True)
class TrackHistory:
    """The data of a track. `days` and `amounts` hold the statuses and amounts of its logs, or of those that were loaded."""

    plan: Plan
    days: Days
    amounts: Mapping[date, Decimal]
    pauses: Sequence[PausedDays]

    def is_paused(self, day: date) -> bool:
        """Return whether a pause includes the day."""
        return is_paused(self.pauses, day)

    def verdict(self, period: Period, today: date) -> Verdict:
        """Return rules.verdict of a period."""
        return rules.verdict(period, self.days, self.is_paused, today)

    def extend_streak(self, streak: Streak, period: Period, today: date) -> Streak:
        """Return rules.extend_streak by the next period."""
        return rules.extend_streak(streak, period, self.days, self.is_paused, today)

    def lapse_day(self, today: date) -> date | None:
        """Return rules.lapse_day of the track."""
        paused_from = min((first for first, last in self.pauses if last is None), default=None)
        return rules.lapse_day(self.plan, self.days, self.is_paused, today, paused_from=paused_from)

    def decided_periods(self, periods: Iterable[Period], today: date, *, last: date) -> list[DecidedPeriod]:
        """Return those of `periods` that are kept or broken and end by `last`."""
        decided = rules.decided_periods(periods, self.days, self.is_paused, today)
        return [each for each in decided if each.last <= last]

    def is_due(self, day: date) -> bool:
        """Return rules.is_due of the day."""
        return rules.is_due(self.plan, self.days, self.is_paused, day)

    def is_at_risk(self, today: date) -> bool:
        """Return rules.is_at_risk of today."""
        return rules.is_at_risk(self.plan, self.days, self.is_paused, today)

    def completed_days(self, period: Period, today: date) -> int:
        """Return the number of completed days of a period up to today."""
        return rules.completed_days(period, self.days, today)

    def daily_strengths(self, since: date, until: date, *, initial: float = 0.0) -> Iterator[tuple[date, float]]:
        """Yield (day, strength at the end of the day) for the track's days in `since`..`until`.

        `initial`: the strength before `since`. The logs must be loaded from strength.first_day_needed on.
        """
        plan = self.plan
        last = min(until, plan.last) if plan.last else until
        rates = [(version.starts_on, version.schedule.rate) for version in reversed(plan.versions)]
        return strength.daily_strengths(
            (since + number * DAY for number in range((last - since).days + 1)),
            rate_on=lambda day: next(rate for first, rate in rates if first is None or first <= day),
            values={
                day: strength.value(amount, plan.in_force(day).daily_amount)
                for day, amount in self.amounts.items()
                if day >= plan.first and plan.exists(day)
            },
            is_carried=lambda day: self.days.get(day) is Status.SKIPPED or self.is_paused(day) or not plan.exists(day),
            initial=initial,
        )

    def strength(self, since: date, until: date, *, initial: float = 0.0) -> float:
        """Return the strength at the end of the last day of `daily_strengths`."""
        return [initial, *(strength for _, strength in self.daily_strengths(since, until, initial=initial))][-1]
